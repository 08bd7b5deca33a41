// Compiles the micro-kernels once a target and gathers them in tables.
#include "lib/simd/kernels.h"

#include <array>
#include <atomic>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/depthwise-inl.h"
#include "lib/simd/pixel_row-inl.h"
#include "lib/simd/planar-inl.h"
#include "lib/simd/rolling-inl.h"
#include "lib/simd/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

TargetFacts GetFacts() { return {HWY_NATIVE_FMA != 0, static_cast<int>(hn::Lanes(TileD()))}; }

template <bool kFused>
constexpr TileSet MakeKernels() {
  TileSet set = MakeTileSet<kFused>();
  FillDepthwise<kFused>(set.depthwise_blocks);
  FillPlanar<kFused>(set.planar);
  FillPixelRows<kFused>(set.pixel_row, std::make_index_sequence<kMaxPixelRowSteps>());
  FillRolling<kFused>(set.rolling, std::make_index_sequence<MaxRollingColumns(kFused)>());
  return set;
}

template <bool kFused>
const TileSet* GetTileSet() {
  static constexpr TileSet kTiles = MakeKernels<kFused>();
  return &kTiles;
}

const TileSet* GetTiles(bool fused) {
  if constexpr (HWY_NATIVE_FMA) {
    if (fused) return GetTileSet<true>();
  }
  return fused ? nullptr : GetTileSet<false>();
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace windrow::internal {

HWY_EXPORT(GetFacts);
HWY_EXPORT(GetTiles);

namespace {

// [index][fused]; as many as HWY_EXPORT's tables have at most.
std::array<std::array<std::atomic<const TileSet*>, 2>, 64> g_replaced{};

}  // namespace

TargetFacts Facts(size_t index) { return HWY_DISPATCH_TABLE(GetFacts)[index](); }

const TileSet& Tiles(size_t index, bool fused) {
  const TileSet* replaced = g_replaced[index][fused].load(std::memory_order_acquire);
  return replaced != nullptr ? *replaced : *HWY_DISPATCH_TABLE(GetTiles)[index](fused);
}

const TileSet& ReplaceTilesForTest(size_t index, bool fused, const TileSet* tiles) {
  g_replaced[index][fused].store(tiles, std::memory_order_release);
  return *HWY_DISPATCH_TABLE(GetTiles)[index](fused);
}

}  // namespace windrow::internal
#endif  // HWY_ONCE
