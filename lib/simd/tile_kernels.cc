// Compiles the register tile, transpositions and copies once a target, and gathers convolution's
// kernels in tables.
#include <array>
#include <atomic>

#include "lib/simd/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/tile_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/parts-inl.h"
#include "lib/simd/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

TargetFacts GetFacts() { return {HWY_NATIVE_FMA != 0, static_cast<int>(hn::Lanes(TileD()))}; }

template <bool kFused>
TileSet MakeKernels() {
  TileSet set = MakeTileSet<kFused>();
  AddConvKernels(kFused, set);
  return set;
}

template <bool kFused>
const TileSet* GetTileSet() {
  static const TileSet kTiles = MakeKernels<kFused>();
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
