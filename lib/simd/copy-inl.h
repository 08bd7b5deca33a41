// Copies a matrix of floats row by row: what packs the pixels of one tap for all channels.
#if defined(WINDROW_LIB_SIMD_COPY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_COPY_INL_H_
#undef WINDROW_LIB_SIMD_COPY_INL_H_
#else
#define WINDROW_LIB_SIMD_COPY_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/epilogue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// to[row * to_row + column] = from[row * from_row + column], exactly those. The two do not overlap.
inline void CopyRows(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                     float* to, ptrdiff_t to_row) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t whole = columns / lanes * lanes;
  const auto tail = static_cast<size_t>(columns - whole);
  for (int64_t r = 0; r < rows; ++r, from += from_row, to += to_row) {
    for (int64_t c = 0; c < whole; c += lanes) hn::StoreU(hn::LoadU(d, from + c), d, to + c);
    if (tail == 0) continue;
    if (whole != 0) {  // the last begins inside the one before
      hn::StoreU(hn::LoadU(d, from + columns - lanes), d, to + columns - lanes);
    } else {
      CopyTail(from, tail, to);
    }
  }
}

// to[i * floats + k] = from[i * from_step + k], exactly those. Less than a vector is copied as a
// whole one, whose rest the next copy sets right, as long as that stays inside both.
inline void CopyPixels(const float* from, ptrdiff_t from_step, int64_t count, int64_t floats,
                       float* to) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  if (floats >= lanes) return CopyRows(from, from_step, count, floats, to, floats);
  const int64_t from_end = (count - 1) * from_step + floats, to_end = count * floats;
  int64_t i = 0;
  for (; i * from_step + lanes <= from_end && i * floats + lanes <= to_end; ++i) {
    hn::StoreU(hn::LoadU(d, from + i * from_step), d, to + i * floats);
  }
  for (; i < count; ++i) {
    CopyTail(from + i * from_step, static_cast<size_t>(floats), to + i * floats);
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
