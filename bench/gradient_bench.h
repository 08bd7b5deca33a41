// Benchmarks of convolution's gradients: "backward_data/LAYER/LAYOUT" and
// "backward_weights/LAYER/LAYOUT".
#ifndef WINDROW_BENCH_GRADIENT_BENCH_H_
#define WINDROW_BENCH_GRADIENT_BENCH_H_

#include <vector>

#include "bench/flags.h"
#include "bench/layers.h"
#include "bench/peer.h"

namespace windrow::bench {

void RegisterGradients(const std::vector<Layer>& layers, const std::vector<Peer>& peers,
                       const Flags& flags);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_GRADIENT_BENCH_H_
