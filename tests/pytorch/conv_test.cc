// Windrow against torch.nn.Conv2d: the recorded answers, and that the check would see a wrong one.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <fstream>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/conv/oracle.h"
#include "tests/conv/problem.h"
#include "tests/pytorch/check.h"
#include "tests/pytorch/recording.h"
#include "tests/support/expect_throw.h"

namespace windrow::test {
namespace {

const std::vector<Recorded>& Convolutions() {
  static const std::vector<Recorded> all = [] {
    std::ifstream in(WINDROW_PYTORCH "/conv2d.txt");
    std::vector<Recorded> read;
    while (const auto line = NextLine(in)) read.push_back(ParseRecorded(*line));
    return read;
  }();
  return all;
}

int64_t CountConvolutions(const std::function<bool(const Recorded&)>& which) {
  return std::count_if(Convolutions().begin(), Convolutions().end(), which);
}

// The first failure of a problem, in its first `ways` ways.
std::string Failure(const Recorded& recorded, size_t ways) {
  const PytorchCheck check(recorded);
  std::string failure = check.Recording();
  for (size_t i = 0; i < ways && failure.empty(); ++i) failure = check.Run(Ways(0)[i]);
  return failure;
}

TEST(Pytorch, TheRecordingHasEveryAttribute) {
  EXPECT_GE(Convolutions().size(), 3000u);
  EXPECT_GE(CountConvolutions([](const auto& r) { return !r.refused; }), 2500);
  EXPECT_GE(CountConvolutions([](const auto& r) { return r.refused && !r.facts.empty(); }), 150);
  for (int mode = 0; mode < 4; ++mode) {
    EXPECT_GE(CountConvolutions([&](const auto& r) {
                return !r.refused && r.problem.mode == static_cast<PaddingMode>(mode) &&
                       (r.problem.padding.is_same() || r.problem.padding.top() > 0);
              }),
              100);
  }
  using Attribute = bool (*)(const Problem&);
  for (const Attribute has : std::initializer_list<Attribute>{
           [](const Problem& p) { return p.mb == 0; }, [](const Problem& p) { return p.mb > 1; },
           [](const Problem& p) { return p.g > 1 && p.g < p.ic; },
           [](const Problem& p) { return p.g > 1 && p.g == p.ic; },
           [](const Problem& p) { return p.bias; },
           [](const Problem& p) { return p.padding.is_same() && p.kernel.h % 2 == 0; },
           [](const Problem& p) { return p.padding.top() != p.padding.bottom(); },
           [](const Problem& p) { return p.stride.h != p.stride.w; },
           [](const Problem& p) { return p.dilation.h != p.dilation.w; },
           [](const Problem& p) { return p.kernel.h != p.kernel.w; },
           [](const Problem& p) { return p.oc / p.g > 64; }}) {
    EXPECT_GE(CountConvolutions([&](const auto& r) { return !r.refused && has(r.problem); }), 20);
  }
}

TEST(Pytorch, WindrowDoesTheSame) {
  int64_t index = 0;
  for (const Recorded& recorded : Convolutions()) {
    const PytorchCheck check(recorded);
    ASSERT_EQ(check.Recording(), "") << recorded.text;
    for (const Way& way : Ways(index++)) ASSERT_EQ(check.Run(way), "") << recorded.text;
  }
}

// Each exception is there to be seen, and is not refused or taken by both.
TEST(Pytorch, TheExceptionsAreMet) {
  EXPECT_GE(CountConvolutions([](const auto& r) { return r.refused && TakenHereOnly(r.problem); }),
            5);
  const auto taken = [](const auto& r) { return !r.refused && TakenByPytorchOnly(r.problem); };
  EXPECT_GE(CountConvolutions([&](const auto& r) { return taken(r) && r.problem.ic == 0; }), 1);
  EXPECT_GE(CountConvolutions([&](const auto& r) { return taken(r) && r.problem.ic > 0; }), 1);
}

// What the check must see, or it would prove nothing.
TEST(PytorchCheck, SeesAWrongAnswer) {
  int64_t checked = 0;
  for (const Recorded& good : Convolutions()) {
    if (good.refused || good.values.empty() || TakenByPytorchOnly(good.problem)) continue;
    if (++checked > 300) break;
    double largest = 1e-30, total = 1e-30;
    for (const Bounded& exact : OracleDouble(good.problem)) {
      largest = std::max(largest, exact.error);
      total += exact.error;
    }
    Recorded bad = good;
    bad.values.back() += static_cast<float>(2.1 * largest);
    EXPECT_NE(Failure(bad, 0), "") << good.text;
    bad = good;
    bad.values.front() = std::numeric_limits<float>::quiet_NaN();
    EXPECT_NE(Failure(bad, 0), "") << good.text;
    bad = good;
    bad.digest = std::bit_cast<uint64_t>(bad.sum() + 2.1 * total);
    EXPECT_NE(Failure(bad, 0), "") << good.text;
    bad = good;
    ++bad.shape[3];
    EXPECT_NE(Failure(bad, 0), "") << good.text;
    bad = good;
    bad.refused = true;
    EXPECT_NE(Failure(bad, 1), "") << good.text;
  }
  EXPECT_GT(checked, 300);
}

// A convolution with another attribute gives other values, unless all other taps are on zeros.
TEST(PytorchCheck, SeesAnotherAttribute) {
  const auto spoilt = [](const std::function<bool(Problem&)>& spoil) {
    int64_t seen = 0, missed = 0;
    for (Recorded r : Convolutions()) {
      if (r.refused || r.problem.mb == 0 || TakenByPytorchOnly(r.problem)) continue;
      if (r.problem.kernel == Size2(1) || !spoil(r.problem) || !IsValid(r.problem)) continue;
      ++(Failure(r, 0).empty() ? missed : seen);
      if (seen + missed == 100) break;
    }
    return seen >= 50 && missed <= 5;
  };
  const auto swapped = [](Size2& s) {
    std::swap(s.h, s.w);
    return s.h != s.w;
  };
  EXPECT_TRUE(spoilt([&](Problem& p) { return swapped(p.stride); }));
  EXPECT_TRUE(spoilt([&](Problem& p) { return swapped(p.dilation); }));
  EXPECT_TRUE(spoilt([](Problem& p) {
    std::swap(p.stride, p.dilation);
    return p.stride != p.dilation;
  }));
  EXPECT_TRUE(spoilt([](Problem& p) { return p.bias = !p.bias; }));
}

TEST(PytorchCheck, SeesAMissingRefusalAndAMissingFact) {
  EXPECT_NE(Failure(ParseRecorded("ic1 oc1 ih3 iw3 k2 ! ! no"), 1), "");
  EXPECT_NE(Failure(ParseRecorded("ic1 oc1 ih3 iw3 k4 ! kernel 5 ! no"), 1), "");
  EXPECT_NE(Failure(ParseRecorded("ic1 oc1 ih3 iw3 k4 ! ernel ! no"), 1), "");
  EXPECT_EQ(Failure(ParseRecorded("ic1 oc1 ih13 iw3 k4 ! kernel 4 width 3 ! no"), 1), "");
}

TEST(PytorchRecording, RejectsWhatItDoesNotKnow) {
  for (const char* line : {"ic1 oc1 ih3 iw3 k2", "ic1 oc1 ih3 iw3 k2 q1 ! ! no",
                           "ic1 oc1 ih3 k2 ! ! no", "ic1 oc1 ih3 iw3 k2x2x2 ! ! no",
                           "ic1 oc1 ih3 iw3 k2 = 1x1x2 0", "ic1 oc1 ih3 iw3 k2 = 1x1x2x2 0 zz"}) {
    EXPECT_TRUE(Throws<std::runtime_error>([&] { ParseRecorded(line); }, {line})) << line;
  }
}

}  // namespace
}  // namespace windrow::test
