// Compiles pooling's kernels for windows, rolling and global ones, and copies once a target, and
// gathers all of pooling's in a table.
#include <array>
#include <atomic>

#include "lib/simd/pool_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/pool_window_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/copy-inl.h"
#include "lib/simd/deinterleave-inl.h"
#include "lib/simd/global_pixels-inl.h"
#include "lib/simd/global_planes-inl.h"
#include "lib/simd/parts-inl.h"
#include "lib/simd/pool_rolling-inl.h"
#include "lib/simd/sum_of_parts-inl.h"
#include "lib/simd/transpose-inl.h"
#include "lib/simd/window-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

template <template <class> class Reduction, class Parts = Reduction<Extent<0, 0>>>
constexpr WindowKernels AllExtents() {
  return {.any = &Windows<Reduction<Extent<0, 0>>>,
          .row = &Windows<Reduction<Extent<1, 0>>>,
          .k2x2 = &Windows<Reduction<Extent<2, 2>>>,
          .k3x3 = &Windows<Reduction<Extent<3, 3>>>,
          .parts = &Windows<Parts>};
}

template <template <class> class Rows>
constexpr RollingKernels AllRolling() {
  return {.any = {&Roll<Rows<Extent<3, 0>>, 1>, &Roll<Rows<Extent<3, 0>>, 2>},
          .k3 = {&Roll<Rows<Extent<3, 3>>, 1>, &Roll<Rows<Extent<3, 3>>, 2>}};
}

PoolKernels MakePoolKernels() {
  PoolKernels k{};
  k.max = AllExtents<Max>();
  k.sum = AllExtents<Sum, SumOfParts>();
  k.max_rolling = AllRolling<MaxRows>();
  k.sum_rolling = AllRolling<SumRows>();
  k.max_global = {.pixels = &MaxGlobalPixels, .planes = &GlobalPlanes<PlanesMax>};
  k.sum_global = {.pixels = &SumGlobalPixels, .planes = &GlobalPlanes<PlanesSum>};
  k.transpose = &Transpose;
  k.copy_rows = &CopyRows;
  k.copy_pixels = &CopyPixels;
  k.deinterleave = &Deinterleave;
  AddPoolStripKernels(k);
  AddPoolIndexKernels(k);
  AddPoolRunningKernels(k);
  AddPoolBackwardKernels(k);
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
