// Takes every second float: what turns a row that is read with stride 2 into two that are read with
// stride 1.
#if defined(WINDROW_LIB_SIMD_DEINTERLEAVE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_DEINTERLEAVE_INL_H_
#undef WINDROW_LIB_SIMD_DEINTERLEAVE_INL_H_
#else
#define WINDROW_LIB_SIMD_DEINTERLEAVE_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// even[row * to_row + i] = from[row * from_row + 2 * i], and odd the ones in between. The bits are
// copied.
inline void Deinterleave(const float* from, ptrdiff_t from_row, int64_t rows, int64_t pairs,
                         float* even, float* odd, ptrdiff_t to_row) {
  const KernelScope scope;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto vector = [&](int64_t i) HWY_ATTR {
    const auto low = hn::LoadU(d, from + 2 * i), high = hn::LoadU(d, from + 2 * i + lanes);
    hn::StoreU(hn::ConcatEven(d, high, low), d, even + i);
    hn::StoreU(hn::ConcatOdd(d, high, low), d, odd + i);
  };
#endif
  for (int64_t r = 0; r < rows; ++r, from += from_row, even += to_row, odd += to_row) {
    int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
    for (; i + lanes <= pairs; i += lanes) vector(i);
    if (i != 0 && i < pairs) {  // the last begins inside the one before
      vector(pairs - lanes);
      continue;
    }
#endif
    for (; i < pairs; ++i) {
      std::memcpy(even + i, from + 2 * i, sizeof(float));
      std::memcpy(odd + i, from + 2 * i + 1, sizeof(float));
    }
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
