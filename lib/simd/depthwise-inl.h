// Depthwise convolution of a small block of pixels, channels innermost: lanes are channels.
//
//   for each vector of channels: for each input pixel of the block in raster order:
//     x = load, once; for each output that it is a tap of: acc[output] += x * w[tap]
//
// Raster order over the inputs is raster order over the taps of every output, which is the
// canonical order. A block loads far fewer inputs than it has multiply-adds; its weights stay in
// registers while two rows or more of a block need them. Inputs are found through a table of
// pointers, so that padding of every mode is only a matter of where a pointer leads.
#if defined(WINDROW_LIB_SIMD_DEPTHWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_DEPTHWISE_INL_H_
#undef WINDROW_LIB_SIMD_DEPTHWISE_INL_H_
#else
#define WINDROW_LIB_SIMD_DEPTHWISE_INL_H_
#endif

#include <hwy/highway.h>

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

// Calls X(row, column) for every output of a block.
#define WINDROW_FOR_COLUMNS(X, r)        \
  if constexpr (kRows > r) {             \
    X(r, 0);                             \
    if constexpr (kColumns > 1) X(r, 1); \
    if constexpr (kColumns > 2) X(r, 2); \
    if constexpr (kColumns > 3) X(r, 3); \
  }
#define WINDROW_FOR_OUTPUTS(X) \
  WINDROW_FOR_COLUMNS(X, 0)    \
  WINDROW_FOR_COLUMNS(X, 1)    \
  WINDROW_FOR_COLUMNS(X, 2)    \
  WINDROW_FOR_COLUMNS(X, 3)
static_assert(kMaxBlockRows == 4 && kMaxBlockColumns == 4, "the macros name every accumulator");

// Calls X(ih, iw) for every input of a block.
#define WINDROW_INPUT(X, i, j) \
  if constexpr (kWide > j) X(i, j)
#define WINDROW_FOR_INPUTS_OF_ROW(X, i) \
  if constexpr (kHigh > i) {            \
    WINDROW_INPUT(X, i, 0);             \
    WINDROW_INPUT(X, i, 1);             \
    WINDROW_INPUT(X, i, 2);             \
    WINDROW_INPUT(X, i, 3);             \
    WINDROW_INPUT(X, i, 4);             \
    WINDROW_INPUT(X, i, 5);             \
    WINDROW_INPUT(X, i, 6);             \
    WINDROW_INPUT(X, i, 7);             \
    WINDROW_INPUT(X, i, 8);             \
    WINDROW_INPUT(X, i, 9);             \
    WINDROW_INPUT(X, i, 10);            \
  }
#define WINDROW_FOR_INPUTS(X)     \
  WINDROW_FOR_INPUTS_OF_ROW(X, 0) \
  WINDROW_FOR_INPUTS_OF_ROW(X, 1) \
  WINDROW_FOR_INPUTS_OF_ROW(X, 2) \
  WINDROW_FOR_INPUTS_OF_ROW(X, 3) \
  WINDROW_FOR_INPUTS_OF_ROW(X, 4) \
  WINDROW_FOR_INPUTS_OF_ROW(X, 5) \
  WINDROW_FOR_INPUTS_OF_ROW(X, 6)

