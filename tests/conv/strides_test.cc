// Views of any strides: dimensions in any order, gaps between the elements too (a sliced array), x
// and the residual broadcast. Nobody needs to have contiguous channels or rows.
#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/conv/sweeps.h"
#include "tests/conv/variants.h"
#include "tests/support/placed.h"
#include "tests/support/values.h"
#include "windrow/conv2d.h"

namespace windrow::test {
namespace {

// The problem's tensors in guarded memory, with strides of their own.
struct Call {
  Call(const Problem& problem, Generator& random) : p(problem) {
    const auto readable = [&](const Shape& shape) {
      Strides s = AnyStrides(random, shape);
      if (random.OneIn(4)) s.w = 0;
      if (random.OneIn(4)) s.c = 0;
      return s;
    };
    x = PlaceStrided<float>(x_memory, p.input(), p.x_layout, readable(p.input()), p.edge);
    y = PlaceStrided<float>(y_memory, p.output(), p.y_layout, AnyStrides(random, p.output()),
                            p.edge);
    Fill(x.view, Role::kInput, p.values);
    args = {.x = x.view, .y = y.view};
    if (p.residual == Residual::kNone) return;
    residual = p.residual == Residual::kInPlace
                   ? y
                   : PlaceStrided<float>(residual_memory, p.output(), p.residual_layout,
                                         readable(p.output()), p.edge);
    Fill(residual.view, Role::kResidual, p.values);
    args.residual = residual.view;
  }

  // What the reference gives for dense copies.
  Tensor Expected(const std::string& target) const {
    Tensor dense_x(p.input()), dense_residual(p.output()), dense_y(p.output());
    Copy(args.x, dense_x);
    RunArgs dense{.x = dense_x, .y = dense_y};
    if (p.residual != Residual::kNone) {
      Copy(args.residual, dense_residual);
      dense.residual = dense_residual;
    }
    Conv2d(Options(p, target, "reference"), Weights(p), Bias(p)).Run(dense);
    return dense_y;
  }

  Problem p;
  GuardedBuffer x_memory, y_memory, residual_memory;
  Placed x, y, residual;
  RunArgs args;
};

class ConvStrides : public testing::TestWithParam<std::string> {};

TEST_P(ConvStrides, EqualTheReference) {
  Generator random(1);
  int64_t runs = 0;
  for (const Problem& p : RandomProblems(4, 200, 40'000)) {
    const Call call(p, random);
    const Tensor expected = call.Expected(GetParam());
    const std::vector<float> x = Copied(call.x.memory), y = Copied(call.y.memory);
    std::vector<std::string> algorithms = Algorithms();
    algorithms.push_back("auto");
    for (const std::string& algorithm : algorithms) {
      const Conv2d conv(Options(p, GetParam(), algorithm), Weights(p), Bias(p));
      std::copy(y.begin(), y.end(), call.y.memory.begin());
      try {
        conv.Run(call.args);
      } catch (const std::invalid_argument& e) {
        if (!IsRefusal(e, algorithm)) throw;
        continue;
      }
      ++runs;
      ASSERT_EQ(Difference(call.y, y, expected), "") << algorithm << ' ' << ToString(p);
      ASSERT_TRUE(SameMemory<float>(call.x.memory, x)) << algorithm << ' ' << ToString(p);
      if (algorithm != "auto" || p.mb == 0) continue;
      EXPECT_NE(conv.Explain(call.args).algorithm, "reference") << ToString(p);
    }
  }
  EXPECT_GT(runs, 4 * 200) << "the reference, auto, im2col, and direct or depthwise";
}

INSTANTIATE_TEST_SUITE_P(All, ConvStrides, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

// Every other pixel and channel of an image, from one half of it to the other.
TEST(SlicedViews, AreInputsAndOutputs) {
  const Problem p{.ic = 4, .oc = 4, .ih = 6, .iw = 9, .kernel = 3, .padding = 1};
  const Conv2d conv(Options(p, "", "auto"), Weights(p), Bias(p));
  Tensor x(p.input());
  Fill(x.view(), Role::kInput, Values::kPlain);
  const Tensor expected = conv.Run(x);
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    for (const int64_t step : {2, 3}) {
      Tensor all(Shape(1, 4, 6, 9 * step), layout);
      const Strides dense = DenseStrides(all.shape(), layout);
      const Strides sliced{dense.n, dense.c, dense.h, dense.w * step};
      const TensorView even(all.data(), p.input(), layout, sliced);
      const TensorView odd(&all.at(0, 0, 0, 1), p.output(), layout, sliced);
      Copy(x, even);
      conv.Run(even, odd);
      EXPECT_TRUE(SameBits(odd, expected));
      EXPECT_TRUE(SameBits(even, x));
    }
  }
}

}  // namespace
}  // namespace windrow::test
