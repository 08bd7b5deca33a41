// Gradients on every usable target, algorithm, layout and numerics: the bits of the formula.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/conv/gradient_harness.h"
#include "tests/conv/problem.h"
#include "tests/conv/sweeps.h"
#include "tests/conv/variants.h"
#include "tests/support/placed.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

class ConvGradients : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, ConvGradients, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

// Calls f(problem) for each of them in some of the four pairs of layouts and both numerics.
template <typename F>
void InLayouts(std::vector<Problem> problems, const F& f) {
  int which = 0;
  for (Problem& p : problems) {
    ++which;
    p.x_layout = static_cast<Layout>(which & 1);
    p.y_layout = which % 5 == 0 ? static_cast<Layout>(1 - (which & 1)) : p.x_layout;
    p.numerics = which % 7 == 0 ? Numerics::kPortable : Numerics::kNative;
    f(p);
  }
}

TEST_P(ConvGradients, OfSweeps) {
  const cpu::TargetInfo target = [&] {
    for (const auto& t : UsableTargets()) {
      if (t.name == GetParam()) return t;
    }
    return cpu::TargetInfo{};
  }();
  const Variant variant{target, "direct", Layout::kNhwc, Numerics::kNative};
  for (const Sweep& sweep : Sweeps()) {
    const std::vector<Problem> all = sweep.problems(variant);
    std::vector<Problem> some;  // a few hundred of each, other ones for each target
    const size_t step = all.size() / 200 + 1;
    for (size_t i = static_cast<size_t>(target.lanes) % step; i < all.size(); i += step) {
      if (all[i].multiply_adds() < 400'000) some.push_back(all[i]);
    }
    InLayouts(some, [&](const Problem& p) {
      ASSERT_EQ(CheckDataBits(p, GetParam(), "auto").failure, "") << sweep.name;
      ASSERT_EQ(CheckWeightsBits(p, GetParam(), "auto").failure, "") << sweep.name;
    });
  }
}

TEST_P(ConvGradients, OfRandomProblemsByEveryAlgorithm) {
  int64_t checked = 0;
  InLayouts(RandomProblems(11, 400, 40'000), [&](const Problem& p) {
    for (const std::string& algorithm : Algorithms()) {
      const BitResult result = CheckDataBits(p, GetParam(), algorithm);
      checked += !result.refused;
      ASSERT_EQ(result.failure, "");
    }
    for (const std::string& algorithm : BackwardWeightsAlgorithms()) {
      ASSERT_EQ(CheckWeightsBits(p, GetParam(), algorithm).failure, "");
    }
  });
  EXPECT_GT(checked, 800);
}

TEST_P(ConvGradients, OfExtremeProblems) {
  InLayouts(ExtremeProblems(5, 150, 40'000), [&](const Problem& p) {
    // Padding that copies pixels takes a padded image.
    const Sides high = p.vertical().pad, wide = p.horizontal().pad;
    const double height = static_cast<double>(p.ih + high.before + high.after);
    const double width = static_cast<double>(p.iw + wide.before + wide.after);
    if (p.mode != PaddingMode::kZeros && height * width > 1e6) return;
    ASSERT_EQ(CheckDataBits(p, GetParam(), "auto").failure, "");
    ASSERT_EQ(CheckWeightsBits(p, GetParam(), "auto").failure, "");
  });
}

// So many outputs that they fall into chunks in each way.
TEST_P(ConvGradients, OfSeveralChunks) {
  std::vector<Problem> all{
      {.mb = 3, .ic = 3, .oc = 5, .ih = 40, .iw = 41, .kernel = 3, .padding = 1, .bias = true},
      {.mb = 40, .ic = 5, .oc = 18, .ih = 7, .iw = 7, .kernel = 3, .padding = 1, .bias = true},
      {.mb = 2, .ic = 2, .oc = 3, .ih = 2, .iw = 2500, .kernel = 3, .padding = 1, .bias = true},
      {.mb = 1, .ic = 2, .oc = 2, .ih = 1, .iw = 4097, .kernel = Size2(1, 5), .bias = true},
      {.mb = 2, .g = 20, .ic = 20, .oc = 20, .ih = 33, .iw = 35, .kernel = 3, .padding = 1},
      {.mb = 300, .ic = 2, .oc = 20, .ih = 2, .iw = 2, .kernel = 2, .bias = true},
  };
  for (const Values values : {Values::kPlain, Values::kDenormal, Values::kNonFinite}) {
    std::vector<Problem> twice = all;
    twice.insert(twice.end(), all.begin(), all.end());
    twice.insert(twice.begin(), all.front());  // so that each comes in both layouts
    for (Problem& p : twice) p.values = values;
    InLayouts(twice, [&](const Problem& p) {
      ASSERT_EQ(CheckWeightsBits(p, GetParam(), "auto").failure, "");
      ASSERT_EQ(CheckDataBits(p, GetParam(), "auto").failure, "");
    });
  }
}

// Known errors of other libraries' gradients: a hang or a crash, a wrong depthwise one, many
// groups.
TEST_P(ConvGradients, OfProblemsThatOthersGetWrong) {
  const std::vector<Problem> all{
      {.mb = 32, .ic = 4, .oc = 8, .ih = 32, .iw = 32, .kernel = 1, .stride = 2, .bias = true},
      {.g = 24, .ic = 24, .oc = 24, .ih = 6, .iw = 6, .kernel = 3, .stride = 2, .padding = 1},
      {.mb = 2, .g = 67, .ic = 67, .oc = 67, .ih = 9, .iw = 8, .kernel = Size2(2, 1)},
      {.mb = 2, .g = 67, .ic = 134, .oc = 201, .ih = 9, .iw = 8, .kernel = Size2(2, 1)},
  };
  for (Problem p : all) {
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      p.SetLayout(layout);
      for (const std::string& algorithm : BackwardWeightsAlgorithms()) {
        ASSERT_EQ(CheckWeightsBits(p, GetParam(), algorithm).failure, "");
      }
      ASSERT_EQ(CheckDataBits(p, GetParam(), "auto").failure, "");
    }
  }
}

// <dy, F x> = <F^T dy, x> = <dw, w>, in integers so small that nothing is rounded.
TEST(ConvGradientsAdjoint, InExactIntegers) {
  const auto small = [](std::span<float> to, uint64_t seed) {
    Generator random(seed);
    for (float& f : to) f = static_cast<float>(random.Between(-3, 3));
  };
  const auto dot = [](std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
    return sum;
  };
  for (Problem p : RandomProblems(17, 300, 100'000)) {
    p.epilogue = {};
    p.scale = false;
    p.bias = false;
    std::vector<float> w(static_cast<size_t>(p.weights())), dw(w.size());
    small(w, 1);
    const Conv2d conv(Options(p, "", "auto"), w);
    Tensor x(p.input()), dx(p.input()), dy(p.output());
    const auto span = [](Tensor& t) {
      return std::span<float>(t.data(), static_cast<size_t>(t.shape().elements()));
    };
    small(span(x), 2);
    small(span(dy), 3);
    Tensor y = conv.Run(x);
    conv.BackwardData(dy.view(), dx.view());
    conv.BackwardWeights({.x = x.view(), .dy = dy.view(), .dw = dw});
    const double expected = dot(span(y), span(dy));
    ASSERT_EQ(dot(span(x), span(dx)), expected) << ToString(p);
    ASSERT_EQ(dot(w, dw), expected) << ToString(p);
  }
}

}  // namespace
}  // namespace windrow::test
