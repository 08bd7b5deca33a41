// Gradients of poolings: the reference against one written apart from the library, and the bits of
// every target, algorithm and layout against the reference.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/conv/variants.h"
#include "tests/pool/extremes.h"
#include "tests/pool/gradient_harness.h"
#include "tests/pool/oracle.h"
#include "tests/pool/sweeps.h"
#include "tests/support/mxcsr.h"
#include "tests/support/placed.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

constexpr Reduction kWithGradient[] = {Reduction::kMaxIndices, Reduction::kAverage};

class PoolGradientSweep : public testing::TestWithParam<PoolSweep> {};

TEST_P(PoolGradientSweep, ReferenceHasTheOraclesBits) {
  for (const Reduction reduction : kWithGradient) {
    for (const PoolProblem& p : ProblemsOf(GetParam(), /*lanes=*/8, reduction)) {
      const PoolGradientInput input(p);
      const Tensor dx = ExpectedPoolGradient(p, input);
      ASSERT_TRUE(SameBits(dx, PoolGradientOracle(p, input.dy, input.indices))) << ToString(p);
    }
  }
}

TEST_P(PoolGradientSweep, TargetsEqualTheReference) {
  uint64_t number = 0;
  for (const Reduction reduction : kWithGradient) {
    for (PoolProblem p : ProblemsOf(GetParam(), /*lanes=*/8, reduction)) {
      p.x_layout = static_cast<Layout>(number & 1);
      p.y_layout = static_cast<Layout>((number / 2 + number) & 1);
      p.index_layout = static_cast<Layout>((number / 4 + number) & 1);
      ++number;
      const KnownPoolGradient known(p);
      for (const std::string& target : UsableNames()) {
        BitResult result = CheckPoolGradient(p, known, target, "rows");
        if (result.refused) result = CheckPoolGradient(p, known, target, "auto");
        ASSERT_EQ(result.failure, "");
        ASSERT_FALSE(result.refused) << ToString(p);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PoolGradientSweep, testing::ValuesIn(PoolSweeps()),
                         [](const auto& test) { return std::string(test.param.name); });

class PoolGradients : public testing::TestWithParam<std::string> {};

TEST_P(PoolGradients, OfRandomProblems) {
  int64_t checked = 0;
  for (PoolProblem p : RandomPoolProblems(21, 1500, 60'000)) {
    if (p.reduction == Reduction::kMax) p.reduction = Reduction::kMaxIndices;
    const KnownPoolGradient known(p);
    for (const std::string& algorithm : PoolBackwardAlgorithmsToTest()) {
      const Scratch scratch = checked % 3 == 0 ? Scratch::kCallers : Scratch::kObjects;
      const BitResult result = CheckPoolGradient(p, known, GetParam(), algorithm, scratch);
      ASSERT_EQ(result.failure, "");
      checked += !result.refused;
    }
  }
  EXPECT_GT(checked, 2000);
}

TEST_P(PoolGradients, OfExtremes) {
  Generator random(22);
  int64_t checked = 0;
  for (int i = 0; i < 1500; ++i) {
    PoolProblem p = ExtremePoolProblem(random);
    if (p.reduction == Reduction::kMax) p.reduction = Reduction::kMaxIndices;
    for (const std::string& algorithm : PoolBackwardAlgorithmsToTest()) {
      const BitResult result = CheckPoolGradient(p, GetParam(), algorithm);
      ASSERT_EQ(result.failure, "");
      ASSERT_FALSE(result.refused && algorithm == "auto") << ToString(p);
      checked += !result.refused;
    }
  }
  EXPECT_GT(checked, 1500);
}

// Dimensions in any order, gaps between the elements too: nobody needs to have contiguous channels
// or rows, and rows of one pixel may follow each other like the pixels of one.
TEST_P(PoolGradients, OfAnyStrides) {
  Generator random(25);
  GuardedBuffer dx_memory, dy_memory, indices_memory;
  for (PoolProblem p : RandomPoolProblems(25, 400, 20'000)) {
    if (p.reduction == Reduction::kMax) p.reduction = Reduction::kMaxIndices;
    const auto strides = [&random](const Shape& shape) { return AnyStrides(random, shape); };
    const KnownPoolGradient known(p);
    const Placed dy =
        PlaceStrided<float>(dy_memory, p.output(), p.y_layout, strides(p.output()), p.edge);
    const Placed dx =
        PlaceStrided<float>(dx_memory, p.input(), p.x_layout, strides(p.input()), p.edge);
    Copy(known.input.dy, dy.view);
    PoolBackwardArgs args{.dy = dy.view, .dx = dx.view};
    if (!p.average()) {
      const PlacedIndices indices = PlaceStrided<int64_t>(
          indices_memory, p.output(), p.index_layout, strides(p.output()), p.edge);
      auto next = known.input.indices.begin();
      ForEach(p.output(), [&](int64_t n, int64_t c, int64_t h, int64_t w) {
        indices.view.at(n, c, h, w) = *next++;
      });
      args.indices = indices.view;
    }
    const std::vector<float> before = Copied(dx.memory);
    MakePooling(p, GetParam(), "auto", "rows").Backward(args);
    ASSERT_EQ(Difference(dx, before, known.expected), "") << ToString(p);
  }
}

// Sums whose steps are flushed: the order of the additions is the same, and which there are.
TEST_P(PoolGradients, OfDenormalsThatAreFlushed) {
  if (!kCanFlush) GTEST_SKIP() << "no control of denormals here";
  const ScopedControlBits scoped(kFlushToZero);
  for (PoolProblem p : RandomPoolProblems(23, 300, 30'000)) {
    if (p.reduction == Reduction::kMax) p.reduction = Reduction::kMaxIndices;
    p.values = Values::kDenormal;
    const BitResult result = CheckPoolGradient(p, GetParam(), "auto");
    ASSERT_EQ(result.failure, "");
  }
}

INSTANTIATE_TEST_SUITE_P(All, PoolGradients, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

// <dy, F x> and <F^T dy, x>, which small integers make exact.
TEST(PoolGradientAdjoint, HoldsExactly) {
  for (PoolProblem p : RandomPoolProblems(24, 400, 20'000)) {
    if (p.input().elements() == 0) continue;
    p.values = Values::kPlain;
    if (p.average()) {
      if (p.adaptive) continue;  // their divisors are no powers of two
      p.divisor_override = 1;
    } else {
      p.reduction = Reduction::kMaxIndices;
    }
    const auto small = [](const Tensor& t, uint64_t seed) {
      Tensor to(t.shape());
      Generator random(seed);
      for (int64_t i = 0; i < t.shape().elements(); ++i) {
        to.data()[i] = static_cast<float>(random.Between(-9, 9));
      }
      return to;
    };
    const Tensor x = small(Tensor(p.input()), 1), dy = small(Tensor(p.output()), 2);
    p.SetLayout(Layout::kNchw);
    const AnyPooling pooling = MakePooling(p, "", "auto");
    const PoolOutputs outputs = RunPool(pooling, p, x);
    Tensor dx(p.input());
    PoolBackwardArgs args{.dy = dy, .dx = dx};
    if (!p.average()) {
      args.indices = ConstIndexView(outputs.indices.data(), p.output(), Layout::kNchw);
    }
    pooling.Backward(args);
    double forward = 0, backward = 0;
    for (int64_t i = 0; i < dy.shape().elements(); ++i) {
      if (std::isinf(outputs.y.data()[i])) continue;  // a maximum of no taps
      forward += static_cast<double>(dy.data()[i]) * static_cast<double>(outputs.y.data()[i]);
    }
    for (int64_t i = 0; i < x.shape().elements(); ++i) {
      backward += static_cast<double>(dx.data()[i]) * static_cast<double>(x.data()[i]);
    }
    EXPECT_EQ(forward, backward) << ToString(p);
  }
}

}  // namespace
}  // namespace windrow::test
