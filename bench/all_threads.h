// The probes on several threads at once: what all of them together can do.
#ifndef WINDROW_BENCH_ALL_THREADS_H_
#define WINDROW_BENCH_ALL_THREADS_H_

#include <cstddef>
#include <string_view>

#include "bench/probe.h"

namespace windrow::bench {

double PeakFlops(int threads, std::string_view target, bool fused);

// Each thread has its own part of the buffer, at least 4 KiB.
double Bandwidth(int threads, Access access, float* buffer, size_t bytes);
inline constexpr size_t kMinBandwidthBytes = 4096;

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_ALL_THREADS_H_
