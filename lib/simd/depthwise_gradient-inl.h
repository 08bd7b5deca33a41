// The gradient by weights of depthwise convolution: lanes are channels, the reduction runs over
// pixels. For a few taps of a kernel row and vectors of channels:
//
//   for row: for column: for v: for tap (that shows a pixel there):
//     chains[tap][v] += x[row][column * stride + tap][v] * dy[row][column][v]
//
// A vector of dy serves all taps, so that there is little more than a load for each multiply-add.
// The first and the last columns, which some taps see as padding, are done tap by tap, in their
// turn: each chain is one over ascending pixels.
//
// Budget: taps * vecs accumulators, vecs vectors of dy, one of x.
#if defined(WINDROW_LIB_SIMD_DEPTHWISE_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_DEPTHWISE_GRADIENT_INL_H_
#undef WINDROW_LIB_SIMD_DEPTHWISE_GRADIENT_INL_H_
#else
#define WINDROW_LIB_SIMD_DEPTHWISE_GRADIENT_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "lib/simd/kernels.h"
#include "lib/simd/lanes-inl.h"
#include "lib/simd/tile-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Calls X(tap, v) for the vectors of a tap, or of all taps.
#define WINDROW_FOR_VECS(X, k)        \
  if constexpr (kTaps > k) {          \
    X(k, 0);                          \
    if constexpr (kVecs > 1) X(k, 1); \
    if constexpr (kVecs > 2) X(k, 2); \
    if constexpr (kVecs > 3) X(k, 3); \
  }
#define WINDROW_FOR_TAPS(X) \
  WINDROW_FOR_VECS(X, 0)    \
  WINDROW_FOR_VECS(X, 1)    \
  WINDROW_FOR_VECS(X, 2)    \
  WINDROW_FOR_VECS(X, 3)    \
  WINDROW_FOR_VECS(X, 4)
static_assert(kMaxGradientTaps == 5 && kMaxGradientVecs == 4, "the macros name every accumulator");

template <int kTaps, int kVecs, bool kFused>
HWY_NOINLINE void DepthwiseGradient(const DepthwiseGradientArgs& t) {
  const KernelScope scope;
  const TileD d;
  using V = hn::Vec<TileD>;
  const auto lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  const ptrdiff_t x_tap = t.x_tap, x_column = t.x_column, dy_column = t.dy_column;

  int64_t some_begin = t.begin[0], all_begin = t.begin[0];
  int64_t some_end = t.end[0], all_end = t.end[0];
  for (int k = 1; k < kTaps; ++k) {
    some_begin = std::min(some_begin, t.begin[k]), all_begin = std::max(all_begin, t.begin[k]);
    some_end = std::max(some_end, t.end[k]), all_end = std::min(all_end, t.end[k]);
  }
  if (all_begin >= all_end) all_begin = all_end = some_end;  // every column is an edge

#define WINDROW_DECLARE(k, v) c##k##_##v = hn::LoadU(d, t.chains + k * t.chain_tap + v * lanes)
  V c0_0, c0_1, c0_2, c0_3, c1_0, c1_1, c1_2, c1_3, c2_0, c2_1, c2_2, c2_3, c3_0, c3_1, c3_2, c3_3;
  V c4_0, c4_1, c4_2, c4_3;
  c0_1 = c0_2 = c0_3 = hn::Zero(d);
  c1_0 = c1_1 = c1_2 = c1_3 = c0_1;
  c2_0 = c2_1 = c2_2 = c2_3 = c0_1;
  c3_0 = c3_1 = c3_2 = c3_3 = c0_1;
  c4_0 = c4_1 = c4_2 = c4_3 = c0_1;
  WINDROW_FOR_TAPS(WINDROW_DECLARE)

#define WINDROW_LOAD_DY                                       \
  const V b0 = hn::LoadU(d, dy);                              \
  [[maybe_unused]] V b1, b2, b3;                              \
  if constexpr (kVecs > 1) b1 = hn::LoadU(d, dy + lanes);     \
  if constexpr (kVecs > 2) b2 = hn::LoadU(d, dy + 2 * lanes); \
  if constexpr (kVecs > 3) b3 = hn::LoadU(d, dy + 3 * lanes)
#define WINDROW_STEP(k, v) \
  c##k##_##v = MultiplyAdd<kFused>(hn::LoadU(d, x + k * x_tap + v * lanes), b##v, c##k##_##v)
#define WINDROW_EDGE_STEP(k, v) \
  if (column >= t.begin[k] && column < t.end[k]) WINDROW_STEP(k, v)

  for (int64_t row = 0; row < t.rows; ++row) {
    const float* const x_row = t.x + row * t.x_row;
    const float* const dy_row = t.dy + row * t.dy_row;
    const auto edge = [&](int64_t from, int64_t to) HWY_ATTR {
      for (int64_t column = from; column < to; ++column) {
        const float* const x = x_row + column * x_column;
        const float* const dy = dy_row + column * dy_column;
        WINDROW_LOAD_DY;
        WINDROW_FOR_TAPS(WINDROW_EDGE_STEP)
      }
    };
    edge(some_begin, all_begin);
    const float* HWY_RESTRICT x = x_row + all_begin * x_column;
    const float* HWY_RESTRICT dy = dy_row + all_begin * dy_column;
    for (int64_t column = all_begin; column < all_end; ++column) {
      WINDROW_LOAD_DY;
      WINDROW_FOR_TAPS(WINDROW_STEP)
      x += x_column;
      dy += dy_column;
    }
    edge(all_end, some_end);
  }

#define WINDROW_KEEP(k, v) hn::StoreU(c##k##_##v, d, t.chains + k * t.chain_tap + v * lanes)
  WINDROW_FOR_TAPS(WINDROW_KEEP)
}

#undef WINDROW_FOR_VECS
#undef WINDROW_FOR_TAPS
#undef WINDROW_DECLARE
#undef WINDROW_LOAD_DY
#undef WINDROW_STEP
#undef WINDROW_EDGE_STEP
#undef WINDROW_KEEP

template <bool kFused, int kTaps, size_t... kVec>
constexpr void FillGradientTaps(DepthwiseGradientTable& table, std::index_sequence<kVec...>) {
  table.max_vecs[kTaps] = static_cast<int>(sizeof...(kVec));
  ((table.taps[kTaps][kVec + 1] = &DepthwiseGradient<kTaps, static_cast<int>(kVec) + 1, kFused>),
   ...);
}

template <bool kFused, size_t... kTap>
constexpr void FillDepthwiseGradients(DepthwiseGradientTable& table, std::index_sequence<kTap...>) {
  table.max_taps = kMaxGradientTaps;
  (FillGradientTaps<kFused, static_cast<int>(kTap) + 1>(
       table, std::make_index_sequence<std::min<size_t>((kVectorRegisters - 1) / (kTap + 2),
                                                        kMaxGradientVecs)>()),
   ...);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
