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

using Parameter = std::tuple<PoolSweep, PoolVariant>;

std::string NameOf(const testing::TestParamInfo<Parameter>& test) {
  std::string name = std::get<0>(test.param).name;
  return name.append("_").append(std::get<1>(test.param).Name());
}

bool HasAny(const PoolSweep& sweep, const PoolVariant& v, Reduction reduction) {
  return TakesEveryday(v.algorithm, v.layout, reduction) &&
         !TakesNone(v.algorithm, sweep.name, reduction);
}

class PoolBits : public testing::TestWithParam<Parameter> {};

TEST_P(PoolBits, EqualTheReference) {
  const auto& [sweep, variant] = GetParam();
  for (const Reduction reduction : kReductions) {
    if (!HasAny(sweep, variant, reduction)) continue;
    int64_t checked = 0, refused = 0;
    for (PoolProblem p : ProblemsOf(sweep, variant.target.lanes, reduction)) {
      p.SetLayout(variant.layout);
      const BitResult result = CheckPoolBits(p, variant.target.name, variant.algorithm);
      ++(result.refused ? refused : checked);
      ASSERT_EQ(result.failure, "");
    }
    if (variant.algorithm == "auto") {
      EXPECT_EQ(refused, 0);
    }
    EXPECT_GT(checked, 0) << "refuses all " << refused << " of " << ToString(reduction);
    RecordProperty(ToString(reduction), std::to_string(checked));
  }
}

std::vector<Parameter> Parameters() {
  std::vector<Parameter> all;
  const std::vector<PoolVariant> variants = PoolVariants();
  for (const PoolSweep& s : PoolSweeps()) {
    for (const PoolVariant& v : variants) {
      if (std::any_of(std::begin(kReductions), std::end(kReductions),
                      [&](Reduction reduction) { return HasAny(s, v, reduction); })) {
        all.emplace_back(s, v);
      }
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, PoolBits, testing::ValuesIn(Parameters()), NameOf);

// x, y and the indices each in its own layout; some algorithm must take it.
using TargetAndAlgorithm = std::tuple<std::string, std::string>;

class PoolMixedLayouts : public testing::TestWithParam<TargetAndAlgorithm> {};

TEST_P(PoolMixedLayouts, EqualTheReference) {
  const auto& [target, algorithm] = GetParam();
  int64_t checked = 0;
  for (PoolProblem p : RandomPoolProblems(3, 200, 30'000)) {
    for (int layouts = 0; layouts < (p.indices() ? 8 : 4); ++layouts) {
      p.x_layout = static_cast<Layout>(layouts & 1);
      p.y_layout = static_cast<Layout>(layouts >> 1 & 1);
      p.index_layout = static_cast<Layout>(layouts >> 2 & 1);
      const BitResult result = CheckPoolBits(p, target, algorithm);
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
