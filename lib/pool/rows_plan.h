// What pooling row by row decides before it starts: its blocks, and where each part of a thread's
// scratch memory lies.
#ifndef WINDROW_LIB_POOL_ROWS_PLAN_H_
#define WINDROW_LIB_POOL_ROWS_PLAN_H_

#include <algorithm>
#include <cstdint>
#include <string>

#include "lib/base/math.h"
#include "lib/pool/blocks.h"
#include "lib/pool/problem.h"
#include "lib/pool/scratch.h"

namespace windrow::internal {

// Offsets into a thread's scratch memory, in floats.
struct RowsPlaces {
  int64_t padded, turned, results, indices, first, positions, divisors, apart, suffixes, taps,
      total;
};

struct RowsPlan {
  PoolShape shape;
  double cycles;
  bool planes;            // a pixel is one float of a plane; else some channels
  int64_t unit;           // floats of a pixel, at most
  int64_t rows, columns;  // output rows and columns of a block, at most
  int64_t seen;           // input rows of a block, at most
  int64_t chunk;          // input rows that are prepared at a time
  bool flat;              // all rows of a chunk are reduced as one
  // Windows are long and a row apart, so that running kernels reduce their rows' results; or a
  // column apart, so that they reduce rows that were turned into columns. Of planes, and of pixels
  // of few channels; others have a strategy of their own, running.cc.
  bool runs_down, runs_across;

  RowsPlaces at;

  explicit RowsPlan(const PoolShape& shape);
  int64_t ScratchBytes() const { return FloatBytes(at.total); }
  std::string Describe() const;
  void Run(const PoolBuffers& buffers) const;
  int64_t chunks() const { return planes ? shape.c : CeilDiv(shape.c, unit); }  // of an image

  // Whether the pixels of an output row follow each other in y, and in the indices.
  bool Joined(int64_t pixel_floats) const {
    return shape.ys.w == pixel_floats && (!shape.with_indices || shape.is.w == pixel_floats);
  }

  int64_t pixels(int64_t block_columns) const {
    return block_columns + (shape.w.extent() - 1) / shape.w.stride;
  }
  // Of x, columns that a block sees.
  int64_t SeenColumns() const { return std::min(shape.w.in, columns + shape.w.kernel - 1); }
  // Room for those of a row, and for as many row results as a window has.
  int64_t MaxTaps() const { return std::max(shape.w.kernel, shape.h.MaxTaps()); }

 private:
  // Of as many rows half are those of the neighbours; narrower blocks are slow.
  int64_t FewRows() const { return CeilDiv(2 * shape.h.extent(), shape.h.stride); }
  int64_t FewColumns() const {
    return std::max<int64_t>(std::max<int64_t>(64, 4 * shape.op->lanes) / unit, 1);
  }
  void CutForCaches();
  void CutForThreads();
  bool Cut(int64_t& extent, int64_t to);
  void Place();
  double Estimate() const;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_ROWS_PLAN_H_
