// Square kernels on planes: as many rows of outputs as one input row takes part in roll down the
// plane together.
//
//   for each plane: for each strip of columns: for each input row: for kw:
//     x[v] = load;  for each row of outputs that uses this input row: acc[row][v] += x[v] * weight
//     the row of outputs that has met its last input row is stored, the others move up
//
// Each input vector is loaded once a tap for all the outputs it takes part in, a plane of any
// height is one call, and so are some planes, which a call for each would take as long to start as
// the smallest of them take to compute. Lanes are the pixels of a row.
#if defined(WINDROW_LIB_SIMD_PLANAR_ROLLING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_PLANAR_ROLLING_INL_H_
#undef WINDROW_LIB_SIMD_PLANAR_ROLLING_INL_H_
#else
#define WINDROW_LIB_SIMD_PLANAR_ROLLING_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/simd/epilogue-inl.h"
#include "lib/simd/kernels.h"
#include "lib/simd/tile-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// The weight of a tap: of nine, those in registers.
template <int kTap, int kTaps, class V>
HWY_INLINE V RollingWeight(TileD d, const float* weights, V w0, V w1, V w2, V w3, V w4, V w5, V w6,
                           V w7, V w8) {
  if constexpr (kTaps != 9) return hn::Set(d, weights[kTap]);
  if constexpr (kTap == 0) return w0;
  if constexpr (kTap == 1) return w1;
  if constexpr (kTap == 2) return w2;
  if constexpr (kTap == 3) return w3;
  if constexpr (kTap == 4) return w4;
  if constexpr (kTap == 5) return w5;
  if constexpr (kTap == 6) return w6;
  if constexpr (kTap == 7) return w7;
  return w8;
}

// As much as one vector of outputs each uses up of the inputs.
template <int kStride, int kVecs>
HWY_INLINE void PrefetchAhead(uintptr_t& ahead, ptrdiff_t row) {
  const size_t lanes = hn::Lanes(TileD());
  const size_t bytes = kStride * kVecs * lanes * sizeof(float);
  for (int i = 0; i < kStride; ++i) {
    for (size_t at = 0; at < bytes; at += 64) {
      __builtin_prefetch(reinterpret_cast<const void*>(ahead + at));
    }
    ahead += static_cast<size_t>(row) * sizeof(float);
  }
}

// Calls X(v) for the vectors of a row.
#define WINDROW_FOR_VECS(X)    \
  {                            \
    X(0);                      \
    if constexpr (kVecs > 1) { \
      X(1);                    \
    }                          \
  }
static_assert(kMaxPlanarRollingVecs == 2, "the macros name every accumulator");

