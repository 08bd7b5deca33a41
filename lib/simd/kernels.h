// The micro-kernels of a SIMD target, as tables of function pointers: the one door between the
// loops of lib/conv, which are ordinary C++, and the code that is compiled once a target.
#ifndef WINDROW_LIB_SIMD_KERNELS_H_
#define WINDROW_LIB_SIMD_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace windrow::internal {

// One call of a register tile: `rows` output pixels times `vecs` vectors of output channels, then
// `tiles - 1` times the same for as many rows further on,
//
//   acc[row][lane] = bias[lane], or y[row][lane] if this is not the first block of the reduction
//   for i < outer: for j < inner: for k < len:
//     acc[row][lane] += a[i * a_outer + j * a_inner + k * a_k + row * a_row]
//                     * b[i * b_outer + j * b_inner + k * b_k + lane]
//   y[row][lane] = acc, finished if this is the last block
//
// where a_k is 1 (TileSet has tables that do the like in other roles). Distances are in floats. The
// bias is aligned to a vector, everything else to an element.
struct TileArgs {
  const float* a;
  ptrdiff_t a_row, a_outer, a_inner, a_k;
  const float* b;
  ptrdiff_t b_outer, b_inner, b_k;
  int64_t outer, inner, len;
  const float* bias;
  float* y;
  ptrdiff_t y_row;
  const float* residual;  // null: none
  ptrdiff_t residual_row;
  float clamp_min, clamp_max;
  // With every step of the reduction the tile prefetches one more cache line, so many bytes
  // further: what the caller will need next. Any address will do.
  uintptr_t prefetch;
  uintptr_t prefetch_step;
  int64_t tiles = 1;
  int tail;    // lanes of the last vector that exist; the others are computed and dropped
  bool clamp;  // whether a bound is finite
  bool first, last;
};

using TileFn = void (*)(const TileArgs&);

inline constexpr int kMaxTileVecs = 4;
inline constexpr int kMaxTileRows = 14;

// Tiles of every size that stays in registers.
struct TileTable {
  int max_vecs;                                     // the widest tile
  int max_rows[kMaxTileVecs + 1];                   // of a tile so many vectors wide
  TileFn tile[kMaxTileVecs + 1][kMaxTileRows + 1];  // [vecs][rows], from 1
};

// One call of a depthwise block: a few rows and columns of output pixels, some vectors of channels.
// Distances are in floats; weights are aligned to a vector, everything else to an element.
struct DepthwiseArgs {
  const float* const* pixels;  // of each input of the block, row by row, its first channel ...
  ptrdiff_t offset;            // ... when this is added
  const float* weights;        // [vector][tap][lane]
  const float* bias;
  int64_t channels;    // whole vectors
  ptrdiff_t prefetch;  // from the inputs to those of the next block
  float* y;
  ptrdiff_t y_row, y_column;
  const float* residual;  // null: none
  ptrdiff_t residual_row, residual_column;
  float clamp_min, clamp_max;
  bool clamp;  // whether a bound is finite
};

using DepthwiseFn = void (*)(const DepthwiseArgs&);

inline constexpr int kMaxBlockRows = 4, kMaxBlockColumns = 4;
inline constexpr int kMaxBlockInputs = 7 * 11;  // of 2 x 4 outputs of a 5x5 kernel with stride 2

struct DepthwiseTable {
  int max_rows, max_columns;
  DepthwiseFn block[kMaxBlockRows + 1][kMaxBlockColumns + 1];  // [rows][columns], from 1
};

// Planes, and how far one lies after another: in the list of rows, and in floats.
struct PlanarPlanes {
  int64_t count;
  ptrdiff_t rows, weights, bias, y, residual, ahead;
};

