// What a block of outputs reads of x and dy for the gradient by weights, copied to pixels.
#ifndef WINDROW_LIB_CONV_GRADIENT_OPERANDS_H_
#define WINDROW_LIB_CONV_GRADIENT_OPERANDS_H_

#include <cstddef>
#include <cstdint>

#include "lib/conv/backward_weights.h"
#include "lib/conv/band_axis.h"

namespace windrow::internal {

// Where the operand of a block lies: element (n, row, column), from that of the block's first
// output or, of x, from that of its first input.
struct Operand {
  const float* data;
  ptrdiff_t image, row, column;
};

// What a block copies of x in one direction: as bands do, but only where taps lie very far apart
// by taps, since copying every few pixels takes longer than copying all.
struct BlockAxis {
  Axis band;  // of the copy: position o * stride + tap * dilation for the block's output o
  BandRuns runs;
  int64_t length;

  BlockAxis(const Axis& axis, OutputBox::Range outputs);
};

// Of the largest copy of x, for each channel.
int64_t CopiedPixels(const GradientShape& shape, const OutputBox& block);

// Channels [first, first + channels) of x, padded; `to` has PixelPitch(channels) for each pixel.
Operand CopyInputs(const GradientShape& shape, const float* x, OutputBox::Range images,
                   const BlockAxis& h, const BlockAxis& w, int64_t first, int64_t channels,
                   float* to);

// Channels [first, first + channels) of dy, `pitch` floats from pixel to pixel.
Operand CopyOutputs(const GradientShape& shape, const float* dy, const OutputBox& block,
                    int64_t first, int64_t channels, int64_t pitch, float* to);

// x and dy where they lie, from a channel on; x from its first pixel, the geometry of which, seen
// from the block's first output, becomes that of h and w.
Operand InputsInPlace(const GradientShape& shape, const float* x, const OutputBox& block,
                      int64_t first, Axis& h, Axis& w);
Operand OutputsInPlace(const GradientShape& shape, const float* dy, const OutputBox& block,
                       int64_t first);

// The outputs of a block that see a pixel by this tap, counted from its first; perhaps fewer than
// none.
OutputBox::Range Shown(const ConvOp& op, const Axis& axis, int64_t tap, OutputBox::Range outputs);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_GRADIENT_OPERANDS_H_
