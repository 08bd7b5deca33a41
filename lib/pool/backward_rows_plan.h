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
  int64_t quotients, divisors;        // dy / divisor (of maxima dy), and that, of an output row
  int64_t counted;                    // of averages: the part of the divisor that columns are
  int64_t first_output, last_output;  // the first and the last output row of each row of the tile
  int64_t first, count;               // of averages, of each column: its outputs
  int64_t begin, extent;              // of maxima that scatter, of each output column: its window
  int64_t narrow;                     // of maxima that pick: a row of indices of 32 bits
  int64_t planes;                     // the same, channel by channel
  int64_t dx;                         // of planes that are staged: the tile as pixels
  int64_t stretched;                  // see BackwardRowsPlan
  int64_t stretched_indices;
  int64_t total;
};

struct BackwardRowsPlan {
  PoolShape shape;
  double cycles;
  bool pixels;   // pixels are a few channels, which are neighbours; else one of a plane
  bool staged;   // they are neighbours in scratch memory, from where planes are written
  bool uniform;  // of averages: a row of outputs has one divisor
  bool picks;    // maxima: each element looks for itself in the windows that hold it
  // Of planes: a row of outputs is written out with the windows' distance between them, and zeros
  // there and at its ends, so that each element has all its terms at the same distances.
  bool stretches;
  int64_t unit;           // channels of a pixel, at most
  int64_t rows, columns;  // of dx in a tile, at most
  BackwardRowsPlaces at;

  explicit BackwardRowsPlan(const PoolShape& shape);
  int64_t ScratchBytes() const { return FloatBytes(at.total); }
  std::string Describe() const;
  void Run(const PoolBackwardBuffers& buffers) const;
  int64_t chunks() const { return CeilDiv(shape.c, unit); }  // of an image
  // The max rows of a window that a tile of so many rows has.
  int64_t TapRows(int64_t tile_rows) const {
    return std::min(shape.h.MaxTaps(), (tile_rows - 1) / shape.h.dilation + 1);
  }

  // The row that the columns of a tile have terms in.
  int64_t StretchedWidth(int64_t width) const { return width + shape.w.extent() - 1; }

 private:
  bool ShouldStage() const;
  bool CanStretch() const;
  bool ShouldPick() const;
  int64_t CacheBytes() const;
  bool Cut(double max);
  void CutForThreads();
  void Place();
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_BACKWARD_ROWS_PLAN_H_
