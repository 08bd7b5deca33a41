// Compiles the kernels of poolings' gradients once a target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/pool_backward_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/parts-inl.h"
#include "lib/simd/pool_backward-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

void AddPoolBackwardKernels(PoolKernels& k) {
  k.backward = {.add_lines = &AddLines,
                .divide = &Divide,
                .spread = &Spread,
                .narrow = &Narrow,
                .stretch = &Stretch,
                .pick = &Pick};
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
