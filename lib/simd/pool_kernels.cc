// Compiles pooling's micro-kernels once a target and gathers them in a table.
#include "lib/simd/pool_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/pool_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/copy-inl.h"
#include "lib/simd/deinterleave-inl.h"
#include "lib/simd/leave-inl.h"
#include "lib/simd/transpose-inl.h"
#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

const PoolKernels* GetPoolKernels() {
  static constexpr PoolKernels kKernels{.max = &Windows<Max>,
                                        .max_indices = &Windows<MaxIndices>,
                                        .sum = &Windows<Sum>,
                                        .transpose = &Transpose,
                                        .copy_rows = &CopyRows,
                                        .deinterleave = &Deinterleave,
                                        .leave = &Leave};
  return &kKernels;
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace windrow::internal {

HWY_EXPORT(GetPoolKernels);

const PoolKernels& PoolKernelsOf(size_t index) {
  return *HWY_DISPATCH_TABLE(GetPoolKernels)[index]();
}

}  // namespace windrow::internal
#endif  // HWY_ONCE
