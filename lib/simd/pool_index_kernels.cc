// Compiles pooling's kernels for maxima with indices, but running ones, once a target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/pool_index_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/dense_indices-inl.h"
#include "lib/simd/packed-inl.h"
#include "lib/simd/parts-inl.h"
#include "lib/simd/pool_rolling_indices-inl.h"
#include "lib/simd/strip-inl.h"
#include "lib/simd/strip_indices-inl.h"
#include "lib/simd/transpose_indices-inl.h"
#include "lib/simd/window-inl.h"
#include "lib/simd/window_indices-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

constexpr WindowKernels AllIndicesExtents() {
  return {.any = &Windows<MaxIndices<Extent<0, 0>>>,
          .row = &Windows<MaxIndices<Extent<1, 0>>>,
          .k2x2 = &Windows<MaxIndices<Extent<2, 2>>>,
          .k3x3 = &Windows<MaxIndices<Extent<3, 3>>>,
          .parts = &Windows<MaxIndices<Extent<0, 0>>>};
}

constexpr RollingKernels AllIndicesRolling() {
  return {.any = {&RollIndices<Extent<3, 0>, 1>, &RollIndices<Extent<3, 0>, 2>},
          .k3 = {&RollIndices<Extent<3, 3>, 1>, &RollIndices<Extent<3, 3>, 2>}};
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

void AddPoolIndexKernels(PoolKernels& k) {
  k.max_indices = AllIndicesExtents();
  k.max_indices_rolling = AllIndicesRolling();
  k.max_indices_strip = AllIndicesStrips();
  k.transpose_indices = &TransposeIndices;
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
