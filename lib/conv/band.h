// Bands: small padded pieces of an input as pixels (NHWC), whatever its layout and padding mode,
// and the way back for outputs.
#ifndef WINDROW_LIB_CONV_BAND_H_
#define WINDROW_LIB_CONV_BAND_H_

#include <algorithm>
#include <cstdint>

#include "lib/conv/band_axis.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

// Rows and columns of the padded input, by their position (negative in the padding before it).
struct BandArea {
  int64_t n;
  BandRuns rows, columns;
};

// The distance of two pixels in a band. Not a multiple of 1 KiB, so that the pixels of a tile or of
// a transposition do not all fall into the same few sets of the L1 cache.
constexpr int64_t PixelPitch(int64_t channels) {
  return channels % 256 == 0 ? channels + 16 : channels;
}

// band[row][column][channel], channels [first, first + channels) of x.
void FillBand(const ConvShape& call, const float* x, const BandArea& area, int64_t first,
              int64_t channels, float* band);

// Calls padding(i, position) for every position of a run that is not in [0, in), the inputs, and
// inside(begin, end) for the indices of those that are, if there are any.
template <typename Padding, typename Inside>
void VisitRun(const BandRuns& runs, int64_t run, int64_t in, const Padding& padding,
              const Inside& inside) {
  const int64_t begin = runs.Before(run, 0), end = runs.Before(run, in), count = runs.Count(run);
  for (int64_t i = 0; i < begin; ++i) padding(i, runs.Begin(run) + i * runs.step);
  if (end > begin) inside(begin, end);
  for (int64_t i = std::max(begin, end); i < count; ++i) {
    padding(i, runs.Begin(run) + i * runs.step);
  }
}

// Copies pixels [rows][columns][channels] from one tensor to another of any strides.
struct PixelBlock {
  int64_t rows, columns, channels;
};
void CopyPixels(const ConvOp& op, const PixelBlock& block, const float* from, const Strides& fs,
                float* to, const Strides& ts);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_BAND_H_
