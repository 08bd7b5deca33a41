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

using Parameter = std::tuple<Sweep, Variant>;

std::string NameOf(const testing::TestParamInfo<Parameter>& test) {
  std::string name = std::get<0>(test.param).name;
  return name.append("_").append(std::get<1>(test.param).Name());
}

class ConvBits : public testing::TestWithParam<Parameter> {};

TEST_P(ConvBits, EqualTheReference) {
  const auto& [sweep, variant] = GetParam();
  int64_t checked = 0, refused = 0;
  for (Problem p : sweep.problems(variant)) {
    p.SetLayout(variant.layout);
    p.numerics = variant.numerics;
    const BitResult result = CheckBits(p, variant.target.name, variant.algorithm);
    ++(result.refused ? refused : checked);
    ASSERT_EQ(result.failure, "");
  }
  if (TakesOf(variant.algorithm, sweep.name) == Takes::kAll) {
    EXPECT_EQ(refused, 0);
  }
  EXPECT_GT(checked, 0) << "refuses all " << refused << " problems";
  RecordProperty("problems", std::to_string(checked));
}

std::vector<Parameter> Parameters() {
  std::vector<Parameter> all;
  for (const Sweep& s : Sweeps()) {
    for (const Variant& v : Variants()) {
      if (TakesOf(v.algorithm, s.name) != Takes::kNone) all.emplace_back(s, v);
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, ConvBits, testing::ValuesIn(Parameters()), NameOf);

// x, y and the residual each in its own layout; some algorithm must take it.
class MixedLayouts : public testing::TestWithParam<std::string> {};

TEST_P(MixedLayouts, EqualTheReference) {
  for (Problem p : RandomProblems(3, 150, 40'000)) {
    for (int layouts = 0; layouts < 8; ++layouts) {
      p.x_layout = static_cast<Layout>(layouts & 1);
      p.y_layout = static_cast<Layout>(layouts >> 1 & 1);
      p.residual_layout = static_cast<Layout>(layouts >> 2 & 1);
      ASSERT_EQ(CheckBits(p, GetParam(), "auto").failure, "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, MixedLayouts, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace windrow::test
