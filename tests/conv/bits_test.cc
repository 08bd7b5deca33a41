// Every sweep on every usable target, algorithm, layout and numerics: the bits of the reference.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/conv/sweeps.h"
#include "tests/conv/variants.h"

namespace windrow::test {
namespace {

using Parameter = std::tuple<Sweep, cpu::TargetInfo>;

// One way to run a sweep, and how that went.
struct Way {
  Variant variant;
  int64_t checked = 0, refused = 0;
};

// All of a target, of one numerics.
std::vector<Way> Ways(const Sweep& sweep, const cpu::TargetInfo& target, Numerics numerics) {
  std::vector<Way> ways;
  for (const Variant& v : Variants()) {
    if (v.target.name == target.name && v.numerics == numerics &&
        TakesOf(v.algorithm, sweep.name) != Takes::kNone) {
      ways.push_back({v});
    }
  }
  return ways;
}

class ConvBits : public testing::TestWithParam<Parameter> {};

TEST_P(ConvBits, EqualTheReference) {
  const auto& [sweep, target] = GetParam();
  for (const Numerics numerics : {Numerics::kNative, Numerics::kPortable}) {
    std::vector<Way> ways = Ways(sweep, target, numerics);
    if (ways.empty()) continue;
    for (Problem p : sweep.problems(ways.front().variant)) {
      p.numerics = numerics;
      Known known(p, target.name);
      for (Way& way : ways) {
        p.SetLayout(way.variant.layout);
        const BitResult result = CheckBits(p, known, target.name, way.variant.algorithm);
        ++(result.refused ? way.refused : way.checked);
        ASSERT_EQ(result.failure, "");
      }
    }
    for (const Way& way : ways) {
      if (TakesOf(way.variant.algorithm, sweep.name) == Takes::kAll) {
        EXPECT_EQ(way.refused, 0) << way.variant.Name();
      }
      EXPECT_GT(way.checked, 0) << way.variant.Name() << " refuses all " << way.refused;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ConvBits,
                         testing::Combine(testing::ValuesIn(Sweeps()),
                                          testing::ValuesIn(UsableTargets())),
                         [](const auto& test) {
                           return std::get<0>(test.param).name +
                                  ("_" + std::get<1>(test.param).name);
                         });

// x, y and the residual each in its own layout; some algorithm must take it.
class MixedLayouts : public testing::TestWithParam<std::string> {};

TEST_P(MixedLayouts, EqualTheReference) {
  for (Problem p : RandomProblems(3, 150, 40'000)) {
    Known known(p, GetParam());
    for (int layouts = 0; layouts < 8; ++layouts) {
      p.x_layout = static_cast<Layout>(layouts & 1);
      p.y_layout = static_cast<Layout>(layouts >> 1 & 1);
      p.residual_layout = static_cast<Layout>(layouts >> 2 & 1);
      ASSERT_EQ(CheckBits(p, known, GetParam(), "auto").failure, "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, MixedLayouts, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace windrow::test