template <int kKernel, int kStride, int kVecs, bool kFused>
HWY_NOINLINE void PlanarRolling(const PlanarArgs& t) {
  const KernelScope scope;
  const TileD d;
  using V = hn::Vec<TileD>;
  const auto lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  // Rows of outputs on the way when one of them is about to be stored.
  constexpr int kLive = (kKernel + kStride - 1) / kStride;
  constexpr int kTaps = kKernel * kKernel;
  const V min = hn::Set(d, t.clamp_min), max = hn::Set(d, t.clamp_max);
  // Stores to y might change what `t` points at, for all that compilers know.
  const ptrdiff_t y_row = t.y_row, ahead_row = t.ahead_row;
  const bool clamp = t.clamp;

  for (int64_t plane = 0; plane < t.planes.count; ++plane) {
    const float* const weights = t.weights + plane * t.planes.weights;
    // The addition flushes a denormal bias if the caller wants that, before it meets a tap.
    const V bias = hn::Add(hn::Set(d, t.bias[plane * t.planes.bias]), hn::Zero(d));
// Nine stay in registers.
#define WINDROW_WEIGHT(i) const V w##i = hn::Set(d, weights[i])
    WINDROW_WEIGHT(0);
    WINDROW_WEIGHT(1);
    WINDROW_WEIGHT(2);
    WINDROW_WEIGHT(3);
    WINDROW_WEIGHT(4);
    WINDROW_WEIGHT(5);
    WINDROW_WEIGHT(6);
    WINDROW_WEIGHT(7);
    WINDROW_WEIGHT(8);

    for (int64_t strip = 0; strip < t.tiles; ++strip) {
      const ptrdiff_t across = std::min(strip * kVecs * lanes, t.last);
#define WINDROW_COLUMN(kw)                      \
  [[maybe_unused]] const ptrdiff_t column##kw = \
      kw < kKernel ? t.columns[kw < kKernel ? kw : 0] + t.column + across : 0
      WINDROW_COLUMN(0);
      WINDROW_COLUMN(1);
      WINDROW_COLUMN(2);
      WINDROW_COLUMN(3);
      WINDROW_COLUMN(4);
      const float* const* rows = t.rows + plane * t.planes.rows;
      float* y = t.y + plane * t.planes.y + across;
      const float* residual =
          t.residual == nullptr ? nullptr : t.residual + plane * t.planes.residual + across;
      uintptr_t ahead =
          reinterpret_cast<uintptr_t>(t.ahead) +
          static_cast<size_t>(plane * t.planes.ahead + across * kStride) * sizeof(float);
#define WINDROW_DECLARE(r) [[maybe_unused]] V acc##r##0 = bias, acc##r##1 = bias
      WINDROW_DECLARE(0);
      WINDROW_DECLARE(1);
      WINDROW_DECLARE(2);
      WINDROW_DECLARE(3);
      WINDROW_DECLARE(4);

// acc0 is the row of outputs that has met most. Of the rows from its first input row on this is
// row `kRow`, of which acc[r] needs the taps of kernel row kRow - r * kStride.
#define WINDROW_STEP(r, v)                                                                       \
  if constexpr (r < kRowsOn && kRow >= r * kStride && kRow - r * kStride < kKernel) {            \
    constexpr int kTap = (kRow - r * kStride) * kKernel + kW;                                    \
    const V weight = RollingWeight<kTap, kTaps>(d, weights, w0, w1, w2, w3, w4, w5, w6, w7, w8); \
    acc##r##v = MultiplyAdd<kFused>(x##v, weight, acc##r##v);                                    \
  }
#define WINDROW_STEP_ROWS(v) \
  WINDROW_STEP(0, v) WINDROW_STEP(1, v) WINDROW_STEP(2, v) WINDROW_STEP(3, v) WINDROW_STEP(4, v)
#define WINDROW_TAP(kw)                       \
  if constexpr (kw < kKernel) {               \
    constexpr int kW = kw;                    \
    const float* const p = from + column##kw; \
    const V x0 = hn::LoadU(d, p);             \
    WINDROW_STEP_ROWS(0)                      \
    if constexpr (kVecs > 1) {                \
      const V x1 = hn::LoadU(d, p + lanes);   \
      WINDROW_STEP_ROWS(1)                    \
    }                                         \
  }
#define WINDROW_INPUT_ROW(row, on)                              \
  {                                                             \
    constexpr int kRow = row, kRowsOn = on;                     \
    const float* const from = rows[kRow];                       \
    WINDROW_TAP(0)                                              \
    WINDROW_TAP(1) WINDROW_TAP(2) WINDROW_TAP(3) WINDROW_TAP(4) \
  }
#define WINDROW_RESIDUAL(v) acc0##v = hn::Add(acc0##v, hn::LoadU(d, residual + v * lanes))
#define WINDROW_CLAMP(v) acc0##v = Finish<true>(d, acc0##v, min, max)
#define WINDROW_FINISH(v) acc0##v = Finish<false>(d, acc0##v, min, max)
#define WINDROW_STORE(v) hn::StoreU(acc0##v, d, y + v * lanes)
#define WINDROW_MOVE(v)                       \
  acc0##v = acc1##v;                          \
  if constexpr (kLive == 2) acc1##v = bias;   \
  if constexpr (kLive > 2) acc1##v = acc2##v; \
  if constexpr (kLive == 3) acc2##v = bias;   \
  if constexpr (kLive > 3) {                  \
    acc2##v = acc3##v;                        \
    acc3##v = acc4##v;                        \
    acc4##v = bias;                           \
  }
// The last input rows of a row of outputs, then its end. There are `on` such rows left, or more.
#define WINDROW_OUTPUT_ROW(on)                                     \
  {                                                                \
    PrefetchAhead<kStride, kVecs>(ahead, ahead_row);               \
    if constexpr (kStride == 2) WINDROW_INPUT_ROW(kKernel - 2, on) \
    WINDROW_INPUT_ROW(kKernel - 1, on)                             \
    if (residual != nullptr) {                                     \
      WINDROW_FOR_VECS(WINDROW_RESIDUAL)                           \
      residual += t.residual_row;                                  \
    }                                                              \
    if (clamp) {                                                   \
      WINDROW_FOR_VECS(WINDROW_CLAMP)                              \
    } else {                                                       \
      WINDROW_FOR_VECS(WINDROW_FINISH)                             \
    }                                                              \
    WINDROW_FOR_VECS(WINDROW_STORE)                                \
    WINDROW_FOR_VECS(WINDROW_MOVE)                                 \
    y += y_row;                                                    \
    rows += kStride;                                               \
  }

      WINDROW_INPUT_ROW(0, kLive)
      if constexpr (kKernel - kStride > 1) WINDROW_INPUT_ROW(1, kLive)
      if constexpr (kKernel - kStride > 2) WINDROW_INPUT_ROW(2, kLive)
      if constexpr (kKernel - kStride > 3) WINDROW_INPUT_ROW(3, kLive)
      int64_t left = t.height;
      for (; left >= kLive; --left) WINDROW_OUTPUT_ROW(kLive)
      if constexpr (kLive > 4) {
        if (left == 4) WINDROW_OUTPUT_ROW(4)
      }
      if constexpr (kLive > 3) {
        if (left >= 3) WINDROW_OUTPUT_ROW(3)
      }
      if constexpr (kLive > 2) {
        if (left >= 2) WINDROW_OUTPUT_ROW(2)
      }
      if (left >= 1) WINDROW_OUTPUT_ROW(1)
    }
  }
}

