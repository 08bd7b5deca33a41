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

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// even[i] = from[2 * i], odd[i] = from[2 * i + 1], for i < pairs. The bits are copied.
inline void Deinterleave(const float* from, int64_t pairs, float* even, float* odd) {
  int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (; i + lanes <= pairs; i += lanes) {
    const auto low = hn::LoadU(d, from + 2 * i), high = hn::LoadU(d, from + 2 * i + lanes);
    hn::StoreU(hn::ConcatEven(d, high, low), d, even + i);
    hn::StoreU(hn::ConcatOdd(d, high, low), d, odd + i);
  }
#endif
  for (; i < pairs; ++i) {
    std::memcpy(even + i, from + 2 * i, sizeof(float));
    std::memcpy(odd + i, from + 2 * i + 1, sizeof(float));
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
