// The loop of kernels that work on each element by itself.
#if defined(WINDROW_LIB_SIMD_FOR_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_FOR_VECTORS_INL_H_
#undef WINDROW_LIB_SIMD_FOR_VECTORS_INL_H_
#else
#define WINDROW_LIB_SIMD_FOR_VECTORS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Calls f(lanes, i) for vectors of elements from i on, the last one perhaps partial.
template <class D, class F>
HWY_INLINE void ForVectors(D d, int64_t count, const F& f) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) f(AllLanes(), i);
  if (i < count) f(FirstLanes{static_cast<size_t>(count - i)}, i);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
