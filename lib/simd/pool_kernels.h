// The micro-kernels of pooling of a SIMD target, as a table of function pointers: the one door
// between the loops of lib/pool, which are ordinary C++, and the code that is compiled once a
// target.
#ifndef WINDROW_LIB_SIMD_POOL_KERNELS_H_
#define WINDROW_LIB_SIMD_POOL_KERNELS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/base/math.h"
#include "lib/simd/pool_backward_kernels.h"

namespace windrow::internal {

// Sums of long windows are sums of parts: of so many taps of a row, counted from the window's first
// one, on padding or not; and of so many rows (pool2d.h).
inline constexpr int64_t kPartTaps = 64;

// Where the part ends that tap i of `count` is in. The first is the window's tap number `before`.
inline int64_t PartEnd(int64_t i, int64_t before, int64_t count) {
  return std::min(((before + i) / kPartTaps + 1) * kPartTaps - before, count);
}

// Of WindowArgs::inner; more than the lanes of most vectors need, for Highway reads eight.
inline constexpr int64_t kInnerBytes = 8;

// One call of a window kernel: for each of a few outputs, rows x columns taps that are each a run
// of items side by side (the channels of a pixel, or a row of a plane), reduced in raster order
// item by item. Distances are in floats; everything is aligned to an element.
//
//   for o < outputs: for i < items:
//     y[o * y_step + i] = reduction over row, column of
//       taps[column][offset + row * x_row + o * x_step + i]
//
// and that for each of `lines` (of the kernels of WindowKernels, and of strips, for which lines are
// planes) further by x_line, y_row, indices_row and position_line.
struct WindowArgs {
  const float* const* taps;  // [columns], at least one
  ptrdiff_t offset, x_row;
  int64_t rows, columns;
  int64_t outputs;
  ptrdiff_t x_step, y_step;
  int64_t items;
  float* y;
  int64_t lines = 1;
  ptrdiff_t x_line, y_row, indices_row;
  int32_t position_line;
  // Of sums: taps of the window before the first column, and rows before the first, modulo
  // kPartTaps.
  int64_t columns_before, rows_before;

  // 1, which no compiler knows: a maximum times that is flushed to zero if it is denormal and the
  // caller wants that; the result, that is, and not what an earlier pass compares.
  float one;
  bool last;
  // Of averages: y = sum / divisor; the plain sum if 0. One for all items, or one for each; of
  // running sums one for each line of each output, [outputs][rows].
  float divisor;
  const float* divisors;  // null: one for all
  // A kernel's own: whether there is a divisor for all, and whether 1 / divisor, which then is
  // `factor`, is exact.
  bool divides, exact;
  float factor;

  // Of maxima with indices. A tap's index is that of an earlier pass, which lies so many numbers
  // beside the value; or, if that is 0, which position counts of its item:
  //   positions[column] + position + row * position_row + o * position_step + item_positions[i]
  // (the last is 0 for all items if there is no such table)
  // and that of an item whose taps are all -inf, where the first tap may be padding, the same with
  //   first[i] in place of positions[0], if that is not null.
  ptrdiff_t index_distance;
  const int32_t* positions;
  int32_t position, position_row, position_step;
  const int32_t* item_positions;
  const int32_t* first;
  // Of strips with indices: position_step is that of taps, item_positions those of the first taps,
  // on padding perhaps; the first row of the first output's windows and the step to the next one's
  // (on padding perhaps too), and the image's size.
  int64_t image_row, image_step, image_height, image_width;
  // Of strips of neighbours, which use image_row and image_height too: whether the first column's
  // left tap is padding, and the last one's right tap.
  bool pads_left, pads_right;
  // Of dense strips: which lanes of a vector are not the first of a row, bit by bit, by the column
  // of its first lane: [items + 1][kInnerBytes]. Scratch memory are maxima and, index_distance
  // past them, indices, each of `outputs` + 2 rows.
  const uint8_t* inner;
  // Of strips: with each row of a vector, so many bytes further are prefetched.
  uintptr_t prefetch;
  int64_t prefetch_step;
  // And with each vector of outputs the one so many bytes past it, twice as many for indices.
  ptrdiff_t y_ahead;
  // Of global kernels.
  ptrdiff_t x_column;
  // Of rolling kernels: what the rows above gave.
  float* above;
  const float* middle;
  // Of running maxima and sums: `rows` lines of `inputs` pixels x_step apart, x_row from line to
  // line; the first window begins so many pixels before the line does. Maxima have scratch memory
  // of SuffixFloats(columns, inputs, lanes) floats.
  int64_t inputs, before;
  float* scratch;
  int32_t* index;    // as y, for a later pass; or
  int64_t* indices;  // the result
  ptrdiff_t indices_step;
};

using WindowFn = void (*)(const WindowArgs&);

// A reduction for windows of any extent, of one row, and of the most common sizes; and of sums for
// windows of several parts.
struct WindowKernels {
  WindowFn any, row, k2x2, k3x3, parts;

