// Poolings' gradients on threads: the same bits for every number of them, and one object used by
// many.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/pool/gradient_harness.h"
#include "tests/support/placed.h"
#include "tests/support/threads.h"

namespace windrow::test {
namespace {

// Large enough to be cut into several tasks in every way, and into tiles that fit the caches.
std::vector<PoolProblem> LargeGradients() {
  const auto window = [](int64_t kernel, int64_t stride, PoolProblem p) {
    p.kernel = kernel, p.stride = stride, p.padding = kernel / 2;
    return p;
  };
  return {
      window(3, 2, {.c = 16, .ih = 90, .iw = 81, .values = Values::kTies}),
      window(3, 1, {.c = 1, .ih = 3, .iw = 40'001, .values = Values::kWild}),
      window(3, 1, {.c = 1, .ih = 40'001, .iw = 3}),
      window(5, 1, {.mb = 3, .c = 67, .ih = 23, .iw = 25}),
      window(2, 2, {.c = 1, .ih = 400, .iw = 301, .values = Values::kNonFinite}),
      window(13, 1, {.c = 100, .ih = 19, .iw = 59, .values = Values::kTies}),
      window(7, 7, {.mb = 9, .c = 300, .ih = 7, .iw = 7}),
      {.c = 40, .ih = 50, .iw = 60, .kernel = 40, .stride = 3},
      {.adaptive = true, .c = 40, .ih = 61, .iw = 47, .output_size = Size2(7, 6)},
      {.adaptive = true, .c = 65, .ih = 40, .iw = 41},
      {.adaptive = true, .mb = 2, .c = 7, .ih = 30, .iw = 31, .output_size = 70},
  };
}

TEST(PoolGradientThreads, AnyNumberGivesTheSameBits) {
  const AllowThreads limit;
  for (const PoolProblem& large : LargeGradients()) {
    for (const Reduction reduction : {Reduction::kMaxIndices, Reduction::kAverage}) {
      const PoolProblem p = WithReduction(large, reduction);
      const PoolGradientInput input(p);
      const Tensor expected = ExpectedPoolGradient(p, input);
      for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
        const AnyPooling pooling = MakePooling(p, "", "auto", "rows");
        for (const int threads : kThreadCounts) {
          Tensor dx(p.input(), layout);
          tbb::task_arena(threads).execute([&] { pooling.Backward(BackwardArgsOf(input, dx)); });
          EXPECT_TRUE(SameBits(dx, expected))
              << ToString(p) << " to " << ToString(layout) << " on " << threads << " threads";
        }
      }
    }
  }
}

TEST(PoolGradientThreads, ManyUseOneObject) {
  const AllowThreads limit;
  for (const Reduction reduction : {Reduction::kMaxIndices, Reduction::kAverage}) {
    const PoolProblem p = WithReduction(LargeGradients()[0], reduction);
    const PoolGradientInput input(p);
    const Tensor expected = ExpectedPoolGradient(p, input);
    const AnyPooling pooling = MakePooling(p, "", "auto");
    std::atomic<int> different = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, copy = pooling] {
        for (int round = 0; round < 3; ++round) {
          Tensor dx(p.input());
          copy.Backward(BackwardArgsOf(input, dx));
          different += !SameBits(dx, expected);
        }
      });
    }
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(different, 0) << ToString(p);
  }
}

}  // namespace
}  // namespace windrow::test
