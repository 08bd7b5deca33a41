// Arenas of more threads than this machine may have CPUs.
#ifndef WINDROW_TESTS_SUPPORT_THREADS_H_
#define WINDROW_TESTS_SUPPORT_THREADS_H_

#include <oneapi/tbb/global_control.h>

namespace windrow::test {

inline constexpr int kMaxThreads = 8;
inline constexpr int kThreadCounts[] = {1, 2, 3, 5, kMaxThreads};
inline constexpr int kFewThreadCounts[] = {3, kMaxThreads};  // where each takes long

// While one lives, an arena may have as many; else no more than there are CPUs.
struct AllowThreads : tbb::global_control {
  explicit AllowThreads(int threads = kMaxThreads)
      : tbb::global_control(max_allowed_parallelism, static_cast<size_t>(threads)) {}
};

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_THREADS_H_
