// Direct convolution of tensors whose memory order does not suit the register tile.
#ifndef WINDROW_LIB_CONV_DIRECT_STAGED_H_
#define WINDROW_LIB_CONV_DIRECT_STAGED_H_

#include <cstddef>

#include "lib/conv/block_cut.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

// How a call is cut into blocks of output pixels, and what each block copies.
struct StagePlan {
  ConvCall call;          // a 1x1 convolution as one long row, where memory allows
  bool skip_padding;      // leave its taps out instead of multiplying by what a band has there
  bool stage_x, stage_y;  // neither: the call can be done in place
  BlockCut blocks;
  int64_t band_floats, out_floats;  // of one block

  int64_t slot_floats() const { return band_floats + out_floats; }
};

StagePlan PlanStage(const ConvCall& call);
void RunStaged(const StagePlan& plan);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_DIRECT_STAGED_H_
