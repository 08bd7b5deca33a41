// Compiles pooling's kernels for windows once a target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/pool_window_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/parts-inl.h"
#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

template <bool kIndices>
void AddMaxima(ReductionKernels& k) {
  k.any = &MaxWindows<kIndices, Extent<0, 0>>;
  k.row = &MaxWindows<kIndices, Extent<1, 0>>;
  k.k2x2 = &MaxWindows<kIndices, Extent<2, 2>>;
  k.k3x3 = &MaxWindows<kIndices, Extent<3, 3>>;
}

void AddPoolWindowKernels(PoolKernels& k) {
  AddMaxima<false>(k.max);
  AddMaxima<true>(k.max_indices);
  k.sum.any = &SumWindows<Extent<0, 0>>;
  k.sum.row = &SumWindows<Extent<1, 0>>;
  k.sum.k2x2 = &SumWindows<Extent<2, 2>>;
  k.sum.k3x3 = &SumWindows<Extent<3, 3>>;
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
