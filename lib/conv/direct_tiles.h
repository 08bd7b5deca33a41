// Direct convolution in place with the register tile: what it decides before it starts, the order
// of its loops and how they are shared out.
#ifndef WINDROW_LIB_CONV_DIRECT_TILES_H_
#define WINDROW_LIB_CONV_DIRECT_TILES_H_

#include <cstdint>
#include <string>

#include "lib/conv/problem.h"

namespace windrow::internal {

struct TilesPlan {
  ConvShape shape;
  double cycles;
  bool varied;   // the shape's variant differs from the best plan
  int not_vecs;  // the width of tiles that it is not, or 0

  int64_t row_weights;  // of one output channel in one kernel row
  bool merged;          // the taps of a kernel row lie side by side in x: one run
  bool by_taps;         // one tap of all outputs that see it before the next, sums wait in y
  int64_t kernel_rows;  // in a block of the reduction, so that its weights stay in cache
  bool weights_stay;    // all weights fit half the L2 cache
  bool pixels_once;     // a tile's pixels follow the ones before and are in no other tile

  // The tasks. Each is one panel of output channels for one band of one image's rows (or columns).
  bool by_rows;
  int64_t length, bands;  // of the banded dimension
  int64_t first_panel, panels;

  int64_t tasks() const { return panels * shape.n * bands; }
  int64_t ScratchBytes() const { return 0; }
  std::string Describe() const;
  void Prepare() const { shape.weights->NeedPanels(); }
  void Run(const ConvBuffers& buffers) const;
};

// Of a shape whose channels are contiguous, and whose padding, if any, may be skipped; it is
// multiplied where that is cheaper if `skip_padding` is false.
TilesPlan PlanTiles(const ConvShape& shape, bool skip_padding);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_DIRECT_TILES_H_
