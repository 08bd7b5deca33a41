// Convolution of tensors whose memory order does not suit the micro-kernels for pixels: a block at
// a time is brought into order first.
#ifndef WINDROW_LIB_CONV_STAGED_H_
#define WINDROW_LIB_CONV_STAGED_H_

#include <cstdint>
#include <optional>
#include <string>

#include "lib/conv/block_cut.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

// How a call is cut into blocks of output pixels, and what each block copies.
struct StagedPlan {
  ConvShape shape;
  double cycles;
  bool varied;        // the shape's variant differs from the best plan
  bool skip_padding;  // leave its taps out instead of multiplying by what a band has there
  bool stage_x, stage_y;
  bool stream;         // y past the caches, from blocks of pixels
  bool needs_vectors;  // of weights, instead of panels
  bool reads_zeros;    // for padding, which no band needs then
  BlockCut blocks;
  int64_t shares;                   // of the output channels of a block, a task each
  int64_t band_floats, out_floats;  // of one block

  int64_t ScratchBytes() const;
  std::string Describe() const;
  void Prepare() const {
    needs_vectors ? shape.weights->NeedVectors() : shape.weights->NeedPanels();
  }
  void Run(const ConvBuffers& buffers) const;
};

// Whether x, which could be read in place, is copied because that should be faster; or the shape's
// variant is the other way of the two.
bool CopiesByChoice(const ConvShape& shape);

// Nothing if the register tile can do the call in place.
std::optional<StagedPlan> PlanStaged(const ConvShape& shape);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_STAGED_H_
