// Windrow's gradients of poolings against PyTorch's recorded ones, and that the check would see a
// wrong one.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "tests/pytorch/pool_gradient_check.h"
#include "tests/support/expect_throw.h"

namespace windrow::test {
namespace {

const std::vector<RecordedPool>& PoolGradientRecording() {
  static const std::vector<RecordedPool> all = [] {
    std::ifstream in(WINDROW_PYTORCH "/pool_gradient.txt");
    std::vector<RecordedPool> read;
    while (const auto line = NextLine(in)) read.push_back(ParsePoolGradient(*line));
    return read;
  }();
  return all;
}

TEST(PytorchPoolGradient, TheRecordingHasEveryKind) {
  std::array<int, 2> averages{}, adaptive{};
  int overlapping = 0, padded = 0, dilated = 0, wild = 0;
  for (const RecordedPool& r : PoolGradientRecording()) {
    const PoolProblem& p = r.problem;
    ++averages[p.average()];
    ++adaptive[p.adaptive];
    overlapping += !p.adaptive && p.step().h < p.kernel.h;
    padded += p.padding.top() > 0;
    dilated += p.dilation != Size2(1);
    wild += p.values == Values::kWild;
  }
  for (const int count : averages) EXPECT_GE(count, 500);
  for (const int count : adaptive) EXPECT_GE(count, 300);
  EXPECT_GE(overlapping, 300);
  EXPECT_GE(padded, 200);
  EXPECT_GE(dilated, 100);
  EXPECT_GE(wild, 100);
}

TEST(PytorchPoolGradient, WindrowDoesTheSame) {
  for (const RecordedPool& r : PoolGradientRecording()) {
    const PoolGradientCheck check(r);
    ASSERT_EQ(check.Recording(), "") << r.text;
    for (const PytorchPoolWay& way : PytorchPoolWays()) ASSERT_EQ(check.Run(way), "") << r.text;
  }
}

TEST(PytorchPoolGradientCheck, SeesAWrongAnswer) {
  int64_t checked = 0;
  for (const RecordedPool& good : PoolGradientRecording()) {
    if (good.values.empty() || ++checked > 300) break;
    RecordedPool bad = good;
    bad.values.back() += 1 + std::abs(bad.values.back());
    EXPECT_NE(PoolGradientCheck(bad).Recording(), "") << good.text;
    bad = good;
    bad.digest = std::bit_cast<uint64_t>(good.sum() * 1.5 + 1000);
    EXPECT_NE(PoolGradientCheck(bad).Recording(), "") << good.text;
    bad = good;
    ++bad.shape[1];
    EXPECT_NE(PoolGradientCheck(bad).Recording(), "") << good.text;
  }
  EXPECT_GE(checked, 300);
  EXPECT_TRUE(Throws<std::runtime_error>([] { ParsePoolGradient("maxpool c1 = 1"); }, {"maxpool"}));
}

}  // namespace
}  // namespace windrow::test
