// Threads: a training gives the same bits for any number of them.
#include "tests/support/threads.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>

#include "tests/train/training.h"

namespace windrow::test {
namespace {

class TrainThreads : public testing::Test {
 protected:
  const AllowThreads limit_;
};

TEST_F(TrainThreads, AnyNumberGivesTheSameBits) {
  for (const Training& training : {Training{}, Training{.network = EveryLayer, .adam = true},
                                   Training{.network = ResNet, .side = 5}}) {
    uint64_t expected = 0;
    tbb::task_arena(1).execute([&] { expected = HashAfter(training, 2); });
    for (const int threads : kFewThreadCounts) {
      tbb::task_arena(threads).execute(
          [&] { EXPECT_EQ(HashAfter(training, 2), expected) << threads << " threads"; });
    }
  }
}

}  // namespace
}  // namespace windrow::test
