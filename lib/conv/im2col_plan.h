// What im2col decides before it starts.
#ifndef WINDROW_LIB_CONV_IM2COL_PLAN_H_
#define WINDROW_LIB_CONV_IM2COL_PLAN_H_

#include <cstdint>

#include "lib/conv/block_cut.h"
#include "lib/conv/pixel_tile.h"
#include "lib/conv/plane_band.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

struct Im2colPlan {
  ConvCall call;  // a 1x1 convolution as one long row, where memory allows
  BlockCut blocks;
  PixelCut cut;
  bool pack;            // panels of pixels are packed; else the tiles read the band
  bool stage_y;         // outputs go through a block of planes
  double block_cycles;  // about what a whole block takes besides copying x and y

  // The parts of a thread's scratch memory.
  int64_t band_floats, panel_floats, out_floats;

  int64_t slot_floats() const { return band_floats + panel_floats + out_floats; }
  int64_t tasks() const { return blocks.count(call) * call.op->groups; }
  // Steps of the reduction.
  int64_t steps() const { return call.op->group_in() * call.h.kernel * call.w.kernel; }
  PlaneBand Band(int64_t rows, int64_t columns) const;
};

Im2colPlan PlanIm2col(const ConvCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_IM2COL_PLAN_H_