template <int kKernel, int kStride, int kRows, int kColumns, bool kFused>
HWY_NOINLINE void DepthwiseBlock(const DepthwiseArgs& t) {
  const KernelScope scope;
  constexpr int kHigh = (kRows - 1) * kStride + kKernel;
  constexpr int kWide = (kColumns - 1) * kStride + kKernel;
  static_assert(kHigh <= 7 && kWide <= 11, "the macros name every input");
  // Few multiply-adds an input, so the speed is that of the memory. Elsewhere this only costs.
  [[maybe_unused]] constexpr bool kPrefetch = kKernel == 3 && kStride == 2;
  const TileD d;
  using V = hn::Vec<TileD>;
  const size_t lanes = hn::Lanes(d);
  const float* const* const pixels = t.pixels;
  const float* HWY_RESTRICT w = t.weights;
  const ptrdiff_t y_row = t.y_row, y_column = t.y_column;

  for (int64_t channel = 0; channel < t.channels; channel += static_cast<int64_t>(lanes)) {
    const ptrdiff_t offset = t.offset + channel;
    // The addition flushes a denormal bias if the caller wants that, before it meets a tap.
    const V bias = hn::Add(hn::LoadU(d, t.bias + channel), hn::Zero(d));
    V acc00 = bias, acc01 = bias, acc02 = bias, acc03 = bias;
    [[maybe_unused]] V acc10 = bias, acc11 = bias, acc12 = bias, acc13 = bias;
    [[maybe_unused]] V acc20 = bias, acc21 = bias, acc22 = bias, acc23 = bias;
    [[maybe_unused]] V acc30 = bias, acc31 = bias, acc32 = bias, acc33 = bias;

#define WINDROW_TAP(r, c)                                                               \
  if constexpr (ih >= r * kStride && ih < r * kStride + kKernel && iw >= c * kStride && \
                iw < c * kStride + kKernel) {                                           \
    constexpr size_t kTap = (ih - r * kStride) * kKernel + iw - c * kStride;            \
    acc##r##c = MultiplyAdd<kFused>(x, hn::Load(d, w + kTap * lanes), acc##r##c);       \
  }
#define WINDROW_LOAD(i, j)                                               \
  {                                                                      \
    constexpr int ih = i, iw = j;                                        \
    const V x = hn::LoadU(d, pixels[ih * kWide + iw] + offset);          \
    if constexpr (kPrefetch && ih >= kHigh - kRows * kStride &&          \
                  iw >= kWide - kColumns * kStride) {                    \
      __builtin_prefetch(pixels[ih * kWide + iw] + offset + t.prefetch); \
    }                                                                    \
    WINDROW_FOR_OUTPUTS(WINDROW_TAP)                                     \
  }
    WINDROW_FOR_INPUTS(WINDROW_LOAD)
    w += kKernel * kKernel * lanes;

    if (t.residual != nullptr) {
      const float* const residual = t.residual + channel;
#define WINDROW_RESIDUAL(r, c) \
  acc##r##c =                  \
      hn::Add(acc##r##c, hn::LoadU(d, residual + r * t.residual_row + c * t.residual_column))
      WINDROW_FOR_OUTPUTS(WINDROW_RESIDUAL)
    }
    const V min = hn::Set(d, t.clamp_min), max = hn::Set(d, t.clamp_max);
    float* const y = t.y + channel;
#define WINDROW_STORE(r, c) \
  hn::StoreU(Finish<kClamp>(d, acc##r##c, min, max), d, y + r * y_row + c * y_column)
    if (t.clamp) {
      constexpr bool kClamp = true;
      WINDROW_FOR_OUTPUTS(WINDROW_STORE)
    } else {
      constexpr bool kClamp = false;
      WINDROW_FOR_OUTPUTS(WINDROW_STORE)
    }
  }
}

#undef WINDROW_FOR_COLUMNS
#undef WINDROW_FOR_OUTPUTS
#undef WINDROW_INPUT
#undef WINDROW_FOR_INPUTS_OF_ROW
#undef WINDROW_FOR_INPUTS
#undef WINDROW_TAP
#undef WINDROW_LOAD
#undef WINDROW_RESIDUAL
#undef WINDROW_STORE

// A block's accumulators, its `kRows * kKernel` weights in use at a time and an input stay in
// registers.
template <int kKernel, int kStride>
constexpr int BlockRows() {
  if (kVectorRegisters == 32) return kKernel == 3 && kStride == 1 ? 4 : 2;
  return kKernel == 3 ? 2 : 1;
}

template <bool kFused, int kKernel, int kStride, int kRows, size_t... kColumn>
constexpr void FillBlockRow(DepthwiseTable& table, std::index_sequence<kColumn...>) {
  ((table.block[kRows][kColumn + 1] =
        &DepthwiseBlock<kKernel, kStride, kRows, static_cast<int>(kColumn) + 1, kFused>),
   ...);
}

template <bool kFused, int kKernel, int kStride, size_t... kRow>
constexpr void FillBlocks(DepthwiseTable& table, std::index_sequence<kRow...>) {
  table.max_rows = static_cast<int>(sizeof...(kRow));
  table.max_columns = kMaxBlockColumns;
  (FillBlockRow<kFused, kKernel, kStride, static_cast<int>(kRow) + 1>(
       table, std::make_index_sequence<kMaxBlockColumns>()),
   ...);
}

template <bool kFused>
constexpr void FillDepthwise(DepthwiseTable (&tables)[2][2]) {
  FillBlocks<kFused, 3, 1>(tables[0][0], std::make_index_sequence<BlockRows<3, 1>()>());
  FillBlocks<kFused, 3, 2>(tables[0][1], std::make_index_sequence<BlockRows<3, 2>()>());
  FillBlocks<kFused, 5, 1>(tables[1][0], std::make_index_sequence<BlockRows<5, 1>()>());
  FillBlocks<kFused, 5, 2>(tables[1][1], std::make_index_sequence<BlockRows<5, 2>()>());
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
