// The gradient of a pooling, tile by tile of dx: what is decided before it starts, and a tile.
#ifndef WINDROW_LIB_POOL_BACKWARD_ROWS_H_
#define WINDROW_LIB_POOL_BACKWARD_ROWS_H_

#include <cstdint>
#include <string>

#include "lib/pool/backward.h"
#include "lib/pool/scratch.h"

namespace windrow::internal {

// How elements of dx get what outputs add: averages as sums across and then down; maxima by looking
// for their index in all windows that hold them; or each output looks for its element.
enum class GradientBy : int64_t { kSums, kSearch, kScatter };

// Offsets into a thread's scratch memory, in floats.
struct BackwardRowsPlaces {
  int64_t rows, columns;  // of each, its outputs
  int64_t outputs;        // dy as pixels
  int64_t quotients;      // of averages: dy / divisor, of a few rows
  int64_t indices;        // of 32 bits, as pixels
  int64_t sums;           // across, of each output row; or two for each element of the tile
  int64_t staged;         // planes of indices of 32 bits, then dx as pixels
  int64_t total;
};

struct BackwardRowsPlan {
  PoolShape shape;
  double cycles;
  GradientBy by;
  bool same_divisors;     // of averages: a row of outputs has one
  bool sums_down;         // of averages: after rows, since a row of dx may have several of outputs
  bool stage_x, stage_y;  // their channels are no neighbours
  int64_t channels;       // of a tile, at most
  int64_t rows, columns;  // of dx in a tile, at most
  int64_t divided_rows;   // of outputs at a time
  BackwardRowsPlaces at;

  explicit BackwardRowsPlan(const PoolShape& shape);
  int64_t ScratchBytes() const { return FloatBytes(at.total); }
  std::string Describe() const;
  void Run(const PoolBackwardBuffers& buffers) const;

 private:
  bool Cut(double max);
  void Place();
};

// Rows and columns of some channels of an image of dx, and the outputs whose windows meet them.
struct GradientTile {
  int64_t n, channel, channels;
  WindowAxis::Range rows, columns, output_rows, outputs;

  int64_t At(const Strides& s, int64_t row, int64_t column) const {
    return n * s.n + channel * s.c + row * s.h + column * s.w;
  }
  int64_t width() const { return columns.end - columns.begin; }
  int64_t outputs_width() const { return outputs.end - outputs.begin; }
};

// `scratch` has two floats for each element.
void ScatterTile(const PoolShape& shape, const PoolBackwardBuffers& buffers,
                 const GradientTile& tile, float* scratch);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_BACKWARD_ROWS_H_
