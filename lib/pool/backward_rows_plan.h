// What a gradient row by row decides before it starts: its tiles of dx, and where each part of a
// thread's scratch memory lies.
#ifndef WINDROW_LIB_POOL_BACKWARD_ROWS_PLAN_H_
#define WINDROW_LIB_POOL_BACKWARD_ROWS_PLAN_H_

#include <algorithm>
#include <cstdint>
#include <string>

#include "lib/base/math.h"
#include "lib/pool/backward.h"
#include "lib/pool/scratch.h"

namespace windrow::internal {

// Offsets into a thread's scratch memory, in floats.
struct BackwardRowsPlaces {
  int64_t partial;                    // what an output row adds to each of its window's rows
  int64_t quotients, divisors;        // of averages: dy / divisor, and that, of an output row
  int64_t counted;                    // of averages: the part of the divisor that columns are
  int64_t first_output, last_output;  // the first and the last output row of each row of the tile
  int64_t first, count;               // of averages, of each column: its outputs
  int64_t begin, extent;              // of maxima, of each output column: its window
  int64_t total;
};

struct BackwardRowsPlan {
  PoolShape shape;
  double cycles;
  bool pixels;            // pixels are a few channels, which are neighbours; else one of a plane
  bool uniform;           // of averages: a row of outputs has one divisor
  int64_t unit;           // channels of a pixel, at most
  int64_t rows, columns;  // of dx in a tile, at most
  BackwardRowsPlaces at;

  explicit BackwardRowsPlan(const PoolShape& shape);
  int64_t ScratchBytes() const { return FloatBytes(at.total); }
  std::string Describe() const;
  void Run(const PoolBackwardBuffers& buffers) const;
  int64_t chunks() const { return CeilDiv(shape.c, unit); }  // of an image
  // Rows of the most windows that a tile of so many rows meets.
  int64_t TapRows(int64_t tile_rows) const {
    return std::min(shape.h.MostTaps(), (tile_rows - 1) / shape.h.dilation + 1);
  }

 private:
  int64_t CacheBytes() const;
  bool Cut(double most);
  void CutForThreads();
  void Place();
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_BACKWARD_ROWS_PLAN_H_
