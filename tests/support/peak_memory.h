// How much memory is resident at the peak of something; and how much a Run may take.
#ifndef WINDROW_TESTS_SUPPORT_PEAK_MEMORY_H_
#define WINDROW_TESTS_SUPPORT_PEAK_MEMORY_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace windrow::test {

inline constexpr int kThreads = 2;  // of an arena that a Run is measured in
inline constexpr int64_t kMiB = 1 << 20;

// What a process takes besides: a thread's stack, code read for the first time, the kernel's
// rounding of the count, a huge page where a few small ones would do.
inline constexpr int64_t kSlack = 4 << 20;

// "VmRSS" (resident now) or "VmHWM" (its peak), in bytes; -1 if the system does not say.
int64_t Status(const std::string& name);

// Makes the peak what is resident now, with nothing kept for later by malloc.
bool ResetPeak();

// How much more than now is resident at the peak of f().
template <typename F>
int64_t PeakGrowth(const F& f) {
  EXPECT_TRUE(ResetPeak());
  const int64_t before = Status("VmRSS");
  f();
  return Status("VmHWM") - before;
}

// The bound that holds for the workspace of every image.
int64_t MaxWorkspace(int threads);

// The side of the images to measure: WINDROW_IMAGE_SIDE of the environment, or `otherwise`.
int64_t ImageSide(int64_t otherwise);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_PEAK_MEMORY_H_
