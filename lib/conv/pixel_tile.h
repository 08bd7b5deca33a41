// The register tile with lanes over pixels: a few vectors of pixels that lie side by side in y,
// times all the output channels of a panel of weights.
#ifndef WINDROW_LIB_CONV_PIXEL_TILE_H_
#define WINDROW_LIB_CONV_PIXEL_TILE_H_

#include <cstddef>
#include <cstdint>

#include "lib/base/math.h"
#include "lib/conv/cost.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

// How a run of pixels times the channels of a panel falls into tiles: evenly into at most `vecs`
// vectors of pixels, and evenly into at most `max_rows` channels.
struct PixelCut {
  int vecs;
  int max_rows;
  double cycles;  // a step of the reduction costs about this for the whole run and panel
};

// The cheapest cut for a reduction of so many steps; at most `max_vecs` vectors wide. The cheapest
// but `other`, if that is given; 0 vectors wide if there is none.
PixelCut CutPixels(const ConvOp& op, int64_t channels, int64_t pixels, int64_t steps, int max_vecs,
                   const PixelCut* other = nullptr);

// Pixels of one tile and where their inputs are:
//   x[i * x_outer + j * x_inner + k * x_k + pixel]  for i < outer, j < inner, k < len,
// in the order of the packed weights. Whole vectors are read, whatever the number of pixels.
struct PixelTile {
  const float* x;
  ptrdiff_t x_outer, x_inner, x_k;
  int64_t outer, inner, len;
  int64_t pixels;
  int vecs;  // as many as the pixels take
  float* y;  // of the group's first channel
  ptrdiff_t y_channel;
  const float* residual;  // null: none
  ptrdiff_t residual_channel;
  const float* next;  // the inputs needed soon, at the same distance x_k; any address
};

// The channels [begin, end) of a panel.
struct PanelPart {
  int64_t begin, end;
};

// Calls run(part) for all channels of a panel; if a reduction of so many steps is short, for so few
// at a time as tiles store to with the streams that a core keeps up with, one for each plane.
template <class F>
void ForParts(const Panel& panel, const PixelCut& cut, int64_t steps, const F& run) {
  constexpr int64_t kPlanes = 24;
  const int64_t max =
      steps <= kShortReduction ? RoundUp(kPlanes, cut.max_rows) : panel.out_channels;
  const EvenSplit parts(panel.out_channels, max);
  for (int64_t i = 0; i < parts.parts; ++i) run(PanelPart{parts.Begin(i), parts.Begin(i + 1)});
}

// Steps of the reduction that are done at a time: from `begin` on, the last ones or not.
struct ReductionPart {
  int64_t begin;
  bool last;
};

// A panel of weights made ready for any number of tiles of pixels.
class PixelPanel {
 public:
  // The panel's outputs go to channel panel.out_channel - first_channel of a tile's y, and on.
  // Between the parts of the reduction sums wait there.
  PixelPanel(const ConvOp& op, const Panel& panel, int64_t first_channel, const PixelCut& cut,
             const PanelPart& part, ReductionPart steps = {0, true});
  void Run(const PixelTile& tile);

 private:
  const ConvOp& op_;
  const float* const weights_;
  const float* const bias_;
  const int64_t channel_;
  const EvenSplit rows_;
  TileArgs args_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PIXEL_TILE_H_
