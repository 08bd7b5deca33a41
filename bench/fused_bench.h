// Benchmarks of pairs of layers, "fused/PAIR/LAYOUT": one call beside the two calls, whose time
// over Windrow's is the counter ratio_two_calls.
#ifndef WINDROW_BENCH_FUSED_BENCH_H_
#define WINDROW_BENCH_FUSED_BENCH_H_

#include "bench/flags.h"

namespace windrow::bench {

void RegisterPairs(const Flags& flags);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_FUSED_BENCH_H_
