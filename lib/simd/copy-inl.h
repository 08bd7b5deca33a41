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

// The same of runs of less than a vector that lie side by side in `to`. Each is copied as a whole
// vector, whose rest the next copy sets right, as long as that stays inside both.
template <class D>
HWY_INLINE void CopyRuns(D d, const float* from, ptrdiff_t from_step, int64_t count, int64_t floats,
                         float* to) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t from_end = (count - 1) * from_step + floats, to_end = count * floats;
  int64_t whole = 0;
  if (from_step > 0 && from_end >= lanes && to_end >= lanes) {
    whole = std::min((from_end - lanes) / from_step, (to_end - lanes) / floats) + 1;
  }
  for (int64_t i = 0; i < whole; ++i, from += from_step, to += floats) {
    hn::StoreU(hn::LoadU(d, from), d, to);
  }
  for (int64_t i = whole; i < count; ++i, from += from_step, to += floats) {
    CopyTail(from, static_cast<size_t>(floats), to);
  }
}

// to[i * floats + k] = from[i * from_step + k], for i < count, k < floats, exactly those. In
// vectors no larger than need be: most stores of large ones would meet two cache lines.
inline void CopyPixels(const float* from, ptrdiff_t from_step, int64_t count, int64_t floats,
                       float* to) {
  const KernelScope scope;
  const hn::ScalableTag<float> d;
  if (floats >= static_cast<int64_t>(hn::Lanes(d))) {
    return CopyMatrix(from, from_step, count, floats, to, floats);
  }
  if (floats <= 4) return CopyRuns(hn::CappedTag<float, 4>(), from, from_step, count, floats, to);
  if (floats <= 8) return CopyRuns(hn::CappedTag<float, 8>(), from, from_step, count, floats, to);
  CopyRuns(d, from, from_step, count, floats, to);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
