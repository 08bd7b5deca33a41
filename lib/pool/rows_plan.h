// What pooling row by row decides before it starts: its blocks, and where each part of a thread's
// scratch memory lies.
#ifndef WINDROW_LIB_POOL_ROWS_PLAN_H_
#define WINDROW_LIB_POOL_ROWS_PLAN_H_

#include <algorithm>
#include <cstdint>

#include "lib/base/math.h"
#include "lib/pool/blocks.h"
#include "lib/pool/problem.h"

namespace windrow::internal {

struct RowsPlan {
  const PoolCall& call;
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

  // Offsets into a thread's scratch memory, in floats.
  int64_t padded, turned, results, indices, first, positions, divisors, apart, suffixes, taps,
      total;

  explicit RowsPlan(const PoolCall& call);

  // Whether the pixels of an output row follow each other in y, and in the indices.
  bool Joined(int64_t pixel_floats) const {
    return call.ys.w == pixel_floats && (!call.with_indices || call.is.w == pixel_floats);
  }

  int64_t pixels(int64_t block_columns) const {
    return block_columns + (call.w.extent() - 1) / call.w.stride;
  }
  // Of x, columns that a block sees.
  int64_t SeenColumns() const { return std::min(call.w.in, columns + call.w.kernel - 1); }
  // Room for those of a row, and for as many row results as a window has.
  int64_t MostTaps() const { return std::max(call.w.kernel, call.h.MostTaps()); }

 private:
  // Of as many rows half are those of the neighbours; narrower blocks are slow.
  int64_t FewRows() const { return CeilDiv(2 * call.h.extent(), call.h.stride); }
  int64_t FewColumns() const {
    return std::max<int64_t>(std::max<int64_t>(64, 4 * call.op->lanes) / unit, 1);
  }
  void CutForCaches();
  void CutForThreads();
  bool Cut(int64_t& extent, int64_t to);
  void Place();
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_ROWS_PLAN_H_
