// Benchmarks of forward convolution: "conv/LAYER/LAYOUT".
#ifndef WINDROW_BENCH_CONV_BENCH_H_
#define WINDROW_BENCH_CONV_BENCH_H_

#include <vector>

#include "bench/flags.h"
#include "bench/layers.h"
#include "bench/peer.h"

namespace windrow::bench {

void RegisterConvolutions(const std::vector<Layer>& layers, const std::vector<Peer>& peers,
                          const Flags& flags);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_CONV_BENCH_H_
