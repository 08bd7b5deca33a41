// Compiles pooling's kernels for running maxima and gradients, and its copies, once a target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/pool_running_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/deinterleave-inl.h"
#include "lib/simd/parts-inl.h"
#include "lib/simd/pool_backward-inl.h"
#include "lib/simd/transpose-inl.h"
#include "lib/simd/transpose_indices-inl.h"
#include "lib/simd/van_herk-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

template <bool kIndices>
constexpr RunningKernels AllRunning() {
  return {.across = &RunningMaxima<false, kIndices>, .down = &RunningMaxima<true, kIndices>};
}

void AddPoolRunningKernels(PoolKernels& k) {
  k.max_running = AllRunning<false>();
  k.max_indices_running = AllRunning<true>();
  k.narrow = &Narrow;
  k.search = &Search;
  k.transpose = &Transpose;
  k.transpose_indices = &TransposeIndices;
  k.deinterleave = &Deinterleave;
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
