// What direct convolution decides before it starts: the order of its loops and how they are shared
// out.
#ifndef WINDROW_LIB_CONV_DIRECT_PLAN_H_
#define WINDROW_LIB_CONV_DIRECT_PLAN_H_

#include <cstdint>

#include "lib/conv/problem.h"

namespace windrow::internal {

struct DirectPlan {
  ConvCall call;  // a 1x1 convolution as one long row of pixels, where memory allows

  int64_t row_weights;  // of one output channel in one kernel row
  bool merged;          // the taps of a kernel row lie side by side in x: one run
  int64_t kernel_rows;  // in a block of the reduction, so that its weights stay in cache
  bool weights_stay;    // all weights fit half the L2 cache
  bool pixels_once;     // a tile's pixels follow the ones before and are in no other tile

  // The tasks. Each is one panel of output channels for one band of one image's rows (or columns).
  bool by_rows;
  int64_t length, bands;  // of the banded dimension
  int64_t panels;

  int64_t tasks() const { return panels * call.n * bands; }
};

// Of a call whose channels are contiguous, and whose padding, if any, may be skipped.
DirectPlan PlanDirect(const ConvCall& call);

// A 1x1 convolution of a tensor whose pixels have one pitch is the same for one long row of pixels,
// which cuts into tiles with less rest.
ConvCall Flattened(ConvCall call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_DIRECT_PLAN_H_
