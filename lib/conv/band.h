// Bands: small padded pieces of an input as pixels (NHWC), whatever its layout and padding mode,
// and the way back for outputs.
#ifndef WINDROW_LIB_CONV_BAND_H_
#define WINDROW_LIB_CONV_BAND_H_

#include <cstdint>

#include "lib/conv/problem.h"

namespace windrow::internal {

// Rows and columns of the padded input, by their position (negative in the padding before it).
struct BandArea {
  int64_t n, row, rows, column, columns;
};

// The distance of two pixels in a band. Not a multiple of 1 KiB, so that the pixels of a tile or of
// a transposition do not all fall into the same few sets of the L1 cache.
constexpr int64_t PixelPitch(int64_t channels) {
  return channels % 256 == 0 ? channels + 16 : channels;
}

// band[row][column][channel], channels [first, first + channels).
void FillBand(const ConvCall& call, const BandArea& area, int64_t first, int64_t channels,
              float* band);

// Copies pixels [rows][columns][channels] from one tensor to another of any strides.
struct PixelBlock {
  int64_t rows, columns, channels;
};
void CopyPixels(const ConvOp& op, const PixelBlock& block, const float* from, const Strides& fs,
                float* to, const Strides& ts);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_BAND_H_
