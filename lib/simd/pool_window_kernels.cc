// Compiles pooling's kernels for windows once a target, and gathers all of pooling's in a table.
#include <array>
#include <atomic>

#include "lib/simd/pool_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/pool_window_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/parts-inl.h"
#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

template <bool kIndices>
constexpr WindowKernels AllMaxima() {
  return {.any = &MaxWindows<kIndices, Extent<0, 0>>,
          .row = &MaxRows<kIndices>,
          .k2x2 = &MaxWindows<kIndices, Extent<2, 2>>,
          .k3x3 = &MaxWindows<kIndices, Extent<3, 3>>};
}

PoolKernels MakePoolKernels() {
  PoolKernels k{};
  k.max = AllMaxima<false>();
  k.max_indices = AllMaxima<true>();
  k.sum = {.any = &SumWindows<Extent<0, 0>>,
           .row = &SumWindows<Extent<1, 0>>,
           .k2x2 = &SumSmallWindows<Extent<2, 2>>,
           .k3x3 = &SumSmallWindows<Extent<3, 3>>};
  AddPoolStripKernels(k);
  AddPoolRunningKernels(k);
  return k;
}

const PoolKernels* GetPoolKernels() {
  static const PoolKernels kKernels = MakePoolKernels();
  return &kKernels;
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace windrow::internal {

HWY_EXPORT(GetPoolKernels);

namespace {

// As many as HWY_EXPORT's tables have at most.
std::array<std::atomic<const PoolKernels*>, 64> g_replaced{};

}  // namespace

const PoolKernels& PoolKernelsOf(size_t index) {
  const PoolKernels* replaced = g_replaced[index].load(std::memory_order_acquire);
  return replaced != nullptr ? *replaced : *HWY_DISPATCH_TABLE(GetPoolKernels)[index]();
}

const PoolKernels& ReplacePoolKernelsForTest(size_t index, const PoolKernels* kernels) {
  g_replaced[index].store(kernels, std::memory_order_release);
  return *HWY_DISPATCH_TABLE(GetPoolKernels)[index]();
}

}  // namespace windrow::internal
#endif  // HWY_ONCE
