// The reduction of blocks of windows where they lie or from copies of them, of any layout: of each
// window at once; or of rows, then columns. Then each input row that a block sees is reduced along
// the kernel's width once, for all windows that share it, and what that gives waits in cache for
// the columns. The cost of an output so grows with the kernel's height plus its width; of long
// windows of maxima a pixel apart it does not grow at all (van Herk).
//
// That order is the canonical one of sums, and finds the first of equal maxima.
#ifndef WINDROW_LIB_POOL_REDUCTION_H_
#define WINDROW_LIB_POOL_REDUCTION_H_

#include <cstdint>
#include <string>

#include "lib/pool/blocks.h"
#include "lib/pool/problem.h"
#include "lib/pool/scratch.h"

namespace windrow::internal {

// What lanes are.
enum class PoolLanesAre : uint8_t { kChannels, kPixels };

// Offsets into a thread's scratch memory, in floats.
struct ReductionPlaces {
  int64_t pixels;                   // input rows as they are reduced, if they must be changed
  int64_t results, indices;         // of rows
  int64_t outputs, output_indices;  // before they are transposed
  int64_t suffixes;                 // of running maxima
  int64_t taps;                     // pointers to those of deinterleaved rows
  int64_t total;
};

struct ReductionPlan {
  PoolShape shape;
  double cycles;
  bool rows_first;              // else window by window
  bool pixels;                  // lanes are those of a plane's rows, else channels
  bool stage_x, stage_y;        // rows are deinterleaved, or channels no neighbours; y is
                                // staged with its indices
  bool runs_across, runs_down;  // maxima are running ones
  PoolBlockCut cut;             // of outputs, as many rows as are done at a time
  int64_t chunk;                // input rows that are reduced at a time
  ReductionPlaces at;

  ReductionPlan(const PoolShape& shape, PoolLanesAre lanes, bool rows_first);
  int64_t ScratchBytes() const { return FloatBytes(at.total); }
  std::string Describe() const;
  void Run(const PoolBuffers& buffers) const;

  AddedWork Added() const;
  void Place(int64_t max_chunk = kMaxSize);
  // Of staged pixels, from row to row; deinterleaved, in each of as many phases as windows' steps.
  int64_t RowPixels() const;

 private:
  double EstimateWindows() const;
  double EstimateRowsFirst() const;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_REDUCTION_H_
