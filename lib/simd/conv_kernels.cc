// Compiles convolution's other kernels once a target: the register tile of one pixel and that with
// an input for each lane, and those for work that is limited by loads.
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/conv_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/depthwise-inl.h"
#include "lib/simd/depthwise_gradient-inl.h"
#include "lib/simd/parts-inl.h"
#include "lib/simd/pixel_row-inl.h"
#include "lib/simd/planar-inl.h"
#include "lib/simd/planar_rolling-inl.h"
#include "lib/simd/rolling-inl.h"
#include "lib/simd/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

template <bool kFused>
void AddConvKernelsOf(TileSet& set) {
  constexpr auto kVecs = std::make_index_sequence<kMaxVecs>();
  FillTable<kFused, Lanes::kPanels>(set.panels, kVecs);
  FillTable<kFused, Lanes::kDepthwise>(set.depthwise, kVecs);
  FillTable<kFused, Lanes::kDepthwiseTail>(set.depthwise_tail, kVecs);
  // kPortable has the register tile only, on a target of class F.
  if constexpr (kFused == (HWY_NATIVE_FMA != 0)) {
    FillDepthwise<kFused>(set.depthwise_blocks);
    FillDepthwiseGradients<kFused>(set.depthwise_gradient,
                                   std::make_index_sequence<kMaxGradientTaps>());
    FillPlanar<kFused>(set.planar);
    FillPlanarRolling<kFused>(set.planar.rolling);
    FillPixelRows<kFused>(set.pixel_row, std::make_index_sequence<kMaxPixelRowSteps>());
    FillRolling<kFused>(set.rolling, std::make_index_sequence<MaxRollingColumns(kFused)>());
  }
}

void AddConvKernels(bool fused, TileSet& set) {
  if constexpr (HWY_NATIVE_FMA) {
    if (fused) return AddConvKernelsOf<true>(set);
  }
  AddConvKernelsOf<false>(set);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