// One call of a planar tile: a few rows of a few vectors of outputs of one plane, then as many
// again to the right of them, `tiles` in all. Distances are in floats.
struct PlanarArgs {
  const float* const* rows;  // the input rows: tap (kh, kw) of output (row, column) is
  int64_t row_stride;        // rows[row * row_stride + kh * row_dilation][column + columns[kw]]
  int64_t row_dilation;
  ptrdiff_t column;  // ... of the first output of the first tile
  const ptrdiff_t* columns;
  const float* weights;  // [kernel_h][kernel_w]
  int64_t kernel_h, kernel_w;
  const float* bias;  // one
  int64_t tiles;
  float* y;
  ptrdiff_t y_row;
  const float* residual;  // null: none
  ptrdiff_t residual_row;
  float clamp_min, clamp_max;
  bool clamp;  // whether a bound is finite

  // Of rolling kernels only, whose tile is `height` rows of all columns and of some planes.
  int64_t height;  // rows of outputs
  ptrdiff_t last;  // where in y the last tile begins, inside the one before if need be
  PlanarPlanes planes;
  const float* ahead;  // inputs to be prefetched: as many planes, and stride times as many rows
  ptrdiff_t ahead_row;
};

using PlanarFn = void (*)(const PlanarArgs&);

inline constexpr int kMaxPlanarVecs = 4, kMaxPlanarRows = 6;

struct PlanarTable {
  int max_vecs;
  int max_rows[kMaxPlanarVecs + 1];
  PlanarFn tile[kMaxPlanarVecs + 1][kMaxPlanarRows + 1];  // [vecs][rows], from 1
};

inline constexpr int kMaxPlanarRollingVecs = 2;

struct PlanarRollingTable {
  int max_vecs;
  PlanarFn planes[kMaxPlanarRollingVecs + 1];  // [vecs], from 1
};

struct PlanarTables {
  PlanarTable shared;  // vertical stride and dilation 1, no more rows than the kernel has
  PlanarTable apart;   // any
  PlanarRollingTable rolling[2][2];  // [kernel 3x3, 5x5][stride 1, 2], dilation 1 from row to row
};

// One call for a row of pixels of one output channel, whole vectors of them.
struct PixelRowArgs {
  const float* x;
  ptrdiff_t x_step;
  const float* weights;
  ptrdiff_t weight_step;
  int64_t pixels;
  float bias;
  float* y;
  const float* residual;  // null: none
  float clamp_min, clamp_max;
  bool clamp;        // whether a bound is finite
  bool first, last;  // whether these steps of the reduction are the first, the last
};

using PixelRowFn = void (*)(const PixelRowArgs&);

inline constexpr int kMaxPixelRowSteps = 8;

// One call of a rolling tile, for kernels three rows high: some columns of outputs of one group, a
// vector of channels wide, from the top of a band to its bottom. Distances are in floats; weights
// and bias are aligned to a vector, everything else to an element.
struct RollingArgs {
  const float* const* rows;  // [height + 2]: of each input row its first channel; null: padding
  bool skip_padding;         // where that is easy, instead of multiplying by zeros
  int64_t height;            // of the outputs
  // Tap kw of output column j is at rows[...][columns[kw * tile columns + j]], or, if that is
  // negative, at zeros[0].
  const ptrdiff_t* columns;
  const float* zeros;    // as many as channels
  const float* weights;  // [3][kernel_w][channels][lanes]
  int64_t kernel_w, channels;
  const float* bias;  // one vector
  float* y;
  ptrdiff_t y_row, y_column;
  const float* residual;  // null: none
  ptrdiff_t residual_row, residual_column;
  float clamp_min, clamp_max;
  bool clamp;  // whether a bound is finite
  int tail;    // lanes that exist; the others are computed and dropped
};

using RollingFn = void (*)(const RollingArgs&);

inline constexpr int kRollingRows = 3;  // of the kernel
inline constexpr int kMaxRollingColumns = 7;

struct RollingTable {
  int max_columns;
  RollingFn tile[kMaxRollingColumns + 1];  // [columns], from 1
};

