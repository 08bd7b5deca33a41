// Threads: the same bits for every number of them, and one object run by many at once.
#include "tests/support/threads.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/support/values.h"
#include "windrow/cpu.h"

namespace windrow::test {
namespace {

Tensor Input(const Problem& p) {
  Tensor x(p.input(), p.x_layout);
  Fill(x.view(), Role::kInput, p.values);
  return x;
}

// Large enough to be cut into several tasks in every way: by panels, images, rows and columns.
std::vector<Problem> LargeProblems() {
  std::vector<Problem> all{
      {.ic = 16, .oc = 24, .ih = 40, .iw = 11, .kernel = 3, .padding = 1, .bias = true},
      {.ic = 8, .oc = 8, .ih = 3, .iw = 301, .kernel = 3, .padding = 1},
      {.ic = 40, .oc = 150, .ih = 9, .iw = 9, .kernel = 3, .padding = 1},
      {.ic = 48, .oc = 20, .ih = 23, .iw = 31},  // 1x1: one long row
      {.mb = 5, .ic = 9, .oc = 17, .ih = 13, .iw = 12, .kernel = 5, .stride = 2, .padding = 2},
      {.g = 60, .ic = 60, .oc = 60, .ih = 25, .iw = 26, .kernel = 3, .padding = 1},
      {.ic = 16,
       .oc = 24,
       .ih = 30,
       .iw = 21,
       .kernel = 3,
       .padding = 1,
       .mode = PaddingMode::kReflect},
      {.g = 3, .ic = 48, .oc = 48, .ih = 40, .iw = 30, .kernel = 3, .padding = 1},
      {.ic = 400, .oc = 170, .ih = 7, .iw = 9},
      {.ic = 900, .oc = 16, .ih = 7, .iw = 7, .kernel = 3, .padding = 1},
      {.mb = 2, .ic = 700, .oc = 801, .ih = 1, .iw = 1, .bias = true},  // panels of one pixel
      {.g = 2, .ic = 600, .oc = 600, .ih = 3, .iw = 3, .kernel = 3},
      {.ic = 200, .oc = 600, .ih = 3, .iw = 3, .kernel = 3},
      {.ic = 96, .oc = 201, .ih = 3, .iw = 3, .kernel = 3, .padding = 1},  // tap by tap
      // Its last block is narrower, by so much that planes as narrow would be staggered.
      {.ic = 6,
       .oc = 17,
       .ih = 1,
       .iw = 1904,
       .kernel = Size2(1, 11),
       .stride = Size2(3, 4),
       .dilation = 3,
       .padding = Padding::Sides(3, 1, 3, 0)},
  };
  const size_t count = all.size();
  for (size_t i = 0; i < count; ++i) {
    all.push_back(all[i]);
    all.back().SetLayout(Layout::kNchw);
  }
  return all;
}

class ConvThreads : public testing::Test {
 protected:
  const AllowThreads limit_;
};

// Every algorithm that takes the problem.
TEST_F(ConvThreads, AnyNumberGivesTheSameBits) {
  for (const Problem& p : LargeProblems()) {
    const Tensor x = Input(p), expected = Expected(p, cpu::ActiveTarget());
    const Conv2d any(Options(p, "", "auto"), Weights(p), Bias(p));
    for (const auto& candidate : any.Explain(p.input(), p.x_layout).candidates) {
      if (!candidate.accepts || candidate.algorithm == "reference") continue;
      const Conv2d conv(Options(p, "", candidate.algorithm), Weights(p), Bias(p));
      for (const int threads : kThreadCounts) {
        tbb::task_arena(threads).execute([&] {
          EXPECT_TRUE(SameBits(conv.Run(x), expected.view()))
              << candidate.algorithm << ' ' << ToString(p) << " on " << threads << " threads";
        });
      }
    }
  }
}

// What one thread's input made the object choose is not taken for another's.
TEST_F(ConvThreads, ManyRunOneObjectOnDifferentInputs) {
  const Problem small{.ic = 16, .oc = 24, .ih = 6, .iw = 5, .kernel = 3, .padding = 1};
  std::vector<Problem> problems(4, small);
  problems[1].SetLayout(Layout::kNchw);
  problems[2].ih = 19;
  problems[3].iw = 64;
  problems[3].SetLayout(Layout::kNchw);
  const Conv2d conv(Options(small, "", "auto"), Weights(small), Bias(small));
  std::vector<Tensor> inputs, expected;
  for (const Problem& p : problems) {
    inputs.push_back(Input(p));
    expected.push_back(Expected(p, conv.target()));
  }
  std::atomic<int> different = 0;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kMaxThreads; ++i) {
    threads.emplace_back([&, i] {
      for (size_t round = 0; round < 40; ++round) {
        const size_t which = (i + round / 2) % problems.size();
        different += !SameBits(conv.Run(inputs[which]), expected[which].view());
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(different, 0);
}

TEST_F(ConvThreads, ManyRunOneObject) {
  for (const auto& [ic, layout] :  // without and with tasks, without and with a workspace
       {std::pair(3, Layout::kNhwc), std::pair(40, Layout::kNhwc), std::pair(40, Layout::kNchw)}) {
    Problem p{.ic = ic, .oc = 33, .ih = 12, .iw = 17, .kernel = 3, .padding = 1};
    p.SetLayout(layout);
    const Conv2d conv(Options(p, "", "auto"), Weights(p), Bias(p));
    const Tensor x = Input(p), expected = Expected(p, conv.target());
    std::atomic<int> different = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kMaxThreads; ++i) {
      threads.emplace_back([&, copy = conv] {
        for (int round = 0; round < 20; ++round) {
          different += !SameBits(copy.Run(x), expected.view());
          different += copy.OutputShape(p.input()) != p.output();
          different += copy.Explain(p.input(), Layout::kNhwc).output != p.output();
        }
      });
    }
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(different, 0);
  }
}

// Threads that try plans of one object, of a few shapes, at once.
TEST_F(ConvThreads, OneObjectMeasuredByManyAtOnce) {
  Problem p{.ic = 24, .oc = 32, .ih = 9, .iw = 12, .kernel = 3, .padding = 1, .bias = true};
  Conv2dOptions o = Options(p, "", "auto");
  o.tuning = Tuning::kMeasure;
  const Conv2d conv(o, Weights(p), Bias(p));
  std::vector<Tensor> inputs, expected;
  for (const int64_t height : {9, 10, 11}) {
    p.ih = height;
    inputs.push_back(Input(p));
    expected.push_back(Expected(p, cpu::ActiveTarget()));
  }
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t run = 0; run < 60; ++run) {
        const size_t i = (t + run / 3) % inputs.size();
        wrong += !SameBits(conv.Run(inputs[i]), expected[i].view());
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(conv.Explain(inputs[0].shape(), inputs[0].layout()).chosen_by, "measurement");
}

}  // namespace
}  // namespace windrow::test
