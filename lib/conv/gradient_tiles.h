// The gradient by weights as a product of matrices, on the register tile:
//
//   for some panels of output channels and taps (the parallel tasks):
//     for each chunk of outputs:
//       for each block of it whose dy about fits the L1 cache:
//         for some input channels, each panel, a few of the channels, each tap:
//           a tile of chains: rows are input channels, lanes are output channels, the reduction
//           runs over those outputs whose tap shows a pixel of x: x is broadcast, dy is loaded
//       the chains are added to the sums
//     the sums go to dw, transposed
//
// Chains wait in memory between blocks. dy is copied, so that a panel's channels lie side by side;
// x is read where it lies if it is pixels (NHWC), and else copied to pixels, some channels at a
// time.
//
// Of a 1x1 kernel that sees each pixel, in pixels, the operands change places where that costs
// nothing: lanes are input channels then, as they lie in dw, to which the tiles write.
//
// Of fewer input channels than a kernel row has taps, those are the rows, over a channel's plane of
// copied pixels, the zeros of the padding too. That changes nothing unless an infinite dy meets one
// of them; if there is a NaN in the end, it is all done again, tap by tap.
#ifndef WINDROW_LIB_CONV_GRADIENT_TILES_H_
#define WINDROW_LIB_CONV_GRADIENT_TILES_H_

#include <cstdint>
#include <string>

#include "lib/conv/backward_weights.h"

namespace windrow::internal {

struct GradientTilesPlan {
  GradientShape shape;  // if turned, with x as dy and dy as x
  double cycles;
  bool turned;
  int64_t row_channels, lane_channels;  // of a group: those of x and of dy, unless turned
  int64_t panel_parts, tap_parts;       // of a group
  int vecs;                             // of the widest panel
  bool stage_x, stage_dy;
  bool tap_rows;                        // a tile's rows are taps of a kernel row, not channels
  int64_t block_pixels, band_channels;  // copied at a time
  int64_t sum_floats, band_floats, dy_floats;  // of a task

  int64_t tasks() const { return shape.op->groups * panel_parts * tap_parts; }
  int64_t taps() const { return shape.h.kernel * shape.w.kernel; }
  int64_t ScratchBytes() const;
  std::string Describe() const;
  void Run(const GradientBuffers& buffers) const;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_GRADIENT_TILES_H_
