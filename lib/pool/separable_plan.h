// What separable pooling decides before it starts: its blocks, what is copied, and where each part
// of a thread's scratch memory lies.
#ifndef WINDROW_LIB_POOL_SEPARABLE_PLAN_H_
#define WINDROW_LIB_POOL_SEPARABLE_PLAN_H_

#include <cstdint>
#include <string>

#include "lib/pool/blocks.h"
#include "lib/pool/problem.h"
#include "lib/pool/scratch.h"

namespace windrow::internal {

// Offsets into a thread's scratch memory, in floats.
struct SeparablePlaces {
  int64_t pixels, row_table, results, result_indices, outputs, output_indices, taps, total;
};

struct SeparablePlan {
  PoolShape shape;
  double cycles;
  bool stage_x, stage_y, stage_indices;  // channels are not neighbours there
  int64_t channels, rows;                // of a block, at most
  int64_t chunk;                         // input rows that are copied at a time
  // Input rows whose results are kept at a time: all that a block sees; or, where a window alone
  // has too many, the results of some are folded into those of the ones before, of sums those of
  // its part, and these of parts into those of the parts before.
  int64_t kept;
  bool folds;

  SeparablePlaces at;

  explicit SeparablePlan(const PoolShape& shape);
  PoolBlocks blocks() const { return PoolBlocks(shape, channels, rows, shape.w.out); }
  int64_t ScratchBytes() const { return FloatBytes(at.total); }
  std::string Describe() const;
  void Run(const PoolBuffers& buffers) const;

  // Before the rows that are kept, if it folds: by turns those of a part, and of all parts.
  static constexpr int64_t kFolded = 4;

 private:
  void CutForCaches();
  void CutForThreads();
  void Place();
  double SeenRows() const;
  double Estimate() const;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_SEPARABLE_PLAN_H_
