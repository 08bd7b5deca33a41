// The library's reference against a pooling written apart from it, and against doubles.
#include "tests/pool/oracle.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/pool/harness.h"
#include "tests/pool/problem.h"
#include "tests/pool/sweeps.h"
#include "tests/support/placed.h"

namespace windrow::test {
namespace {

class PoolOracleSweep : public testing::TestWithParam<PoolSweep> {};

TEST_P(PoolOracleSweep, ReferenceHasItsBits) {
  constexpr int64_t kLanes = 8;
  for (const Reduction reduction : kReductions) {
    int64_t nans = 0, numbers = 0;
    for (const PoolProblem& p : ProblemsOf(GetParam(), kLanes, reduction)) {
      const PoolOutputs expected = PoolOracle(p), outputs = ExpectedPool(p);
      ASSERT_TRUE(SameBits(outputs.y, expected.y)) << ToString(p);
      ASSERT_EQ(outputs.indices, expected.indices) << ToString(p);
      for (int64_t i = 0; i < outputs.y.shape().elements(); ++i) {
        ++(std::isnan(outputs.y.data()[i]) ? nans : numbers);
      }
    }
    if (TakesNone(GetParam().name, reduction)) continue;
    EXPECT_GT(numbers, nans) << ToString(reduction);
    EXPECT_GT(nans, 0) << ToString(reduction);
  }
}

// Averages of ordinary numbers.
TEST_P(PoolOracleSweep, ReferenceIsCloseToDouble) {
  constexpr int64_t kLanes = 4;
  for (PoolProblem p : ProblemsOf(GetParam(), kLanes, Reduction::kAverage)) {
    p.values = Values::kPlain;
    const std::vector<Bounded> bounds = PoolOracleDouble(p);
    const Tensor y = ExpectedPool(p).y;
    for (size_t i = 0; i < bounds.size(); ++i) {
      if (std::isnan(bounds[i].value)) {  // an average of no taps
        ASSERT_TRUE(std::isnan(y.data()[i])) << ToString(p);
        continue;
      }
      ASSERT_LE(std::abs(static_cast<double>(y.data()[i]) - bounds[i].value), bounds[i].error)
          << ToString(p) << ", element " << i << " in nchw order: " << y.data()[i] << ", exactly "
          << bounds[i].value;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PoolOracleSweep, testing::ValuesIn(PoolSweeps()),
                         [](const auto& test) { return std::string(test.param.name); });

// That the sweeps hold what they are for.
TEST(PoolSweeps, HaveTiesEmptyWindowsAndInfinities) {
  int64_t without_tap = 0, negative_zeros = 0, only_infinity = 0, infinite = 0;
  for (const PoolSweep& sweep : PoolSweeps()) {
    if (std::string(sweep.name) == "LargeImages") continue;
    for (const PoolProblem& p : ProblemsOf(sweep, 8, Reduction::kMaxIndices)) {
      const PoolOutputs outputs = ExpectedPool(p);
      for (size_t i = 0; i < outputs.indices.size(); ++i) {
        const float y = outputs.y.data()[i];
        without_tap += outputs.indices[i] == -1;
        only_infinity += outputs.indices[i] >= 0 && std::isinf(y) && y < 0;
        infinite += std::isinf(y) && y > 0;
        negative_zeros += y == 0 && std::signbit(y);
      }
    }
  }
  EXPECT_GT(without_tap, 1000);
  EXPECT_GT(only_infinity, 1000);
  EXPECT_GT(infinite, 1000);
  EXPECT_GT(negative_zeros, 1000);
}

}  // namespace
}  // namespace windrow::test
