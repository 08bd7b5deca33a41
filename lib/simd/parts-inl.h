// What each file of kernels adds to the tables of its target; kernels.h and pool_kernels.h say what
// the entries do.
#if defined(WINDROW_LIB_SIMD_PARTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_PARTS_INL_H_
#undef WINDROW_LIB_SIMD_PARTS_INL_H_
#else
#define WINDROW_LIB_SIMD_PARTS_INL_H_
#endif

#include <hwy/highway.h>

#include "lib/simd/kernels.h"
#include "lib/simd/pool_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

void AddConvKernels(bool fused, TileSet& set);
void AddPoolWindowKernels(PoolKernels& kernels);

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
