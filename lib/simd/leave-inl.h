// What ends a series of calls of micro-kernels, which leave the upper halves of the x86 vector
// registers in use.
#if defined(WINDROW_LIB_SIMD_LEAVE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_LEAVE_INL_H_
#undef WINDROW_LIB_SIMD_LEAVE_INL_H_
#else
#define WINDROW_LIB_SIMD_LEAVE_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

inline void Leave() {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  _mm256_zeroupper();
#endif
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
