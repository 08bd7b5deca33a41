// What a convolution's micro-kernels do not do themselves before an output is final, a per-channel
// scale and an activation, as kernels over outputs that are in cache (lib/conv/epilogue.h).
//
// They have no numerics classes: each product and each sum is rounded, so that their bits are those
// of every target. Every NaN that comes out is 0x7FC00000. Memory need only be aligned to an
// element.
#ifndef WINDROW_LIB_SIMD_EPILOGUE_KERNELS_H_
#define WINDROW_LIB_SIMD_EPILOGUE_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace windrow::internal {

// Rows of `count` contiguous elements each. Distances are in floats; y may be where `from` or the
// residual is.
//
//   v = from;  with a scale: v *= scale, v += residual (if any), v += +0.0f, v = clamp(v)
//   y = activation(v)
struct EpilogueArgs {
  const float* from;
  ptrdiff_t from_row;
  float* y;
  ptrdiff_t y_row;
  const float* residual;  // null: none
  ptrdiff_t residual_row;
  const float* scale;  // finite
  bool scale_each;     // whether each element of a row has a scale of its own, or all one
  int64_t rows, count;
  float clamp_min, clamp_max;
  float slope;
};

using EpilogueFn = void (*)(const EpilogueArgs&);

inline constexpr size_t kActivations = 6;

// By Activation.
struct EpilogueKernels {
  EpilogueFn activation[kActivations];  // ignore residual, scale and clamp
  EpilogueFn scaled[kActivations];
};

// Those of the target at this index of Highway's dispatch tables.
const EpilogueKernels& EpilogueKernelsOf(size_t dispatch_index);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_SIMD_EPILOGUE_KERNELS_H_
