// The part of the epilogue that no micro-kernel of convolution does: scale and activation, as a
// pass over outputs that were just written.
#ifndef WINDROW_LIB_CONV_EPILOGUE_PASS_H_
#define WINDROW_LIB_CONV_EPILOGUE_PASS_H_

#include <cstdint>

#include "lib/conv/problem.h"
#include "windrow/tensor.h"

namespace windrow::internal {

// The outputs of all channels. `from` may be y, as may the residual, which is for ops with a scale.
struct PassCall {
  int64_t images, rows, columns;
  const float* from;
  Strides fs;
  float* y;
  Strides ys;
  const float* residual;  // null: none
  Strides rs;
};

void RunPass(const ConvOp& op, const PassCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_EPILOGUE_PASS_H_
