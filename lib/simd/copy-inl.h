// Copies a matrix of floats row by row: what packs the pixels of one tap for all channels.
#if defined(WINDROW_LIB_SIMD_COPY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_COPY_INL_H_
#undef WINDROW_LIB_SIMD_COPY_INL_H_
#else
#define WINDROW_LIB_SIMD_COPY_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/simd/epilogue-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Rows of at least a vector of D. The last one of a row begins inside the one before.
template <class D>
HWY_INLINE void CopyVectors(D d, const float* from, ptrdiff_t from_row, int64_t rows,
                            int64_t columns, float* to, ptrdiff_t to_row) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t last = columns - lanes;
  for (int64_t r = 0; r < rows; ++r, from += from_row, to += to_row) {
    for (int64_t c = 0; c < last; c += lanes) hn::StoreU(hn::LoadU(d, from + c), d, to + c);
    hn::StoreU(hn::LoadU(d, from + last), d, to + last);
  }
}

// to[row * to_row + column] = from[row * from_row + column], exactly those. The two do not overlap.
HWY_INLINE void CopyMatrix(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                           float* to, ptrdiff_t to_row) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 8> eight;
  const hn::CappedTag<float, 4> four;
  const auto fit = [=](size_t lanes) { return columns >= static_cast<int64_t>(lanes); };
  if (fit(hn::Lanes(d))) return CopyVectors(d, from, from_row, rows, columns, to, to_row);
  if (fit(hn::Lanes(eight))) return CopyVectors(eight, from, from_row, rows, columns, to, to_row);
  if (fit(hn::Lanes(four))) return CopyVectors(four, from, from_row, rows, columns, to, to_row);
  for (int64_t r = 0; r < rows; ++r, from += from_row, to += to_row) {
    CopyTail<2>(from, static_cast<size_t>(columns), to);
  }
}

inline void CopyRows(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                     float* to, ptrdiff_t to_row) {
  const KernelScope scope;
  CopyMatrix(from, from_row, rows, columns, to, to_row);
}

// The same past the caches: nothing of `to` is read first, as it is for a store into a cache. Whole
// lines only: one that is not would be read after all, and from memory.
inline void StreamRows(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                       float* to, ptrdiff_t to_row) {
  const KernelScope scope;
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  constexpr int64_t kLineFloats = 64 / sizeof(float);
  const int64_t step = std::max(lanes, kLineFloats);
  for (int64_t r = 0; r < rows; ++r, from += from_row, to += to_row) {
    const auto past = static_cast<int64_t>(reinterpret_cast<uintptr_t>(to) / sizeof(float) %
                                           static_cast<uintptr_t>(step));
    const int64_t first = std::min(past == 0 ? 0 : step - past, columns);
    const int64_t end = first + (columns - first) / step * step;
    CopyMatrix(from, 0, 1, first, to, 0);
    for (int64_t c = first; c < end; c += lanes) hn::Stream(hn::LoadU(d, from + c), d, to + c);
    CopyMatrix(from + end, 0, 1, columns - end, to + end, 0);
  }
  hwy::FlushStream();
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
