// Copies a matrix of floats row by row: what packs the pixels of one tap for all channels.
#if defined(WINDROW_LIB_SIMD_COPY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_COPY_INL_H_
#undef WINDROW_LIB_SIMD_COPY_INL_H_
#else
#define WINDROW_LIB_SIMD_COPY_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/simd/epilogue-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// to[row * to_row + column] = from[row * from_row + column], exactly those. The two do not overlap.
HWY_INLINE void CopyMatrix(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
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

inline void CopyRows(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                     float* to, ptrdiff_t to_row) {
  const KernelScope scope;
  CopyMatrix(from, from_row, rows, columns, to, to_row);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
