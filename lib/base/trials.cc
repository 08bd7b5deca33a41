#include "lib/base/trials.h"

#include <atomic>
#include <chrono>

namespace windrow::internal {
namespace {

std::atomic<int64_t (*)()> test_clock = nullptr;

}  // namespace

int64_t TrialClock() {
  if (auto* const clock = test_clock.load(std::memory_order_relaxed)) return clock();
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void SetTrialClockForTest(int64_t (*clock)()) { test_clock = clock; }

}  // namespace windrow::internal
