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
  // Pixels of the same count, each of which has its first output one after the pixel's before.
  int64_t shifted_begin, shifted_end;
  float* to;
};

// Indices as 32 bits: to[p * items + i] = from[p * from_pixel + i] for p < pixels, i < items.
struct NarrowArgs {
  const int64_t* from;
  ptrdiff_t from_pixel;
  int64_t pixels, items;
  int32_t plane;  // an index is one of so many, or -1
  int32_t* to;
};

// Values of 4 bytes apart: to[i * step] = from[i] for i < count, and those between them are `fill`,
// which they may be already, to[count * step - 1] at last. step is 2 or more.
struct StretchArgs {
  const int32_t* from;
  int64_t count, step;
  int32_t fill;
  int32_t* to;
};

// What a row of outputs with indices adds to a row of dx: for p < pixels, i < items
//
//   r = sum over k < count[p], ascending from +0, of those from[o * from_pixel + i] whose
//     indices[o * items + i] is target + p, where o = first[p] + k * step
//   to[p * to_pixel + i] = (first_row ? +0 : what is there) + r
struct PickArgs {
  const float* from;
  ptrdiff_t from_pixel;
  const int32_t* indices;
  const int32_t *first, *count;  // null, if items is 1: p and `taps`, for all
  int64_t taps, step;
  int64_t pixels, items;
  int32_t target;
  float* to;
  ptrdiff_t to_pixel;        // 1 if items is
  bool first_row, last_row;  // as in AddLinesArgs
};

struct PoolBackwardKernels {
  void (*add_lines)(const AddLinesArgs&);
  void (*divide)(const DivideArgs&);
  void (*spread)(const SpreadArgs&);
  bool (*narrow)(const NarrowArgs&);  // false: there is another index than it may be
  void (*stretch)(const StretchArgs&);
  void (*pick)(const PickArgs&);
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_SIMD_POOL_BACKWARD_KERNELS_H_
