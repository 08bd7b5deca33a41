// The last thing a kernel does; see zero_upper.h.
#if defined(WINDROW_LIB_SIMD_ZERO_UPPER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_ZERO_UPPER_INL_H_
#undef WINDROW_LIB_SIMD_ZERO_UPPER_INL_H_
#else
#define WINDROW_LIB_SIMD_ZERO_UPPER_INL_H_
#endif

#include <hwy/highway.h>

#include "lib/simd/zero_upper.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// The first variable of every kernel that is called through a table.
struct KernelScope {
  HWY_INLINE KernelScope() {}
  HWY_INLINE ~KernelScope() {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
    if (!g_caller_zeros_upper) _mm256_zeroupper();
#endif
  }
};

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
