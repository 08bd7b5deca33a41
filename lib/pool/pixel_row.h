// Where the taps of windows lie in a row of pixels (NHWC): a table of pointers to the pixels of one
// row, in which the taps of any window follow each other, however they are dilated.
#ifndef WINDROW_LIB_POOL_PIXEL_ROW_H_
#define WINDROW_LIB_POOL_PIXEL_ROW_H_

#include <cstdint>

#include "lib/base/math.h"
#include "lib/pool/problem.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {

class PixelRow {
 public:
  // Of scratch memory: a pointer and an index for each pixel.
  static int64_t Floats(const WindowAxis& w) {
    return RoundUp(w.in * static_cast<int64_t>(sizeof(void*) / sizeof(float)) + w.in, 16);
  }

  // The pixels of the row that begins at `x`.
  PixelRow(const WindowAxis& w, const float* x, ptrdiff_t pitch, float* scratch)
      : dilation_(w.dilation),
        in_(w.in),
        pixels_(reinterpret_cast<const float**>(scratch)),
        positions_(reinterpret_cast<int32_t*>(pixels_ + w.in)) {
    for (int64_t i = 0; i < in_; ++i) {
      pixels_[Place(i)] = x + i * pitch;
      positions_[Place(i)] = static_cast<int32_t>(i);
    }
  }

  // The taps of windows that begin at `position`.
  void SetTaps(int64_t position, WindowArgs& args) const {
    args.taps = pixels_ + Place(position);
    args.positions = positions_ + Place(position);
  }

 private:
  // Pixels a dilation apart are neighbours.
  int64_t Place(int64_t i) const {
    if (dilation_ == 1) return i;
    const int64_t phase = i % dilation_, longer = in_ % dilation_;
    return phase * (in_ / dilation_) + std::min(phase, longer) + i / dilation_;
  }

  int64_t dilation_, in_;
  const float** pixels_;
  int32_t* positions_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_PIXEL_ROW_H_
