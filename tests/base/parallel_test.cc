// Parallel loops: every index once, whatever the arena; and all of its threads take part.
#include "lib/base/parallel.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/support/threads.h"

namespace windrow::internal {
namespace {

constexpr int kManyThreads = 70;  // more than there are shares

class ParallelForThreads : public testing::Test {
 protected:
  const test::AllowThreads limit_{kManyThreads};
};

TEST_F(ParallelForThreads, EachIndexOnce) {
  for (const int threads : {1, 2, 3, 64, 65, kManyThreads}) {
    for (const int64_t count : {0, 1, 2, 3, 63, 64, 65, 69, 1000}) {
      std::vector<std::atomic<int>> calls(static_cast<size_t>(count));
      std::atomic<bool> known_slots = true;
      tbb::task_arena(threads).execute([&] {
        ParallelFor(count, [&](int64_t i) {
          ++calls[static_cast<size_t>(i)];
          if (ThreadSlot() >= MaxThreads()) known_slots = false;
        });
      });
      EXPECT_TRUE(std::all_of(calls.begin(), calls.end(), [](const auto& n) { return n == 1; }))
          << count << " on " << threads << " threads";
      EXPECT_TRUE(known_slots);
    }
  }
}

TEST_F(ParallelForThreads, AllTakePart) {
  for (const int threads : {2, kManyThreads}) {
    std::atomic<int> waiting = 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    tbb::task_arena(threads).execute([&] {
      ParallelFor(threads, [&](int64_t) {
        ++waiting;
        while (waiting < threads && std::chrono::steady_clock::now() < deadline) {
          std::this_thread::yield();
        }
      });
    });
    EXPECT_LT(std::chrono::steady_clock::now(), deadline) << threads << " threads never met";
  }
}

}  // namespace
}  // namespace windrow::internal
