// What pooling row by row decides before it starts: its blocks, and where each part of a thread's
// scratch memory lies.
#ifndef WINDROW_LIB_POOL_ROWS_PLAN_H_
#define WINDROW_LIB_POOL_ROWS_PLAN_H_

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
  // Windows of planes are long and a row apart, so that running kernels reduce their rows' results.
  // (Pixels have a strategy of their own, running.cc.)
  bool runs_down;

  // Offsets into a thread's scratch memory, in floats.
  int64_t padded, results, indices, first, positions, divisors, apart, suffixes, taps, total;

  explicit RowsPlan(const PoolCall& call);

  // Whether the pixels of an output row follow each other in y, and in the indices.
  bool Joined(int64_t pixel_floats) const {
    return call.ys.w == pixel_floats && (!call.with_indices || call.is.w == pixel_floats);
  }

  int64_t pixels(int64_t block_columns) const {
    return block_columns + (call.w.extent() - 1) / call.w.stride;
  }

 private:
  void Place();
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_ROWS_PLAN_H_