// One call for the gradient by weights of depthwise convolution: some taps of a kernel row, some
// vectors of channels, rows of outputs,
//
//   for row < rows: for column in [begin[tap], end[tap]):
//     chains[tap * chain_tap + lane] += x[row * x_row + column * x_column + tap * x_tap + lane]
//                                     * dy[row * dy_row + column * dy_column + lane]
//
// each chain over ascending pixels. Distances are in floats, everything is aligned to an element.
struct DepthwiseGradientArgs {
  const float* x;
  ptrdiff_t x_row, x_column, x_tap;
  const float* dy;
  ptrdiff_t dy_row, dy_column;
  int64_t rows;
  const int64_t* begin;  // of each tap
  const int64_t* end;    // not before it
  float* chains;
  ptrdiff_t chain_tap;
};

using DepthwiseGradientFn = void (*)(const DepthwiseGradientArgs&);

inline constexpr int kMaxGradientTaps = 5, kMaxGradientVecs = 4;

struct DepthwiseGradientTable {
  int max_taps;
  int max_vecs[kMaxGradientTaps + 1];
  DepthwiseGradientFn taps[kMaxGradientTaps + 1][kMaxGradientVecs + 1];  // [taps][vecs], from 1
};

// The micro-kernels of one target in one numerics class. The base table is the register tile. That
// and what copies is all there is of class U on a target of class F, for Numerics::kPortable:
// tables of the others are null then, and their sizes 0.
struct TileSet : TileTable {
  // The same with the roles exchanged: rows are output channels, whose bias is bias[row], lanes are
  // pixels. a_row is 1, a_k is heeded, `tiles` is not: there is one. All vectors of b are read
  // whole, whatever `tail` says.
  TileTable pixels;
  // Of one output pixel: rows are panels of channels, whose weights are `a`, each lane with one of
  // its own, and share the inputs `b`,
  //
  //   acc[row][lane] += a[... + k * a_k + row * a_row + lane] * b[... + k * b_k]
  //
  // A row has a bias of its own, after that of the row before. `tail` is that of the last row
  // alone, in each of the tiles; `prefetch` is not heeded: each row prefetches what follows it.
  TileTable panels;
  // As the register tile, but each lane has an input of its own, a[... + v * lanes + lane], as in
  // depthwise convolution. The second table reads no input past `tail`.
  TileTable depthwise, depthwise_tail;
  DepthwiseTable depthwise_blocks[2][2];  // [kernel 3x3, 5x5][stride 1, 2]
  DepthwiseGradientTable depthwise_gradient;
  PlanarTables planar;
  PixelRowFn pixel_row[kMaxPixelRowSteps + 1];  // [steps], from 1
  RollingTable rolling;
  // to[column * to_row + row] = from[row * from_row + column]
  void (*transpose)(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns, float* to,
                    ptrdiff_t to_row);
  // to[row * to_row + column] = from[row * from_row + column]
  void (*copy_rows)(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns, float* to,
                    ptrdiff_t to_row);
  // The same past the caches.
  void (*stream_rows)(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                      float* to, ptrdiff_t to_row);
  // even[row * to_row + i] = from[row * from_row + 2 * i], odd[...] = from[... + 2 * i + 1],
  // for row < rows, i < pairs
  void (*deinterleave)(const float* from, ptrdiff_t from_row, int64_t rows, int64_t pairs,
                       float* even, float* odd, ptrdiff_t to_row);
};

// The tiles of the target at this index of Highway's dispatch tables. `fused` needs a target of
// class F.
const TileSet& Tiles(size_t dispatch_index, bool fused);

// For tests of the tests: Tiles() gives these instead until it is called with null. Returns the
// true ones.
const TileSet& ReplaceTilesForTest(size_t dispatch_index, bool fused, const TileSet* tiles);

struct TargetFacts {
  bool fused;  // class F: Highway's MulAdd rounds once
  int lanes;
};
TargetFacts Facts(size_t dispatch_index);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_SIMD_KERNELS_H_
