// Attributes of any size: what is refused, what scratch memory is asked for, and a few layers that
// once asked for too much or too little. windrow_fuzz --extreme compares the bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "lib/base/machine.h"
#include "lib/base/parallel.h"
#include "lib/simd/target.h"
#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/conv/sweeps.h"
#include "tests/conv/variants.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

std::vector<std::string> AllAlgorithms() {
  std::vector<std::string> names = Algorithms();
  names.emplace_back("auto");
  return names;
}

bool Takes(const Problem& p) try {
  const Conv2d conv(Options(p, "", "auto"), Weights(p), Bias(p));
  return conv.OutputShape(p.input()) == p.output();
} catch (const std::invalid_argument&) {
  return false;
} catch (const std::length_error&) {
  return false;
}

TEST(ConvExtreme, TakesWhatIsLegalAndNothingElse) {
  Generator random(11);
  int legal = 0;
  for (int i = 0; i < 4000; ++i) {
    const Problem p = ExtremeProblem(random);
    if (p.weights() > 1'000'000) continue;
    ASSERT_EQ(Takes(p), IsLegal(p)) << ToString(p);
    legal += IsLegal(p);
  }
  EXPECT_GT(legal, 1000);
  EXPECT_LT(legal, 3000);
}

// What conv2d.h says of a thread's.
double MaxScratchBytes(const Problem& p) {
  const double lanes = internal::FindTarget("").lanes, mebi = 1 << 20;
  const double floats = static_cast<double>(p.kernel.h * p.kernel.w * p.ic + p.oc);
  return 4 * static_cast<double>(internal::ThisMachine().l2) + 8 * mebi + 4 * 2 * lanes * floats;
}

void CheckWorkspace(const Problem& p, const std::string& algorithm) try {
  const Conv2d conv(Options(p, "", algorithm), Weights(p), Bias(p));
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    size_t before = 0;
    for (const int threads : {1, 2, 3, 64, 1000, INT_MAX}) {
      const size_t bytes = conv.WorkspaceBytes(p.input(), layout, threads);
      EXPECT_LE(static_cast<double>(bytes), threads * MaxScratchBytes(p))
          << ToString(p) << ' ' << algorithm << ' ' << threads << " threads";
      EXPECT_GE(bytes, before) << ToString(p) << ' ' << algorithm;
      before = bytes;
    }
  }
} catch (const std::invalid_argument& e) {
  EXPECT_TRUE(IsRefusal(e, algorithm)) << e.what();
}

TEST(ConvExtreme, ScratchMemoryIsBounded) {
  for (Problem p : ExtremeProblems(5, 60, 4'000'000)) {
    p.mb = 1;
    for (const std::string& algorithm : AllAlgorithms()) CheckWorkspace(p, algorithm);
  }
}

// Of images too large to exist here: nothing is computed but sizes.
TEST(ConvExtreme, ScratchMemoryOfHugeImagesIsBounded) {
  Generator random(3);
  for (int i = 0; i < 25; ++i) {
    Problem p;
    p.g = random.OneIn(3) ? 4 : 1;
    p.ic = p.g * random.Between(1, 300);
    p.oc = p.g * random.Between(1, 300);
    p.ih = int64_t{1} << random.Between(6, 26);
    p.iw = int64_t{1} << random.Between(6, 26);
    p.kernel = random.Between(1, 7);
    p.stride = random.Between(1, 3);
    p.dilation = int64_t{1} << random.Between(0, 16);
    p.padding = Padding((p.kernel.h - 1) * p.dilation.h / 2);
    if (!IsLegal(p)) continue;
    for (const std::string& algorithm : AllAlgorithms()) CheckWorkspace(p, algorithm);
  }
}

// Parts of the image that see nothing but padding need none of it.
TEST(ConvExtreme, ScratchMemoryOfMuchPaddingIsBounded) {
  const Problem p{.g = 3, .ic = 3, .oc = 3, .ih = 4000, .iw = 1000, .kernel = 3, .padding = 50};
  for (const std::string& algorithm : AllAlgorithms()) CheckWorkspace(p, algorithm);
}

// The padding is as wide as the dilation, so only the middle tap ever sees the image.
TEST(ConvExtreme, DilationOf2To29) {
  for (const int64_t dilation : {int64_t{59}, int64_t{4096}, int64_t{1} << 29, int64_t{1} << 31}) {
    for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
      Problem p{.ic = 8, .oc = 8, .ih = 60, .iw = 60, .kernel = 3};
      p.dilation = dilation;
      p.padding = Padding(dilation);
      p.SetLayout(layout);
      for (const std::string& algorithm : AllAlgorithms()) {
        ASSERT_EQ(CheckBits(p, UsableNames().back(), algorithm).failure, "");
      }
    }
  }
}

// DeepLab's: far apart taps must neither cost memory nor leave threads without work.
TEST(ConvExtreme, DilationOf36) {
  Problem p{.ic = 256, .oc = 16, .ih = 65, .iw = 65, .kernel = 3};
  p.dilation = 36;
  p.padding = Padding(36);
  const Conv2d conv(Options(p, "", "direct"), Weights(p), Bias(p));
  const size_t one = conv.WorkspaceBytes(p.input(), Layout::kNchw, 1);
  EXPECT_LE(static_cast<double>(one), 3.0 * static_cast<double>(internal::ThisMachine().l2));
}

}  // namespace
}  // namespace windrow::test
