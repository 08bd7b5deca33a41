// Sees whether a thread leaves an arena in another floating-point state than it came with.
#ifndef WINDROW_TESTS_SUPPORT_CONTROL_BITS_OBSERVER_H_
#define WINDROW_TESTS_SUPPORT_CONTROL_BITS_OBSERVER_H_

#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_scheduler_observer.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ostream>
#include <thread>
#include <vector>

#include "tests/support/mxcsr.h"

namespace windrow::test {

// Compares the control bits of each thread that leaves an arena with those it came with. The
// counts are of all observers, so that a worker may be late.
class ControlBitsObserver : public tbb::task_scheduler_observer {
 public:
  explicit ControlBitsObserver(tbb::task_arena& arena) : tbb::task_scheduler_observer(arena) {
    observe(true);
  }
  ~ControlBitsObserver() override {
    observe(false);
    left_ += inside_;  // a worker that came when all was done, and is not seen to leave
  }
  void on_scheduler_entry(bool) override {
    ++inside_;
    ++entered_;
    bits_ = ControlBits();
  }
  void on_scheduler_exit(bool) override {
    changed_ += ControlBits() != bits_;
    --inside_;
    ++left_;
  }
  // How many threads left with other bits, once all have left.
  static int Changed() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (left_ != entered_ && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    EXPECT_EQ(left_, entered_) << "threads that never left their arena";
    return changed_;
  }

 private:
  std::atomic<int> inside_ = 0;
  static inline std::atomic<int> entered_ = 0, left_ = 0, changed_ = 0;
  static inline thread_local uint32_t bits_ = 0;
};

// The states a caller may be in.
struct Flush {
  const char* name;
  uint32_t bits;
};

inline void PrintTo(const Flush& f, std::ostream* out) { *out << f.name; }

inline std::vector<Flush> FlushStates() {
  return {{"Kept", 0},
          {"FlushToZero", kFlushToZero},
          {"DenormalsAreZero", kDenormalsAreZero},
          {"Both", kFlushToZero | kDenormalsAreZero}};
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_CONTROL_BITS_OBSERVER_H_
