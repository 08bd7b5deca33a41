// Scratch memory of one thread: where its parts are, and copies between rows of any layout and
// pixels there, whose channels follow each other.
#ifndef WINDROW_LIB_POOL_SCRATCH_H_
#define WINDROW_LIB_POOL_SCRATCH_H_

#include <cstdint>
#include <initializer_list>

#include "lib/base/math.h"
#include "lib/pool/problem.h"

namespace windrow::internal {

inline int64_t FloatBytes(int64_t floats) {
  return SaturatedProduct({floats, static_cast<int64_t>(sizeof(float))});
}

// Places parts one after the other, each at a cache line. What is too large to be counted
// saturates, and is refused as all that does not fit the cache.
class Scratch {
 public:
  // Where a part of so many floats, the product of the factors, begins.
  int64_t Place(std::initializer_list<int64_t> factors) {
    constexpr int64_t kLine = 16;
    const int64_t at = floats_;
    floats_ = SaturatedSum(floats_, RoundUp(SaturatedProduct(factors), kLine));
    return at;
  }
  int64_t floats() const { return floats_; }

 private:
  int64_t floats_ = 0;
};

// Calls each(offset, width, step) for rows that begin so far into a tensor of these strides and
// have so many pixels, a step apart: all as one where they follow each other in planes.
template <class Each>
void ForRows(const Strides& s, int64_t rows, int64_t width, const Each& each) {
  const bool planes = PoolShape::ArePlanes(s, width);
  if (planes && s.h == width) width *= rows, rows = 1;
  for (int64_t r = 0; r < rows; ++r) each(r * s.h, width, planes ? 1 : s.w);
}

// Rows of some channels to rows of pixels.
inline void ToPixels(const PoolKernels& kernels, const float* x, const Strides& s, int64_t rows,
                     int64_t width, int64_t channels, float* to) {
  ForRows(s, rows, width, [&](int64_t offset, int64_t pixels, int64_t step) {
    const float* const from = x + offset;
    if (step == 1) {
      kernels.transpose(from, s.c, channels, pixels, to, channels);
      to += pixels * channels;
      return;
    }
    for (int64_t i = 0; i < pixels; ++i) {  // neither channels nor pixels are neighbours
      for (int64_t c = 0; c < channels; ++c) *to++ = from[i * step + c * s.c];
    }
  });
}

// And back: what is computed, or its indices.
template <class From, class Transpose, class To>
void FromPixels(Transpose transpose, const From* from, const Strides& s, int64_t rows,
                int64_t width, int64_t channels, To* y) {
  ForRows(s, rows, width, [&](int64_t offset, int64_t pixels, int64_t step) {
    To* const to = y + offset;
    if (step == 1) {
      transpose(from, channels, pixels, channels, to, s.c);
      from += pixels * channels;
      return;
    }
    for (int64_t i = 0; i < pixels; ++i) {
      for (int64_t c = 0; c < channels; ++c) to[i * step + c * s.c] = *from++;
    }
  });
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_SCRATCH_H_