  WindowFn Of(const WindowArgs& t) const {
    if (t.rows_before + t.rows > kPartTaps || t.columns_before + t.columns > kPartTaps) {
      return parts;
    }
    if (t.rows == 1) return row;
    if (t.rows == 2 && t.columns == 2) return k2x2;
    return t.rows == 3 && t.columns == 3 ? k3x3 : any;
  }
};

// A row of outputs of windows 3 rows high, 3 columns (or any) wide, from what the rows above it
// gave: [outputs][items], as windows of 1 row give it (sums of one part), and if they are wanted
// the indices, index_distance past. x is at the windows' first row.
//
//   stride 1: `above` is that of their first row, `middle` of the second
//   stride 2: `above` is that of their first row
// That of the third row is written to `above`.
struct RollingKernels {
  WindowFn any[2], k3[2];  // [stride - 1]

  WindowFn Of(int64_t stride, int64_t columns) const {
    return (columns == 3 ? k3 : any)[stride - 1];
  }
};

// All of `outputs` rows of outputs, x_step = vertical stride * x_row apart, of windows two or three
// rows high that leave out no row.
struct StripKernels {
  WindowFn any[4][4], square[4][4];  // [rows][vertical stride]; square: as many columns as rows
  // 2 x 2 with stride 2 each way: taps[0] leads to x itself.
  WindowFn pairs;
  // The same where a vector holds two or more rows of outputs, and there are as many. x_row is
  // 2 * items, y_step and indices_step are items: rows follow each other, of one plane and then the
  // next. image_row is that of a plane of image_height rows. Null if a vector is one float.
  WindowFn packed;
  // 3 x 3 with the same stride each way: taps[0] leads to the middle tap of the first item in x
  // itself, where rows outside the image are not read. At least as many items as a vector has
  // lanes.
  WindowFn neighbours[2];  // [stride - 1]
  // The same with stride 1 where rows of x, y and the indices follow each other, as wide as each
  // other and wider than a vector; `inner` and scratch memory are there. Null without indices, and
  // if a vector is one float.
  WindowFn dense;

  WindowFn Of(int64_t rows, int64_t columns, int64_t stride) const {
    return (columns == rows ? square : any)[rows][stride];
  }
};

// One window of many items, read once and in the order of memory; outputs are one, and follow each
// other in y. Without indices. taps[0] is the first column's, and the others' are x_column apart.
struct GlobalKernels {
  // `above` is room for kGlobalSums floats an item.
  WindowFn pixels;
  // Items are x_step apart, and columns neighbours. At least as many items as a vector has lanes.
  WindowFn planes;
};

// The sums of a part's taps, of a row's parts and of a part's rows.
inline constexpr int64_t kGlobalSums = 3;

// Maxima of windows of one row or column, with stride 1, that end at the edges of their lines. In
// two passes: across gives what down reads, and indices beside it, and down the result.
struct RunningKernels {
  WindowFn across, down;
};

inline int64_t SuffixFloats(int64_t columns, int64_t inputs, int64_t lanes) {
  return SaturatedProduct({std::min(columns, inputs), 4, lanes});
}

// The micro-kernels of one target.
struct PoolKernels {
  WindowKernels max, max_indices, sum;
  RollingKernels max_rolling, max_indices_rolling, sum_rolling;
  RunningKernels max_running, max_indices_running;
  // Sums in the same way, in either direction: the results where there is a divisor.
  WindowFn sum_running;
  GlobalKernels max_global, sum_global;
  StripKernels max_strip, max_indices_strip, sum_strip;
  // How many planes of up to half a vector strips of neighbours do at once: one or two.
  int64_t narrow_planes;
  PoolBackwardKernels backward;
  // to[column * to_row + row] = from[row * from_row + column]
  void (*transpose)(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns, float* to,
                    ptrdiff_t to_row);
  // The same of indices.
  void (*transpose_indices)(const int32_t* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                            int64_t* to, ptrdiff_t to_row);
  // to[row * to_row + column] = from[row * from_row + column]
  void (*copy_rows)(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns, float* to,
                    ptrdiff_t to_row);
  // to[i * floats + k] = from[i * from_step + k], for i < count, k < floats
  void (*copy_pixels)(const float* from, ptrdiff_t from_step, int64_t count, int64_t floats,
                      float* to);
  // even[row * to_row + i] = from[row * from_row + 2 * i], odd[...] = from[... + 2 * i + 1],
  // for row < rows, i < pairs
  void (*deinterleave)(const float* from, ptrdiff_t from_row, int64_t rows, int64_t pairs,
                       float* even, float* odd, ptrdiff_t to_row);
};

// Those of the target at this index of Highway's dispatch tables.
const PoolKernels& PoolKernelsOf(size_t dispatch_index);

// For tests of the tests: PoolKernelsOf() gives these instead until it is called with null. Returns
// the true ones.
const PoolKernels& ReplacePoolKernelsForTest(size_t dispatch_index, const PoolKernels* kernels);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_SIMD_POOL_KERNELS_H_
