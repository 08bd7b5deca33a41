// The gradient by weights as a product of matrices, on the register tile:
//
//   for each panel of output channels and part of the taps (the parallel tasks):
//     for each chunk of outputs:
//       for each tap:  the rectangle of outputs whose tap shows a pixel of x
//         for each few input channels:  a tile of sums, rows are input channels, lanes are output
//           channels, the reduction runs over the rectangle: x is broadcast, dy is loaded
//     the sums of all chunks go to dw, transposed
//
// Pixels (NHWC) are read where they lie. Anything else is copied to pixels, a chunk at a time: dy
// once for each task, x for some channels at a time.
#ifndef WINDROW_LIB_CONV_GRADIENT_TILES_H_
#define WINDROW_LIB_CONV_GRADIENT_TILES_H_

#include <cstdint>
#include <string>

#include "lib/conv/backward_weights.h"
#include "lib/conv/band_axis.h"

namespace windrow::internal {

struct GradientTilesPlan {
  GradientShape shape;
  double cycles;
  int64_t panels, tap_parts;  // of a group
  int vecs;                   // of the widest panel
  bool stage_x, stage_dy;
  int64_t band_channels;                       // of x, copied at a time
  int64_t sum_floats, band_floats, dy_floats;  // of a task

  int64_t tasks() const { return shape.op->groups * panels * tap_parts; }
  int64_t taps() const { return shape.h.kernel * shape.w.kernel; }
  int64_t ScratchBytes() const;
  std::string Describe() const;
  void Run(const GradientBuffers& buffers) const;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_GRADIENT_TILES_H_
