// What becomes of an output's chain, one float at a time, as the reference does it: the same
// formulas as those of lib/simd/activations-inl.h, each rounding one expression.
#ifndef WINDROW_LIB_CONV_SCALAR_EPILOGUE_H_
#define WINDROW_LIB_CONV_SCALAR_EPILOGUE_H_

#include <cstdint>

#include "windrow/conv2d.h"

namespace windrow::internal {

float Activate(const Epilogue& epilogue, float x);

// The chain's sum to the output of this channel; the residual may be null.
float FinishOutput(float sum, const Epilogue& epilogue, int64_t channel, const float* residual);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_SCALAR_EPILOGUE_H_
