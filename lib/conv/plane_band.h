// Bands of planes: small padded pieces of an input with the pixels of a row side by side, whatever
// its layout and padding mode. The counterpart of band.h.
#ifndef WINDROW_LIB_CONV_PLANE_BAND_H_
#define WINDROW_LIB_CONV_PLANE_BAND_H_

#include <algorithm>
#include <cstdint>
#include <limits>

#include "lib/conv/band.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

// [channel][row][phase][column / phases]. The columns of one phase are those a stride apart: the
// inputs that one tap of the kernel has for a row of outputs, side by side.
struct PlaneBand {
  int64_t rows, phases, pitch, channels;

  int64_t row() const { return phases * pitch; }
  int64_t plane() const { return PixelPitch(SaturatedProduct({rows, phases, pitch})); }
  // With room behind the last plane for a vector that is read whole.
  int64_t floats(int lanes) const {
    const int64_t planes = SaturatedProduct({plane(), channels});
    return RoundUp(std::min(planes, std::numeric_limits<int64_t>::max() / 2) + lanes, 16);
  }
  // Where the inputs of tap kw begin.
  int64_t tap(const Axis& w, int64_t kw) const {
    const int64_t position = kw * w.dilation;
    return position % phases * pitch + position / phases;
  }
};

// Channels [first, first + band.channels) of the area, which may be smaller than the band.
void FillPlaneBand(const ConvCall& call, const BandArea& area, int64_t first, const PlaneBand& band,
                   float* to);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PLANE_BAND_H_
