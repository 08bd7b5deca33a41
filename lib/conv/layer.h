// What a pair of layers (lib/fused) takes of a Conv2d: enough to plan and run parts of its calls.
#ifndef WINDROW_LIB_CONV_LAYER_H_
#define WINDROW_LIB_CONV_LAYER_H_

#include "lib/conv/problem.h"
#include "lib/conv/registry.h"
#include "lib/conv/weights.h"

namespace windrow::internal {

// Both live as long as the Conv2d.
struct ConvLayer {
  const ConvOp* op;
  const ConvWeights* weights;
  Registry<ConvShape, ConvBuffers>::Which forced;  // no row: auto
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_LAYER_H_
