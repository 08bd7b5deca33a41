// The gradient by weights as a product of matrices, on the register tile:
//
//   for each panel of output channels and part of the taps (the parallel tasks):
//     for each chunk of outputs:
//       for each block of it whose dy fits the L1 cache:
//         for each tap:  the rectangle of outputs whose tap shows a pixel of x
//           for each few input channels:  a tile of chains, rows are input channels, lanes are
//             output channels, the reduction runs over the rectangle: x is broadcast, dy is loaded
//       the chains are added to the sums
//     the sums go to dw, transposed
//
// Chains wait in memory between blocks. dy is copied, so that the panel's channels lie side by
// side; x is read where it lies if it is pixels (NHWC), and else copied to pixels, some channels at
// a time.
#ifndef WINDROW_LIB_CONV_GRADIENT_TILES_H_
#define WINDROW_LIB_CONV_GRADIENT_TILES_H_

#include <cstdint>
#include <string>

#include "lib/conv/backward_weights.h"

namespace windrow::internal {

struct GradientTilesPlan {
  GradientShape shape;
  double cycles;
  int64_t panel_parts, tap_parts;  // of a group
  int vecs;                        // of the widest panel
  bool stage_x, stage_dy;
  int64_t block_pixels, band_channels;         // copied at a time
  int64_t sum_floats, band_floats, dy_floats;  // of a task

  int64_t tasks() const { return shape.op->groups * panel_parts * tap_parts; }
  int64_t taps() const { return shape.h.kernel * shape.w.kernel; }
  int64_t ScratchBytes() const;
  std::string Describe() const;
  void Run(const GradientBuffers& buffers) const;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_GRADIENT_TILES_H_
