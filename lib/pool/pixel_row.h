// Where the taps of a window lie in a row of pixels (NHWC): a table of pointers to those of the
// window that begins with the first pixel.
#ifndef WINDROW_LIB_POOL_PIXEL_ROW_H_
#define WINDROW_LIB_POOL_PIXEL_ROW_H_

#include <cstdint>

#include "lib/base/math.h"
#include "lib/pool/problem.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {

class PixelRow {
 public:
  // Of scratch memory: a pointer and an index for each tap.
  static int64_t Floats(const WindowAxis& w) {
    constexpr int64_t kTap = sizeof(void*) / sizeof(float) + 1;
    return RoundUp(SaturatedProduct({w.MaxTaps(), kTap}), 16);
  }

  // The pixels of the row that begins at `x`.
  PixelRow(const WindowAxis& w, const float* x, ptrdiff_t pitch, float* scratch)
      : pitch_(pitch),
        taps_(reinterpret_cast<const float**>(scratch)),
        positions_(reinterpret_cast<int32_t*>(taps_ + w.MaxTaps())) {
    for (int64_t t = 0; t < w.MaxTaps(); ++t) {
      taps_[t] = x + t * w.dilation * pitch;
      positions_[t] = static_cast<int32_t>(t * w.dilation);
    }
  }

  // The taps of windows like `columns`, in the row that begins `offset` floats past the table's,
  // of which `position` is the first pixel's.
  void SetTaps(const Window& columns, int64_t offset, int64_t position, WindowArgs& args) const {
    args.taps = taps_;
    args.positions = positions_;
    args.columns = columns.taps;
    args.columns_before = columns.skipped % kPartTaps;
    args.offset = offset + columns.begin * pitch_;
    args.position = static_cast<int32_t>(position + columns.begin);
  }

 private:
  ptrdiff_t pitch_;
  const float** taps_;
  int32_t* positions_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_PIXEL_ROW_H_
