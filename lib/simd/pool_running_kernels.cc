// Compiles pooling's kernels for running maxima and sums once a target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/pool_running_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/parts-inl.h"
#include "lib/simd/running_lines-inl.h"
#include "lib/simd/running_maxima-inl.h"
#include "lib/simd/running_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

template <bool kIndices>
constexpr RunningKernels AllRunning() {
  return {.across = &Running<MaxLines<false, kIndices>>,
          .down = &Running<MaxLines<true, kIndices>>};
}

void AddPoolRunningKernels(PoolKernels& k) {
  k.max_running = AllRunning<false>();
  k.max_indices_running = AllRunning<true>();
  k.sum_running = &Running<SumLines>;
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
