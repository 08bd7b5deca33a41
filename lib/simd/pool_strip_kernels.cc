// Compiles pooling's kernels for strips without indices once a target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/pool_strip_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/neighbours-inl.h"
#include "lib/simd/packed-inl.h"
#include "lib/simd/pairs-inl.h"
#include "lib/simd/parts-inl.h"
#include "lib/simd/pool_rolling-inl.h"
#include "lib/simd/strip-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

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

void AddPoolStripKernels(PoolKernels& k) {
  k.max_strip = AllStrips<MaxRows, MaxPairs, MaxNeighbours>(PackedOrNull<MaxPacked>());
  k.sum_strip = AllStrips<SumRows, SumPairs, SumNeighbours>(PackedOrNull<SumPacked>());
  k.narrow_planes = kNarrowPlanes ? 2 : 1;
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
