// The processor time of the calling thread: what a measurement on one thread counts, so that other
// programs that take turns on its core do not count.
#ifndef WINDROW_BENCH_THREAD_CLOCK_H_
#define WINDROW_BENCH_THREAD_CLOCK_H_

#include <time.h>

#include <chrono>

namespace windrow::bench {

struct ThreadClock {
  using duration = std::chrono::duration<double>;
  using time_point = std::chrono::time_point<ThreadClock, duration>;

  static time_point now() {
#ifdef CLOCK_THREAD_CPUTIME_ID
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return time_point(
        duration(static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec)));
#else
    return time_point(std::chrono::steady_clock::now().time_since_epoch());
#endif
  }
};

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_THREAD_CLOCK_H_
