// Compiles pooling's other kernels once a target, and gathers all of them in a table.
#include "lib/simd/pool_kernels.h"

#include <array>
#include <atomic>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/pool_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/deinterleave-inl.h"
#include "lib/simd/parts-inl.h"
#include "lib/simd/pool_indices-inl.h"
#include "lib/simd/strip-inl.h"
#include "lib/simd/transpose-inl.h"
#include "lib/simd/van_herk-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

template <Reduces kReduces>
void AddLines(ReductionKernels& k) {
  k.pairs = &Strips<kReduces, Pairs>;
  k.neighbours[0] = &Strips<kReduces, Neighbours<1>>;
  k.neighbours[1] = &Strips<kReduces, Neighbours<2>>;
  if constexpr (kReduces != Reduces::kSum) {
    k.across = &RunningMaxima<false, kReduces == Reduces::kMaxIndices>;
    k.down = &RunningMaxima<true, kReduces == Reduces::kMaxIndices>;
  }
}

PoolKernels MakePoolKernels() {
  PoolKernels k{};
  AddPoolWindowKernels(k);
  AddLines<Reduces::kMax>(k.max);
  AddLines<Reduces::kMaxIndices>(k.max_indices);
  AddLines<Reduces::kSum>(k.sum);
  k.narrow_planes = kNarrowPlanes;
  k.narrow = &Narrow;
  k.search = &Search;
  k.transpose = &Transpose;
  k.transpose_indices = &TransposeIndices;
  k.deinterleave = &Deinterleave;
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
