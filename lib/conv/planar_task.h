// What the planar strategy plans, and its tasks.
#ifndef WINDROW_LIB_CONV_PLANAR_TASK_H_
#define WINDROW_LIB_CONV_PLANAR_TASK_H_

#include <cstdint>
#include <string>

#include "lib/base/math.h"
#include "lib/conv/problem.h"
#include "lib/simd/kernels.h"

namespace windrow::internal {

inline constexpr int64_t kMaxPlanarLanes = 64;        // of any target this runs on
inline constexpr int64_t kMaxCopiedColumns = 512;     // a multiple of any number of lanes
inline constexpr int64_t kMaxColumnsInPlace = 16384;  // another one; a row of zeros is as long
inline constexpr int64_t kMaxStreamedColumns = 1024;  // and another

struct PlanarPlan {
  ConvShape shape;
  double cycles;
  bool varied;                        // the shape's variant differs from the best plan
  const PlanarTable* tiles;           // the kernels: these
  const PlanarRollingTable* rolling;  // or, if not null, these
  int64_t max_rows;                   // of a call, besides the table's limit
  int64_t inside, inside_end;         // output columns whose inputs are read in place
  int64_t zeros, band, out;           // floats of scratch
  EvenSplit bands;                    // of a plane's output rows
  int64_t planes;                     // of a task, if it has whole planes
  int64_t batch;                      // of those so many are copied at a time
  int64_t copied_rows;                // or, of one, so many rows of outputs
  bool stream;                        // y past the caches, from a block of rows

  int64_t ScratchBytes() const {
    return (zeros + band + out) * static_cast<int64_t>(sizeof(float));
  }
  std::string Describe() const;
  void Run(const ConvBuffers& buffers) const;

  int64_t input_planes() const { return shape.n * shape.op->in_channels; }
  int64_t tasks() const { return CeilDiv(input_planes(), planes) * bands.parts; }
  int64_t max_vecs() const { return rolling != nullptr ? rolling->max_vecs : tiles->max_vecs; }
  // The max rows of outputs of a call so many vectors wide, and its kernel.
  int64_t RowsOf(int64_t vecs) const {
    return rolling != nullptr ? max_rows : std::min<int64_t>(tiles->max_rows[vecs], max_rows);
  }
  PlanarFn Kernel(int64_t vecs, int64_t rows) const {
    return rolling != nullptr ? rolling->planes[vecs] : tiles->tile[vecs][rows];
  }
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PLANAR_TASK_H_
