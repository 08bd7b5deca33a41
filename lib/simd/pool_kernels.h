// The micro-kernels of pooling of a SIMD target, as a table of function pointers: the one door
// between the loops of lib/pool, which are ordinary C++, and the code that is compiled once a
// target.
//
// Distances are in floats (of indices: in indices), and everything is aligned to an element. Items
// lie side by side: the channels of a pixel, or the pixels of a row.
#ifndef WINDROW_LIB_SIMD_POOL_KERNELS_H_
#define WINDROW_LIB_SIMD_POOL_KERNELS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/base/math.h"

namespace windrow::internal {

// Sums of long windows are sums of parts: of so many taps of a row, counted from the window's first
// one, on padding or not; and of so many rows (pool2d.h).
inline constexpr int64_t kPartTaps = 64;

// The taps of windows along an axis: how many, how far apart, and how many the first part of a sum
// has at most: less than kPartTaps if some of the window are on padding before them, and all of a
// sum that is to have one part.
struct TapAxis {
  int64_t count;
  ptrdiff_t distance;
  int64_t first_part;

  bool HasParts() const { return count > first_part; }
  // Where the part ends that tap i is in.
  int64_t PartEnd(int64_t i) const {
    const int64_t more = i < first_part ? 0 : (i - first_part) / kPartTaps + 1;
    return std::min(first_part + more * kPartTaps, count);
  }
};

// Where the indices of maxima come from and go to. A tap's index is
//   position + line * of_line + output * of_output + row * of_row + column * of_column
// or, in a second pass, that of the first, which lies `distance` numbers past the value.
struct IndexArgs {
  ptrdiff_t distance;
  int32_t position, of_line, of_output, of_row, of_column;
  int32_t* narrow;  // for a later pass; or, if null,
  int64_t* indices;
  ptrdiff_t line, step;  // of either, as y_line and y_step
};

// Which pass of a reduction this is: whether x is what an earlier one gave, in windows of one row,
// and whether y is the result, not what a later one compares or adds up; of sums the divisor, if it
// is not 0.
struct PassArgs {
  bool second, last;
  float divisor;
};

// One call of a window kernel:
//
//   for l < lines: for o < outputs: for i < items:
//     y[l * y_line + o * y_step + i] = reduction over r < rows.count, c < columns.count of
//       x[c * columns.distance + l * x_line + o * x_step + r * rows.distance + i]
//
// or of taps[c][l * x_line + ...], if there is such a table.
struct WindowArgs {
  const float* x;
  const float* const* taps;
  TapAxis rows, columns;
  int64_t lines, outputs, items;
  ptrdiff_t x_line, x_step;
  float* y;
  ptrdiff_t y_line, y_step;
  PassArgs pass;
  IndexArgs index;

  bool HasParts() const { return rows.HasParts() || columns.HasParts(); }
};

// All kernels of maxima return false if there may be a NaN among the taps, which wins, but which
// they do not see: what they wrote is of no use then.
using WindowFn = bool (*)(const WindowArgs&);

// Maxima of all windows of `length` pixels along lines of `inputs` pixels, a pixel apart. The first
// window begins `before` pixels before the line does; at the line's ends they end, too. Of indices
// of_line and of_row (a pixel's) are used. `scratch` has SuffixFloats(length, inputs, lanes)
// floats.
struct RunningArgs {
  const float* x;
  int64_t length, before, inputs, outputs;
  int64_t lines, items;
  ptrdiff_t x_line, x_step;
  float* y;
  ptrdiff_t y_line, y_step;
  float* scratch;
  IndexArgs index;
};

inline int64_t SuffixFloats(int64_t length, int64_t inputs, int64_t lanes) {
  return SaturatedProduct({std::min(length, inputs), 4, lanes});
}

using RunningFn = bool (*)(const RunningArgs&);

// Where a strip's windows are in their plane: the first row of the first one, on padding perhaps;
// and whether the first column's left tap is padding, and the last one's right tap.
struct StripPlace {
  int64_t row, height, width;
  bool pads_left, pads_right;
};

// What a strip prefetches: with each row of a vector of outputs so many bytes further of x; and the
// outputs so many bytes past those it stores.
struct StripPrefetch {
  uintptr_t x;
  int64_t x_step;
  ptrdiff_t y_ahead;
};

// `rows` rows of outputs of each of some planes, as far down in each: squares of windows, whose
// rows lie where they do in x. `x` is the first window's row, and of windows three pixels wide
// their second column, though it may be no pixel.
struct StripArgs {
  const float* x;
  ptrdiff_t x_row, x_plane;
  int64_t planes, rows, items;
  float* y;
  ptrdiff_t y_row, y_plane;
  float divisor;
  StripPlace place;
  StripPrefetch prefetch;
  int64_t* indices;
  ptrdiff_t indices_row, indices_plane;
};

using StripFn = bool (*)(const StripArgs&);

// The kernels of a reduction.
struct ReductionKernels {
  WindowFn any, row, k2x2, k3x3;  // windows of any extent, of one row, and of the most common ones
  StripFn pairs;                  // 2 x 2, two apart, none on padding
  StripFn neighbours[2];          // 3 x 3, [stride - 1]
  // Of maxima. `across` gives what `down` reads, and indices beside it; `down` the result.
  RunningFn across, down;

  WindowFn Of(const WindowArgs& t) const {
    const int64_t rows = t.rows.count, columns = t.columns.count;
    if (rows == 1) return row;
    if (t.HasParts()) return any;
    if (rows == 2 && columns == 2) return k2x2;
    return rows == 3 && columns == 3 ? k3x3 : any;
  }
};

// Indices as 32 bits: to[p * items + i] = from[p * from_pixel + i] for p < pixels, i < items.
struct NarrowArgs {
  const int64_t* from;
  ptrdiff_t from_pixel;
  int64_t pixels, items;
  int32_t plane;  // an index is one of so many, or -1
  int32_t* to;
};

// A row of the gradient of maxima: for p < pixels, i < items
//
//   to[p * to_pixel + i] = sum over r < rows, ascending from +0, of
//     the sum over k < count[p], ascending from +0, of
//       those from[r * from_row + o * from_pixel + i] whose
//         indices[r * indices_row + o * items + i] is target + p, where o = first[p] + k * step
//
// with a NaN as the canonical one.
struct SearchArgs {
  const float* from;
  ptrdiff_t from_row, from_pixel;
  const int32_t* indices;
  ptrdiff_t indices_row;
  int64_t rows;
  const int32_t *first, *count;
  int64_t step;
  int64_t pixels, items;
  int32_t target;
  float* to;
  ptrdiff_t to_pixel;
};

// The micro-kernels of one target.
struct PoolKernels {
  ReductionKernels max, max_indices, sum;
  // How many planes of up to half a vector strips do at once: one or two.
  int64_t narrow_planes;
  bool (*narrow)(const NarrowArgs&);  // false: there is another index than it may be
  void (*search)(const SearchArgs&);
  // to[column * to_row + row] = from[row * from_row + column]
  void (*transpose)(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns, float* to,
                    ptrdiff_t to_row);
  // The same of indices.
  void (*transpose_indices)(const int32_t* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                            int64_t* to, ptrdiff_t to_row);
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
