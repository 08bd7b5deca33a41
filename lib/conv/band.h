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

// band[row][column][channel], all input channels.
void FillBand(const ConvCall& call, const BandArea& area, float* band);

// Copies pixels [rows][columns][channels] from one tensor to another of any strides; one of the two
// must have contiguous channels.
struct PixelBlock {
  int64_t rows, columns, channels;
};
void CopyPixels(const ConvOp& op, const PixelBlock& block, const float* from, const Strides& fs,
                float* to, const Strides& ts);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_BAND_H_
