// Poolings with extreme attributes, in every algorithm that takes them and as it chooses: the bits
// of the reference, and memory within its bound. In a build with sanitizers every sum and product
// of sizes is checked too.
#include "tests/pool/extremes.h"

#include <gtest/gtest.h>

#include <climits>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "lib/base/machine.h"
#include "lib/pool/problem.h"
#include "lib/pool/strategies.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/target.h"
#include "tests/conv/variants.h"
#include "tests/pool/harness.h"
#include "tests/pool/sweeps.h"
#include "tests/pool/variants.h"

namespace windrow::test {
namespace {

class PoolExtremes : public testing::TestWithParam<std::string> {};

TEST_P(PoolExtremes, EqualTheReference) {
  constexpr int kProblems = 2500;
  const std::vector<std::string> algorithms = PoolAlgorithmsToTest();
  Generator random(11);
  std::map<std::string, int> checked;
  for (int i = 0; i < kProblems; ++i) {
    const PoolProblem p = ExtremePoolProblem(random);
    KnownPool known(p);
    const Scratch scratch = i % 4 == 0 ? Scratch::kCallers : Scratch::kObjects;
    for (const std::string& algorithm : algorithms) {
      const BitResult result = CheckPoolBits(p, known, GetParam(), algorithm, scratch);
      ASSERT_EQ(result.failure, "");
      ASSERT_FALSE(result.refused && algorithm == "auto") << ToString(p);
      checked[algorithm] += !result.refused;
    }
  }
  for (const std::string& algorithm : algorithms) {
    EXPECT_GT(checked[algorithm], 50) << algorithm;
  }
}

INSTANTIATE_TEST_SUITE_P(All, PoolExtremes, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

// Shapes that nobody has memory for are planned as well, or refused because of their size.
TEST(PoolExtremes, ArePlannedInBoundedMemory) {
  constexpr int kProblems = 3000;
  Generator random(12);
  const int64_t l2 = internal::ThisMachine().l2;
  const auto extent = [&random](int64_t max_bits) {
    return random.Between(1, int64_t{1} << random.Between(0, max_bits));
  };
  int planned = 0;
  for (int i = 0; i < kProblems; ++i) {
    PoolProblem p = ExtremePoolProblem(random);
    p.adaptive = random.OneIn(4);
    p.output_size = Size2(extent(31), extent(31));
    const Layout layout = p.x_layout;
    try {
      const Shape x(extent(20), extent(20), extent(31), extent(31));
      const AnyPooling pooling = MakePooling(p, "", "auto");
      const Explanation e = pooling.Explain(x, layout);
      const auto bytes = static_cast<int64_t>(pooling.WorkspaceBytes(x, layout, 1));
      EXPECT_LE(bytes, l2 + 64) << e.algorithm << ' ' << x.ToString() << ' ' << ToString(p);
      ++planned;
    } catch (const std::length_error&) {
    } catch (const std::invalid_argument& e) {
      EXPECT_NE(std::string(e.what()).find("the window covers"), std::string::npos) << e.what();
    }
  }
  EXPECT_GT(planned, kProblems / 4);
}

// The call of dense tensors, as the strategies see it.
internal::PoolShape ShapeOf(const PoolProblem& p, const internal::PoolOp& op) {
  const internal::PoolGeometry g = internal::ResolveGeometry(op, p.input());
  return {.op = &op,
          .n = p.mb,
          .c = p.c,
          .h = g.h,
          .w = g.w,
          .xs = DenseStrides(p.input(), p.x_layout),
          .ys = DenseStrides(p.output(), p.y_layout),
          .is = DenseStrides(p.output(), p.index_layout),
          .with_indices = p.indices(),
          .threads = 1};
}

internal::PoolOp OpOf(const PoolProblem& p) {
  const internal::Target target = internal::FindTarget("");
  internal::PoolOp op;
  op.average = p.average();
  op.adaptive = p.adaptive;
  op.output_size = p.output_size;
  op.kernel = p.kernel;
  op.stride = p.step();
  op.dilation = p.dilation;
  op.padding = p.padding;
  op.ceil_mode = p.ceil_mode;
  op.count_include_pad = p.count_include_pad;
  op.divisor_override = p.divisor_override.value_or(0);
  op.lanes = target.lanes;
  op.kernels = &internal::PoolKernelsOf(target.index);
  return op;
}

// That what one thread of many needs is no more than one on its own, so that a workspace is as many
// times that; and that nothing that strategies are compared by depends on the threads.
void ExpectNoMoreOnThreads(const PoolProblem& p) {
  const internal::PoolOp op = OpOf(p);
  internal::PoolShape shape = ShapeOf(p, op);
  for (const std::string& name : PoolAlgorithms()) {
    const auto consider = internal::PoolRegistry().Find(name).row->consider;
    internal::PoolPlan alone, plan;
    shape.threads = 1;
    const char* const refusal = consider(shape, alone);
    for (const int threads : {2, 3, 4, 7, 64, 1000, INT_MAX}) {
      shape.threads = threads;
      ASSERT_EQ(consider(shape, plan), refusal) << name << ' ' << ToString(p) << ", " << threads;
      if (refusal != nullptr) continue;
      ASSERT_LE(plan.scratch_bytes(), alone.scratch_bytes()) << name << ' ' << ToString(p);
      ASSERT_EQ(plan.cycles(), alone.cycles()) << name << ' ' << ToString(p) << ", " << threads;
    }
  }
}

TEST(PoolScratch, OfAThreadIsNoMoreWhereThereAreMore) {
  Generator random(13);
  for (int i = 0; i < 1000; ++i) ExpectNoMoreOnThreads(ExtremePoolProblem(random));
  for (PoolProblem p : RandomPoolProblems(14, 1500, 4'000'000)) {
    if (p.output().elements() == 0) continue;
    ExpectNoMoreOnThreads(p);
    p.ih *= 9, p.iw *= 7;  // those that do not fit the caches
    p.c += 40;
    ExpectNoMoreOnThreads(p);
  }
}

}  // namespace
}  // namespace windrow::test
