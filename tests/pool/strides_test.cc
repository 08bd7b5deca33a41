// Views of any strides: dimensions in any order, gaps between the elements too (a sliced array), x
// broadcast. Nobody needs to have contiguous channels or rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/conv/variants.h"
#include "tests/pool/harness.h"
#include "tests/pool/problem.h"
#include "tests/pool/sweeps.h"
#include "tests/support/placed.h"
#include "tests/support/values.h"
#include "windrow/pool2d.h"

namespace windrow::test {
namespace {

class PoolStrides : public testing::TestWithParam<std::string> {};

TEST_P(PoolStrides, EqualTheReference) {
  Generator random(1);
  GuardedBuffer x_memory, y_memory, indices_memory;
  int64_t runs = 0;
  for (const PoolProblem& p : RandomPoolProblems(4, 200, 20'000)) {
    Strides xs = AnyStrides(random, p.input());
    if (random.OneIn(4)) xs.w = 0;
    if (random.OneIn(4)) xs.c = 0;
    const Placed x = PlaceStrided<float>(x_memory, p.input(), p.x_layout, xs, p.edge);
    const Placed y = PlaceStrided<float>(y_memory, p.output(), p.y_layout,
                                         AnyStrides(random, p.output()), p.edge);
    const PlacedIndices indices = PlaceStrided<int64_t>(indices_memory, p.output(), p.index_layout,
                                                        AnyStrides(random, p.output()), p.edge);
    Fill(x.view, Role::kInput, p.values);
    PoolArgs args{.x = x.view, .y = y.view};
    if (p.indices()) args.indices = indices.view;
    Tensor dense(p.input());
    Copy(x.view, dense);
    PoolProblem planes = p;
    planes.SetLayout(Layout::kNchw);
    const PoolOutputs expected = RunPool(MakePooling(p, GetParam(), "reference"), planes, dense);
    const std::vector<float> x_before = Copied(x.memory), y_before = Copied(y.memory);
    const std::vector<int64_t> indices_before = Copied(indices.memory);
    std::vector<std::string> algorithms = PoolAlgorithms();
    algorithms.push_back("auto");
    for (const std::string& algorithm : algorithms) {
      const std::string what = algorithm + " " + ToString(p);
      std::copy(y_before.begin(), y_before.end(), y.memory.begin());
      std::copy(indices_before.begin(), indices_before.end(), indices.memory.begin());
      try {
        const AnyPooling pooling = MakePooling(p, GetParam(), algorithm);
        pooling.Run(args);
        const Explanation why = pooling.Explain(args);
        EXPECT_TRUE(algorithm == "reference" || why.algorithm != "reference") << what;
      } catch (const std::invalid_argument& e) {
        if (!IsRefusal(e, algorithm)) throw;
        continue;
      }
      ++runs;
      ASSERT_TRUE(SameMemory<float>(x.memory, x_before)) << what;
      ASSERT_EQ(Difference(y, y_before, expected.y), "") << what;
      if (!p.indices()) continue;
      ASSERT_EQ(Difference(indices, indices_before, expected.indices), "") << what;
    }
  }
  EXPECT_GT(runs, 3 * 200) << "the reference, auto and reduction";
}

// Wide planes, every other pixel of which is pooled, to every third: vectors do most of the work.
TEST(SlicedPlanes, ArePooledRowByRow) {
  const Shape input(1, 3, 20, 3000);
  for (const Reduction reduction : kReductions) {
    const PoolProblem p =
        WithReduction({.c = 3, .ih = 20, .iw = 3000, .kernel = 3, .stride = 1}, reduction);
    const AnyPooling pooling = MakePooling(p, "", "auto");
    Tensor x_memory(Shape(1, 3, 20, 6000)), y_memory(Shape(1, 3, 18, 3 * 2998));
    IndexTensor indices_memory(y_memory.shape());
    Fill(x_memory.view(), Role::kInput, Values::kPlain);
    PoolArgs args{
        .x = {x_memory.data(), input, Layout::kNchw, {0, 20 * 6000, 6000, 2}},
        .y = {y_memory.data(), p.output(), Layout::kNchw, {0, 18 * 3 * 2998, 3 * 2998, 3}}};
    if (p.indices()) {
      args.indices = {indices_memory.data(), p.output(), Layout::kNchw, args.y.strides()};
    }
    EXPECT_EQ(pooling.Explain(args).algorithm, "transposed") << pooling.Explain(args).ToString();
    pooling.Run(args);
    Tensor x(input);
    Copy(args.x, x);
    EXPECT_TRUE(SameBits(args.y, pooling.Run(x)));
  }
}

INSTANTIATE_TEST_SUITE_P(All, PoolStrides, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace windrow::test
