// Every sweep of poolings on every usable target, algorithm and layout, of maxima, maxima with
// indices and averages: the bits of the reference.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <tuple>
#include <vector>

#include "tests/pool/harness.h"
#include "tests/pool/problem.h"
#include "tests/pool/sweeps.h"
#include "tests/pool/variants.h"

namespace windrow::test {
namespace {

using Parameter = std::tuple<PoolSweep, cpu::TargetInfo>;

// One way to run a sweep, and how that went.
struct Way {
  std::string algorithm;
  Layout layout;
  int64_t checked = 0, refused = 0;
};

// All that take something of a sweep.
std::vector<Way> Ways(const PoolSweep& sweep, Reduction reduction) {
  std::vector<Way> ways;
  for (const std::string& algorithm : PoolAlgorithmsToTest()) {
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      if (TakesEveryday(algorithm, layout, reduction) && !TakesNone(sweep.name, reduction)) {
        ways.push_back({algorithm, layout});
      }
    }
  }
  return ways;
}

class PoolBits : public testing::TestWithParam<Parameter> {};

TEST_P(PoolBits, EqualTheReference) {
  const auto& [sweep, target] = GetParam();
  for (const Reduction reduction : kReductions) {
    std::vector<Way> ways = Ways(sweep, reduction);
    if (ways.empty()) continue;
    for (PoolProblem p : ProblemsOf(sweep, target.lanes, reduction)) {
      KnownPool known(p);
      for (Way& way : ways) {
        p.SetLayout(way.layout);
        const BitResult result = CheckPoolBits(p, known, target.name, way.algorithm);
        ++(result.refused ? way.refused : way.checked);
        ASSERT_EQ(result.failure, "");
      }
    }
    for (const Way& way : ways) {
      const std::string what =
          way.algorithm + " " + ToString(way.layout) + " " + ToString(reduction);
      if (way.algorithm == "auto") {
        EXPECT_EQ(way.refused, 0) << what;
      }
      EXPECT_GT(way.checked, 0) << what << " refuses all " << way.refused;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PoolBits,
                         testing::Combine(testing::ValuesIn(PoolSweeps()),
                                          testing::ValuesIn(UsableTargets())),
                         [](const auto& test) {
                           return std::get<0>(test.param).name +
                                  ("_" + std::get<1>(test.param).name);
                         });

// x, y and the indices each in its own layout; some algorithm must take it.
using TargetAndAlgorithm = std::tuple<std::string, std::string>;

class PoolMixedLayouts : public testing::TestWithParam<TargetAndAlgorithm> {};

TEST_P(PoolMixedLayouts, EqualTheReference) {
  const auto& [target, algorithm] = GetParam();
  int64_t checked = 0;
  for (PoolProblem p : RandomPoolProblems(3, 200, 30'000)) {
    KnownPool known(p);
    for (int layouts = 0; layouts < (p.indices() ? 8 : 4); ++layouts) {
      p.x_layout = static_cast<Layout>(layouts & 1);
      p.y_layout = static_cast<Layout>(layouts >> 1 & 1);
      p.index_layout = static_cast<Layout>(layouts >> 2 & 1);
      const BitResult result = CheckPoolBits(p, known, target, algorithm);
      ASSERT_EQ(result.failure, "");
      if (algorithm == "auto") {
        ASSERT_FALSE(result.refused) << ToString(p);
      }
      checked += !result.refused;
    }
  }
  EXPECT_GT(checked, 0) << "refuses everything";
}

INSTANTIATE_TEST_SUITE_P(All, PoolMixedLayouts,
                         testing::Combine(testing::ValuesIn(UsableNames()),
                                          testing::ValuesIn(PoolAlgorithmsToTest())),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_" + std::get<1>(test.param);
                         });

// In the caller's workspace, of just the size asked for, on one thread.
class PoolWorkspace : public testing::TestWithParam<TargetAndAlgorithm> {};

TEST_P(PoolWorkspace, OfTheCaller) {
  const auto& [target, algorithm] = GetParam();
  int64_t checked = 0;
  for (const PoolProblem& p : RandomPoolProblems(4, 400, 60'000)) {
    const BitResult result = CheckPoolBits(p, target, algorithm, Scratch::kCallers);
    ASSERT_EQ(result.failure, "");
    checked += !result.refused;
  }
  EXPECT_GT(checked, 0) << "refuses everything";
}

INSTANTIATE_TEST_SUITE_P(All, PoolWorkspace,
                         testing::Combine(testing::ValuesIn(UsableNames()),
                                          testing::ValuesIn(PoolAlgorithmsToTest())),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_" + std::get<1>(test.param);
                         });

// Every algorithm has something that it is for.
TEST(PoolAlgorithms, EachTakesSomethingEveryday) {
  for (const std::string& algorithm : PoolAlgorithmsToTest()) {
    int64_t taken = 0;
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      for (const Reduction reduction : kReductions) {
        taken += TakesEveryday(algorithm, layout, reduction);
      }
    }
    EXPECT_GT(taken, 0) << algorithm;
  }
}

}  // namespace
}  // namespace windrow::test
