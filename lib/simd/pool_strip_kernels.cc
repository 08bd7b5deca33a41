// Compiles pooling's kernels for strips once a target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/pool_strip_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/parts-inl.h"
#include "lib/simd/strip-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

template <Reduces kReduces>
constexpr StripKernels AllStrips() {
  return {.pairs = &Strips<kReduces, Pairs>,
          .neighbours = {&Strips<kReduces, Neighbours<1>>, &Strips<kReduces, Neighbours<2>>}};
}

void AddPoolStripKernels(PoolKernels& k) {
  k.max_strip = AllStrips<Reduces::kMax>();
  k.max_indices_strip = AllStrips<Reduces::kMaxIndices>();
  k.sum_strip = AllStrips<Reduces::kSum>();
  k.narrow_planes = kNarrowPlanes;
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
