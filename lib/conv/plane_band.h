// Bands of planes: small padded pieces of an input with the pixels of a row side by side, whatever
// its layout and padding mode. The counterpart of band.h.
#ifndef WINDROW_LIB_CONV_PLANE_BAND_H_
#define WINDROW_LIB_CONV_PLANE_BAND_H_

#include <cstdint>

#include "lib/conv/band.h"
#include "lib/conv/band_axis.h"
#include "lib/conv/block_cut.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

// [channel][row][run][column of the run]. The columns of one run are a stride apart, so that the
// inputs that one tap of the kernel has for a row of outputs lie side by side: a run is a phase of
// the stride or, in a band by taps, a tap.
struct PlaneBand {
  BandAxis h, w;
  int64_t runs, pitch, channels;

  // For blocks of at most so many outputs.
  PlaneBand(const ConvShape& call, int64_t rows, int64_t columns)
      : h(call.h, rows),
        w(call.w, columns),
        runs(w.by_taps ? call.w.kernel : call.w.stride),
        pitch(w.by_taps ? columns : CeilDiv(w.length, call.w.stride)),
        channels(call.op->group_in()) {}

  int64_t row() const { return SaturatedProduct({runs, pitch}); }
  int64_t plane() const { return PixelPitch(SaturatedProduct({h.length, row()})); }
  // With room after the last plane for a vector that is read whole.
  int64_t floats(int lanes) const {
    return RoundUp(SaturatedSum(SaturatedProduct({plane(), channels}), lanes), 16);
  }
  // Where the inputs of tap kw begin.
  int64_t tap(const Axis& axis, int64_t kw) const {
    if (w.by_taps) return kw * pitch;
    const int64_t position = kw * axis.dilation;
    return position % runs * pitch + position / runs;
  }
};

// What a block of outputs sees, channels [first, first + band.channels). With `whole_vectors`, what
// these read past the ends of rows is zeros, or pixels of another row: it is computed, too, and
// dropped, and NaN that happened to be there would raise the invalid-operation flag.
void FillPlaneBand(const ConvShape& call, const float* x, const Block& block, int64_t first,
                   const PlaneBand& band, bool whole_vectors, float* to);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PLANE_BAND_H_