#undef WINDROW_FOR_VECS
#undef WINDROW_WEIGHT
#undef WINDROW_COLUMN
#undef WINDROW_DECLARE
#undef WINDROW_STEP
#undef WINDROW_STEP_ROWS
#undef WINDROW_TAP
#undef WINDROW_INPUT_ROW
#undef WINDROW_RESIDUAL
#undef WINDROW_CLAMP
#undef WINDROW_FINISH
#undef WINDROW_STORE
#undef WINDROW_MOVE
#undef WINDROW_OUTPUT_ROW

// Nine weights, three rows of outputs and an input fit 16 registers; 25 weights do not fit any, and
// are loaded for two vectors at a time.
constexpr int MaxPlanarRollingVecs(int kernel) {
  return kernel == 3 && kVectorRegisters == 16 ? 1 : kMaxPlanarRollingVecs;
}

template <bool kFused, int kKernel, int kStride>
constexpr void FillPlanarRollingOf(PlanarRollingTable& table) {
  table.max_vecs = MaxPlanarRollingVecs(kKernel);
  table.planes[1] = &PlanarRolling<kKernel, kStride, 1, kFused>;
  if constexpr (MaxPlanarRollingVecs(kKernel) > 1) {
    table.planes[2] = &PlanarRolling<kKernel, kStride, 2, kFused>;
  }
}

template <bool kFused>
constexpr void FillPlanarRolling(PlanarRollingTable (&tables)[2][2]) {
  FillPlanarRollingOf<kFused, 3, 1>(tables[0][0]);
  FillPlanarRollingOf<kFused, 3, 2>(tables[0][1]);
  FillPlanarRollingOf<kFused, 5, 1>(tables[1][0]);
  FillPlanarRollingOf<kFused, 5, 2>(tables[1][1]);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
