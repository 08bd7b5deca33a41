// Gradients on threads: the same bits for every number of them, and one object used by many.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/conv/gradients.h"
#include "tests/support/threads.h"

namespace windrow::test {
namespace {

class ConvGradientThreads : public testing::Test {
 protected:
  const AllowThreads limit_;
};

TEST_F(ConvGradientThreads, AnyNumberGivesTheSameBits) {
  for (const Problem& p : GradientProblems()) {
    const Conv2d conv(Options(p, "", "auto"), Weights(p));
    Gradients one(p);
    tbb::task_arena(1).execute([&] { one.Run(conv); });
    for (int threads = 2; threads <= kMaxThreads; ++threads) {
      Gradients many(p);
      tbb::task_arena(threads).execute([&] { many.Run(conv); });
      EXPECT_TRUE(many == one) << ToString(p) << " on " << threads << " threads";
    }
  }
}

TEST_F(ConvGradientThreads, ManyUseOneObject) {
  for (const Problem& p : GradientProblems()) {
    const Conv2d conv(Options(p, "", "auto"), Weights(p));
    Gradients expected(p);
    expected.Run(Conv2d(Options(p, "", "auto"), Weights(p)));
    std::atomic<int> different = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, copy = conv] {
        for (int round = 0; round < 3; ++round) {
          Gradients own(p);
          own.Run(copy);
          different += !(own == expected);
        }
      });
    }
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(different, 0) << ToString(p);
  }
}

}  // namespace
}  // namespace windrow::test
