// Windrow's gradients against PyTorch's recorded ones, and that the check would see a wrong one.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/pytorch/gradient_check.h"
#include "tests/support/expect_throw.h"

namespace windrow::test {
namespace {

const std::vector<RecordedGradient>& Recording() {
  static const std::vector<RecordedGradient> all = [] {
    std::ifstream in(WINDROW_PYTORCH "/gradient.txt");
    std::vector<RecordedGradient> read;
    while (const auto line = NextLine(in)) read.push_back(ParseGradient(*line));
    return read;
  }();
  return all;
}

TEST(PytorchGradient, TheRecordingHasEveryKind) {
  std::array<int, 4> kinds{}, modes{};
  int strided = 0, grouped = 0;
  for (const RecordedGradient& r : Recording()) {
    ++kinds[static_cast<size_t>(r.asked)];
    ++modes[static_cast<size_t>(r.recorded.problem.mode)];
    strided += r.recorded.problem.stride != Size2(1);
    grouped += r.recorded.problem.g > 1;
  }
  for (const int kind : kinds) EXPECT_GE(kind, 150);
  for (const int mode : modes) EXPECT_GE(mode, 150);
  EXPECT_GE(strided, 500);
  EXPECT_GE(grouped, 500);
}

TEST(PytorchGradient, WindrowDoesTheSame) {
  int64_t index = 0;
  for (const RecordedGradient& r : Recording()) {
    const GradientCheck check(r);
    ASSERT_EQ(check.Recording(), "") << r.recorded.text;
    for (const Way& way : Ways(index++)) ASSERT_EQ(check.Run(way), "") << r.recorded.text;
  }
}

TEST(PytorchGradientCheck, SeesAWrongAnswer) {
  int64_t checked = 0;
  for (const RecordedGradient& good : Recording()) {
    if (good.recorded.values.empty() || ++checked > 300) break;
    RecordedGradient bad = good;
    bad.recorded.values.back() += 1 + std::abs(bad.recorded.values.back());
    EXPECT_NE(GradientCheck(bad).Recording(), "") << good.recorded.text;
    bad = good;
    bad.recorded.digest = std::bit_cast<uint64_t>(good.recorded.sum() * 1.5 + 1000);
    EXPECT_NE(GradientCheck(bad).Recording(), "") << good.recorded.text;
    bad = good;
    ++bad.recorded.shape[1];
    EXPECT_NE(GradientCheck(bad).Recording(), "") << good.recorded.text;
  }
  EXPECT_GE(checked, 300);
  EXPECT_TRUE(Throws<std::runtime_error>([] { ParseGradient("nothing ic1 = 1"); }, {"nothing"}));
}

}  // namespace
}  // namespace windrow::test
