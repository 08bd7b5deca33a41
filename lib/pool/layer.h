// What a pair of layers (lib/fused) takes of a pooling: enough to plan and run parts of its calls.
#ifndef WINDROW_LIB_POOL_LAYER_H_
#define WINDROW_LIB_POOL_LAYER_H_

#include "lib/pool/problem.h"
#include "lib/pool/strategies.h"

namespace windrow::internal {

// The op lives as long as the pooling.
struct PoolLayer {
  const PoolOp* op;
  Registry<PoolShape, PoolBuffers>::Which forced;  // no row: auto
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_LAYER_H_
