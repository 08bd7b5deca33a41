// Kernels three rows high: three rows of outputs at a time roll down the image.
//
//   for each input row: for kw: for c: for each column of the tile:
//     a = broadcast x, once;  for kh < 3: acc[column][kh] += a * w[kh][kw][c]
//     the row of outputs that has met its third input row is stored, the others move up
//
// acc[.][kh] is the row of outputs for which this is the input row kh, so each output meets its
// taps in the canonical order. A tile one vector wide is otherwise limited by loads, one for
// each multiply-add; here it is one for three. Lanes are output channels.
#if defined(WINDROW_LIB_SIMD_ROLLING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_ROLLING_INL_H_
#undef WINDROW_LIB_SIMD_ROLLING_INL_H_
#else
#define WINDROW_LIB_SIMD_ROLLING_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "lib/simd/epilogue-inl.h"
#include "lib/simd/kernels.h"
#include "lib/simd/tile-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Three accumulators a column, three vectors of weights, one of x, and one for the product where
// the multiply-add is two instructions. An eighth column would fit 32 registers, but it also needs
// a pointer: GCC keeps those in vector registers then, and spills, which costs a third of the
// speed.
constexpr int MaxRollingColumns(bool fused) {
  return std::min((kVectorRegisters - (fused ? 4 : 5)) / kRollingRows, kMaxRollingColumns);
}

#define WINDROW_FOR_COLUMNS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6)
static_assert(kMaxRollingColumns == 7 && kRollingRows == 3, "the macros name every accumulator");

template <int kColumns, bool kFused>
HWY_NOINLINE void Rolling(const RollingArgs& t) {
  const KernelScope scope;
  const TileD d;
  using V = hn::Vec<TileD>;
  const auto lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  const ptrdiff_t kernel_row = t.kernel_w * t.channels * lanes;
  const V min = hn::Set(d, t.clamp_min), max = hn::Set(d, t.clamp_max);
  float* y = t.y;
  const float* residual = t.residual;

// The addition flushes a denormal bias if the caller wants that, before it meets a tap or none.
#define WINDROW_BIAS hn::Add(hn::Load(d, t.bias), hn::Zero(d))
#define WINDROW_DECLARE(j) \
  [[maybe_unused]] V c##j##_0 = WINDROW_BIAS, c##j##_1 = c##j##_0, c##j##_2 = c##j##_0;
  WINDROW_FOR_COLUMNS(WINDROW_DECLARE)

#define WINDROW_STEP(j, first, end, left, right)                               \
  if constexpr (j >= left && j < right) {                                      \
    const V a = hn::Set(d, p##j[k]);                                           \
    if constexpr (first == 0) c##j##_0 = MultiplyAdd<kFused>(a, b0, c##j##_0); \
    c##j##_1 = MultiplyAdd<kFused>(a, b1, c##j##_1);                           \
    if constexpr (end == 3) c##j##_2 = MultiplyAdd<kFused>(a, b2, c##j##_2);   \
  }
// A run of channels, for the kernel rows [first, end) and the columns [left, right) of the tile.
#define WINDROW_RUN(first, end, left, right)                       \
  for (int64_t k = 0; k < t.channels; ++k, w += lanes) {           \
    [[maybe_unused]] const V b0 = hn::Load(d, w);                  \
    [[maybe_unused]] const V b1 = hn::Load(d, w + kernel_row);     \
    [[maybe_unused]] const V b2 = hn::Load(d, w + 2 * kernel_row); \
    WINDROW_STEP(0, first, end, left, right)                       \
    WINDROW_STEP(1, first, end, left, right)                       \
    WINDROW_STEP(2, first, end, left, right)                       \
    WINDROW_STEP(3, first, end, left, right)                       \
    WINDROW_STEP(4, first, end, left, right)                       \
    WINDROW_STEP(5, first, end, left, right)                       \
    WINDROW_STEP(6, first, end, left, right)                       \
  }

  for (int64_t i = 0; i < t.height + kRollingRows - 1; ++i) {
    const float* const row = t.rows[i];
    if (row != nullptr || !t.skip_padding) {
      const float* HWY_RESTRICT w = t.weights;
      const ptrdiff_t* column = t.columns;
      for (int64_t kw = 0; kw < t.kernel_w; ++kw, column += kColumns) {
#define WINDROW_PIXEL(j)                                 \
  [[maybe_unused]] const float* HWY_RESTRICT p##j = row; \
  if constexpr (kColumns > j) p##j = row == nullptr || column[j] < 0 ? t.zeros : row + column[j];
        WINDROW_FOR_COLUMNS(WINDROW_PIXEL)
        if (i < kRollingRows - 1) {  // acc[.][2] lies above the band
          WINDROW_RUN(0, 2, 0, kColumns)
        } else if (i >= t.height) {  // acc[.][0] lies below it
          WINDROW_RUN(1, 3, 0, kColumns)
        } else if (t.skip_padding && column[0] < 0) {
          WINDROW_RUN(0, 3, 1, kColumns)
        } else if (t.skip_padding && column[kColumns - 1] < 0) {
          WINDROW_RUN(0, 3, 0, kColumns - 1)
        } else {
          WINDROW_RUN(0, 3, 0, kColumns)
        }
      }
    }
    if (i >= kRollingRows - 1) {
      if (residual != nullptr) {
#define WINDROW_RESIDUAL(j)   \
  if constexpr (kColumns > j) \
    c##j##_2 = hn::Add(c##j##_2, LoadLanes<true>(d, residual + j * t.residual_column, t.tail));
        WINDROW_FOR_COLUMNS(WINDROW_RESIDUAL)
        residual += t.residual_row;
      }
      if (t.clamp) {
#define WINDROW_CLAMP(j) \
  if constexpr (kColumns > j) c##j##_2 = Finish<true>(d, c##j##_2, min, max);
        WINDROW_FOR_COLUMNS(WINDROW_CLAMP)
      } else {
#define WINDROW_FINISH(j) \
  if constexpr (kColumns > j) c##j##_2 = Finish<false>(d, c##j##_2, min, max);
        WINDROW_FOR_COLUMNS(WINDROW_FINISH)
      }
#define WINDROW_STORE(j) \
  if constexpr (kColumns > j) StoreLanes<true>(d, c##j##_2, y + j * t.y_column, t.tail);
      WINDROW_FOR_COLUMNS(WINDROW_STORE)
      y += t.y_row;
    }
#define WINDROW_ROLL(j)         \
  if constexpr (kColumns > j) { \
    c##j##_2 = c##j##_1;        \
    c##j##_1 = c##j##_0;        \
    c##j##_0 = WINDROW_BIAS;    \
  }
    WINDROW_FOR_COLUMNS(WINDROW_ROLL)
  }
}

#undef WINDROW_FOR_COLUMNS
#undef WINDROW_BIAS
#undef WINDROW_DECLARE
#undef WINDROW_PIXEL
#undef WINDROW_STEP
#undef WINDROW_RUN
#undef WINDROW_RESIDUAL
#undef WINDROW_CLAMP
#undef WINDROW_FINISH
#undef WINDROW_STORE
#undef WINDROW_ROLL

template <bool kFused, size_t... kColumn>
constexpr void FillRolling(RollingTable& table, std::index_sequence<kColumn...>) {
  table.max_columns = static_cast<int>(sizeof...(kColumn));
  ((table.tile[kColumn + 1] = &Rolling<static_cast<int>(kColumn) + 1, kFused>), ...);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
