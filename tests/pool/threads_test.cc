// Threads: the same bits for every number of them, and one pooling run by many at once.
#include "tests/support/threads.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/pool/harness.h"
#include "tests/pool/problem.h"
#include "windrow/cpu.h"

namespace windrow::test {
namespace {

// Large enough to be cut into several tasks in every way: by images, planes, rows and columns.
std::vector<PoolProblem> LargePoolings() {
  const auto window = [](int64_t kernel, int64_t stride, PoolProblem p) {
    p.kernel = kernel, p.stride = stride, p.padding = kernel / 2;
    return p;
  };
  return {
      window(3, 2, {.c = 16, .ih = 90, .iw = 81, .values = Values::kTies}),
      window(3, 1, {.c = 1, .ih = 3, .iw = 40'001, .values = Values::kWild}),
      window(5, 1, {.mb = 3, .c = 67, .ih = 23, .iw = 25}),
      window(2, 2, {.c = 1, .ih = 400, .iw = 301, .values = Values::kNonFinite}),
      {.mb = 9, .c = 150, .ih = 10, .iw = 10, .kernel = 2, .values = Values::kTies},
      window(13, 1, {.c = 100, .ih = 19, .iw = 19, .values = Values::kTies}),
      window(7, 7, {.mb = 9, .c = 300, .ih = 7, .iw = 7}),
      {.adaptive = true, .c = 40, .ih = 61, .iw = 47, .output_size = Size2(7, 6)},
      {.adaptive = true, .mb = 2, .c = 70, .ih = 30, .iw = 31, .values = Values::kTies},
  };
}

class PoolThreads : public testing::Test {
 protected:
  const AllowThreads limit_;
};

TEST_F(PoolThreads, AnyNumberGivesTheSameBits) {
  for (const PoolProblem& large : LargePoolings()) {
    for (const Reduction reduction : kReductions) {
      PoolProblem p = WithReduction(large, reduction);
      const PoolOutputs expected = ExpectedPool(p);
      for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
        p.SetLayout(layout);
        const Tensor x = PoolInput(p);
        for (const std::string& algorithm : PoolAlgorithms()) {
          if (algorithm == "reference" || !Accepts(p, algorithm)) continue;
          const AnyPooling pooling = MakePooling(p, "", algorithm);
          for (const int threads : kFewThreadCounts) {
            tbb::task_arena(threads).execute([&] {
              EXPECT_TRUE(SameOutputs(RunPool(pooling, p, x), expected))
                  << algorithm << ' ' << ToString(p) << " on " << threads << " threads";
            });
          }
        }
      }
    }
  }
}

// As above, x and y in different layouts, whatever runs it.
TEST_F(PoolThreads, AnyNumberChangesTheLayout) {
  for (const PoolProblem& large : LargePoolings()) {
    PoolProblem p = WithReduction(large, Reduction::kMaxIndices);
    const PoolOutputs expected = ExpectedPool(p);
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      p.SetLayout(layout);
      p.y_layout = layout == Layout::kNhwc ? Layout::kNchw : Layout::kNhwc;
      const Tensor x = PoolInput(p);
      const AnyPooling pooling = MakePooling(p, "", "auto");
      for (const int threads : kThreadCounts) {
        tbb::task_arena(threads).execute([&] {
          EXPECT_TRUE(SameOutputs(RunPool(pooling, p, x), expected))
              << ToString(p) << " on " << threads << " threads";
        });
      }
    }
  }
}

// What one thread's input made the object choose is not taken for another's, and no two share
// scratch memory.
TEST_F(PoolThreads, ManyRunOneObjectOnDifferentInputs) {
  for (const Reduction reduction : kReductions) {
    const PoolProblem small{.c = 24, .ih = 6, .iw = 5, .kernel = 3, .stride = 2, .padding = 1};
    std::vector<PoolProblem> problems(4, WithReduction(small, reduction));
    problems[1].SetLayout(Layout::kNchw);
    problems[2].ih = 190;
    problems[3].iw = 640;
    problems[3].SetLayout(Layout::kNchw);
    const AnyPooling pooling = MakePooling(problems[0], "", "auto");
    std::vector<Tensor> inputs;
    std::vector<PoolOutputs> expected;
    for (const PoolProblem& p : problems) {
      inputs.push_back(PoolInput(p));
      expected.push_back(ExpectedPool(p));
    }
    std::atomic<int> different = 0;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kMaxThreads; ++i) {
      threads.emplace_back([&, i, copy = pooling] {
        for (size_t round = 0; round < 12; ++round) {
          const size_t which = (i + round / 2) % problems.size();
          const PoolProblem& p = problems[which];
          different += !SameOutputs(RunPool(copy, p, inputs[which]), expected[which]);
          different += copy.OutputShape(p.input()) != p.output();
          different += copy.Explain(p.input(), Layout::kNhwc).output != p.output();
        }
      });
    }
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(different, 0) << ToString(reduction);
  }
}

// The caller's workspace, of the size that any number of threads may need.
TEST_F(PoolThreads, ShareTheCallersWorkspace) {
  for (const PoolProblem& large : LargePoolings()) {
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      PoolProblem p = WithReduction(large, Reduction::kMaxIndices);
      p.SetLayout(layout);
      for (const int threads : {2, 4}) {
        tbb::task_arena(threads).execute([&] {
          EXPECT_EQ(
              CheckPoolBits(p, cpu::ActiveTarget(), "auto", Scratch::kCallers, threads).failure,
              "");
        });
      }
    }
  }
}

}  // namespace
}  // namespace windrow::test
