// Benchmarks of the machine itself: "probe/peak_fused/AVX3", "probe/read/L2" and the like.
#ifndef WINDROW_BENCH_PROBE_BENCH_H_
#define WINDROW_BENCH_PROBE_BENCH_H_

#include "bench/flags.h"

namespace windrow::bench {

void RegisterProbes(const Flags& flags);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_PROBE_BENCH_H_
