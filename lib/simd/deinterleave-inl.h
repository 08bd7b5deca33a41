// Takes every second float: what turns a row that is read with stride 2 into two that are read with
// stride 1.
#if defined(WINDROW_LIB_SIMD_DEINTERLEAVE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_DEINTERLEAVE_INL_H_
#undef WINDROW_LIB_SIMD_DEINTERLEAVE_INL_H_
#else
#define WINDROW_LIB_SIMD_DEINTERLEAVE_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR
// The pairs of a row, by vectors of D if there are as many as one has lanes.
template <class D>
HWY_INLINE bool DeinterleaveRow(D d, const float* from, int64_t pairs, float* even, float* odd) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  if (pairs < lanes) return false;
  for (int64_t i = 0; i < pairs; i += lanes) {
    i = std::min(i, pairs - lanes);  // the last begins inside the one before
    const auto low = hn::LoadU(d, from + 2 * i), high = hn::LoadU(d, from + 2 * i + lanes);
    hn::StoreU(hn::ConcatEven(d, high, low), d, even + i);
    hn::StoreU(hn::ConcatOdd(d, high, low), d, odd + i);
  }
  return true;
}
#endif

// even[row * to_row + i] = from[row * from_row + 2 * i], and odd the ones in between. The bits are
// copied.
inline void Deinterleave(const float* from, ptrdiff_t from_row, int64_t rows, int64_t pairs,
                         float* even, float* odd, ptrdiff_t to_row) {
  const KernelScope scope;
  for (int64_t r = 0; r < rows; ++r, from += from_row, even += to_row, odd += to_row) {
#if HWY_TARGET != HWY_SCALAR
    if (DeinterleaveRow(hn::ScalableTag<float>(), from, pairs, even, odd)) continue;
    if (DeinterleaveRow(hn::CappedTag<float, 8>(), from, pairs, even, odd)) continue;
    if (DeinterleaveRow(hn::CappedTag<float, 4>(), from, pairs, even, odd)) continue;
#endif
    for (int64_t i = 0; i < pairs; ++i) {
      std::memcpy(even + i, from + 2 * i, sizeof(float));
      std::memcpy(odd + i, from + 2 * i + 1, sizeof(float));
    }
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
