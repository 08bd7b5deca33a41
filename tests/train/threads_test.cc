// Threads: a training gives the same bits for any number of them.
#include "tests/support/threads.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>
#include <optional>

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
    std::optional<uint64_t> expected;
    for (const int threads : kThreadCounts) {
      tbb::task_arena(threads).execute([&] {
        const uint64_t hash = HashAfter(training, 2);
        EXPECT_EQ(hash, expected.value_or(hash)) << threads << " threads";
        expected = hash;
      });
    }
  }
}

}  // namespace
}  // namespace windrow::test
