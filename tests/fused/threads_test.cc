// One pair of layers run by many threads at once, on images of two sizes in turn.
#include "tests/support/threads.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/fused/pairs.h"
#include "tests/support/placed.h"
#include "tests/support/use_machine.h"
#include "windrow/cpu.h"

namespace windrow::test {
namespace {

PairProblem LargePair(bool pooled) {
  PairProblem p;
  const int64_t channels = 24, groups = pooled ? 1 : channels;
  p.first = {.mb = 2,
             .g = groups,
             .ic = channels,
             .oc = channels,
             .ih = 40,
             .iw = 41,
             .kernel = 3,
             .padding = 1};
  if (pooled) {
    p.second = PoolProblem{.mb = 2, .c = channels, .ih = 40, .iw = 41, .kernel = 2};
  } else {
    p.second = Problem{.mb = 2, .ic = channels, .oc = 17, .ih = 40, .iw = 41};
  }
  p.l2 = 32 << 10;
  return p;
}

TEST(FusedThreads, OneObjectForAll) {
  constexpr int kCallers = 4, kRuns = 6;
  const AllowThreads limit;
  for (const bool pooled : {false, true}) {
    const PairProblem p = LargePair(pooled);
    const UseMachine cache = UseL2(p.l2);
    for (const char* algorithm : {"bands", "in_turn"}) {
      const Fused fused = MakeFused(p, "", algorithm);
      std::vector<Tensor> x, expected;
      for (const int64_t height : {40, 19}) {
        x.emplace_back(Shape(2, 24, height, 41), Layout::kNhwc);
        Fill(x.back().view(), Role::kInput, Values::kPlain);
        expected.push_back(MakeFused(p, "", "reference").Run(x.back()));
      }
      std::atomic<int> different = 0;
      std::vector<std::thread> callers;
      for (int i = 0; i < kCallers; ++i) {
        callers.emplace_back([&, i] {
          tbb::task_arena(i % 2 == 0 ? 3 : 1).execute([&] {
            for (int run = 0; run < kRuns; ++run) {
              const auto which = static_cast<size_t>((run + i) % 2);
              if (!SameBits(fused.Run(x[which]), expected[which])) ++different;
            }
          });
        });
      }
      for (std::thread& caller : callers) caller.join();
      EXPECT_EQ(different, 0) << algorithm;
    }
  }
}

TEST(FusedThreads, AnyNumberGivesTheSameBits) {
  const AllowThreads limit;
  for (const bool pooled : {false, true}) {
    const PairProblem p = LargePair(pooled);
    for (const int threads : kThreadCounts) {
      tbb::task_arena(threads).execute([&] {
        for (const char* algorithm : {"bands", "in_turn", "auto"}) {
          const BitResult result =
              CheckFusedBits(p, cpu::ActiveTarget(), algorithm, Scratch::kCallers, threads);
          EXPECT_EQ(result.failure, "") << threads << " threads";
        }
      });
    }
  }
}

}  // namespace
}  // namespace windrow::test
