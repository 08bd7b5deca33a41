// Benchmarks of pooling: "max_pool/NAME/LAYOUT", "avg_pool/NAME/LAYOUT" and, of maxima with their
// indices, "max_pool_indices/NAME/LAYOUT"; of gradients "max_pool_backward/NAME/LAYOUT" and
// "avg_pool_backward/NAME/LAYOUT".
#ifndef WINDROW_BENCH_POOL_BENCH_H_
#define WINDROW_BENCH_POOL_BENCH_H_

#include <vector>

#include "bench/flags.h"
#include "bench/layers.h"
#include "bench/peer.h"

namespace windrow::bench {

void RegisterPoolings(const std::vector<Pool>& pools, const std::vector<Peer>& peers,
                      const Flags& flags);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_POOL_BENCH_H_
