// The micro-kernels of poolings' gradients, a part of the tables of pool_kernels.h. Pixels are some
// channels (items), or one float of a plane.
#ifndef WINDROW_LIB_SIMD_POOL_BACKWARD_KERNELS_H_
#define WINDROW_LIB_SIMD_POOL_BACKWARD_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace windrow::internal {

// What an output row adds to some rows of dx: for l < lines, p < pixels, i < items
//
//   to[l * to_line + p * to_pixel + i] = (first ? +0 : what is there) + from[l * from_line + ...]
//
// where the pixels of a line of `from` follow each other.
struct AddLinesArgs {
  float* from;
  ptrdiff_t from_line;  // 0: all lines are the same
  float* to;
  ptrdiff_t to_line, to_pixel;
  int64_t lines, pixels, items;
  bool first;  // nothing was added to these rows yet
  bool last;   // nothing will be: a NaN becomes the canonical one
  bool clear;  // `from` becomes +0
};

// to[p * items + i] = from[p * from_pixel + i] / divisor, for p < pixels, i < items. `from` may be
// `to`.
struct DivideArgs {
  const float* from;
  ptrdiff_t from_pixel;
  int64_t pixels, items;
  const float* divisors;  // one for each pixel; or, if null:
  float divisor;
  float* to;
};

// A row of sums over the outputs whose windows hold a pixel: for p < pixels, i < items
//
//   to[p * items + i] = sum over k < count[p], ascending from +0, of
//     from[(first[p] + k * step) * items + i]
struct SpreadArgs {
  const float* from;
  const int32_t *first, *count;
  int64_t step;
  int64_t pixels, items;
  // Pixels of the same count, each of which has its first output one behind the pixel's before.
  int64_t shifted_begin, shifted_end;
  float* to;
};

struct PoolBackwardKernels {
  void (*add_lines)(const AddLinesArgs&);
  void (*divide)(const DivideArgs&);
  void (*spread)(const SpreadArgs&);
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_SIMD_POOL_BACKWARD_KERNELS_H_
