// Compiles pooling's micro-kernels once a target and gathers them in a table.
#include "lib/simd/pool_kernels.h"

#include <array>
#include <atomic>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/pool_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/copy-inl.h"
#include "lib/simd/deinterleave-inl.h"
#include "lib/simd/dense_indices-inl.h"
#include "lib/simd/global_pixels-inl.h"
#include "lib/simd/global_planes-inl.h"
#include "lib/simd/leave-inl.h"
#include "lib/simd/neighbours-inl.h"
#include "lib/simd/packed-inl.h"
#include "lib/simd/pairs-inl.h"
#include "lib/simd/pool_rolling-inl.h"
#include "lib/simd/pool_rolling_indices-inl.h"
#include "lib/simd/running_maxima-inl.h"
#include "lib/simd/running_sums-inl.h"
#include "lib/simd/strip-inl.h"
#include "lib/simd/strip_indices-inl.h"
#include "lib/simd/transpose-inl.h"
#include "lib/simd/transpose_indices-inl.h"
#include "lib/simd/window-inl.h"
#include "lib/simd/window_indices-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

template <template <class> class Reduction>
constexpr WindowKernels AllExtents() {
  return {.any = &Windows<Reduction<Extent<0, 0>>>,
          .row = &Windows<Reduction<Extent<1, 0>>>,
          .k2x2 = &Windows<Reduction<Extent<2, 2>>>,
          .k3x3 = &Windows<Reduction<Extent<3, 3>>>};
}

template <template <class> class Rows>
constexpr RollingKernels AllRolling() {
  return {.any = {&Roll<Rows<Extent<3, 0>>, 1>, &Roll<Rows<Extent<3, 0>>, 2>},
          .k3 = {&Roll<Rows<Extent<3, 3>>, 1>, &Roll<Rows<Extent<3, 3>>, 2>}};
}

constexpr RollingKernels AllIndicesRolling() {
  return {.any = {&RollIndices<Extent<3, 0>, 1>, &RollIndices<Extent<3, 0>, 2>},
          .k3 = {&RollIndices<Extent<3, 3>, 1>, &RollIndices<Extent<3, 3>, 2>}};
}

template <bool kIndices>
constexpr RunningKernels AllRunning() {
  return {.across = &Running<MaxLines<false, kIndices>>,
          .down = &Running<MaxLines<true, kIndices>>};
}

template <template <class> class Rows, int kHigh, int kStride>
constexpr void AddStrip(StripKernels& k) {
  k.any[kHigh][kStride] = &Strips<Strip<Rows<Extent<kHigh, 0>>, kHigh, kStride>>;
  k.square[kHigh][kStride] = &Strips<Strip<Rows<Extent<kHigh, kHigh>>, kHigh, kStride>>;
}

template <template <class> class Rows, class Pairs, template <int> class Neighbours>
constexpr StripKernels AllStrips(WindowFn packed) {
  StripKernels k{};
  k.packed = packed;
  k.pairs = &Strips<Strip<Pairs, 2, 2>>;
  k.neighbours[0] = &Strips<Strip<Neighbours<1>, 3, 1>>;
  k.neighbours[1] = &Strips<Strip<Neighbours<2>, 3, 2>>;
  AddStrip<Rows, 2, 1>(k);
  AddStrip<Rows, 2, 2>(k);
  AddStrip<Rows, 3, 1>(k);
  AddStrip<Rows, 3, 2>(k);
  AddStrip<Rows, 3, 3>(k);
  return k;
}

template <int kHigh, int kStride>
constexpr void AddIndicesStrip(StripKernels& k) {
  k.any[kHigh][kStride] = &Strips<StripIndices<PaddedTaps<0>, kHigh, kStride>>;
  k.square[kHigh][kStride] = &Strips<StripIndices<PaddedTaps<kHigh>, kHigh, kStride>>;
}

constexpr StripKernels AllIndicesStrips() {
  StripKernels k{};
  k.packed = PackedOrNull<MaxIndicesPacked>();
  k.pairs = &Strips<StripIndices<PairTaps, 2, 2>>;
  k.neighbours[0] = &Strips<StripIndices<NeighbourTaps<1>, 3, 1>>;
  k.neighbours[1] = &Strips<StripIndices<NeighbourTaps<2>, 3, 2>>;
  k.dense = DenseIndicesOrNull();
  AddIndicesStrip<2, 1>(k);
  AddIndicesStrip<2, 2>(k);
  AddIndicesStrip<3, 1>(k);
  AddIndicesStrip<3, 2>(k);
  AddIndicesStrip<3, 3>(k);
  return k;
}

const PoolKernels* GetPoolKernels() {
  static constexpr PoolKernels kKernels{
      .max = AllExtents<Max>(),
      .max_indices = AllExtents<MaxIndices>(),
      .sum = AllExtents<Sum>(),
      .max_rolling = AllRolling<MaxRows>(),
      .max_indices_rolling = AllIndicesRolling(),
      .sum_rolling = AllRolling<SumRows>(),
      .max_running = AllRunning<false>(),
      .max_indices_running = AllRunning<true>(),
      .sum_running = &Running<SumLines>,
      .max_global = {.pixels = &MaxGlobalPixels, .planes = &GlobalPlanes<PlanesMax>},
      .sum_global = {.pixels = &SumGlobalPixels, .planes = &GlobalPlanes<PlanesSum>},
      .max_strip = AllStrips<MaxRows, MaxPairs, MaxNeighbours>(PackedOrNull<MaxPacked>()),
      .max_indices_strip = AllIndicesStrips(),
      .sum_strip = AllStrips<SumRows, SumPairs, SumNeighbours>(PackedOrNull<SumPacked>()),
      .transpose = &Transpose,
      .transpose_indices = &TransposeIndices,
      .copy_rows = &CopyRows,
      .copy_pixels = &CopyPixels,
      .deinterleave = &Deinterleave,
      .leave = &Leave};
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
