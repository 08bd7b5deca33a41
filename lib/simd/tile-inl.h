// THE inner multiply-add: a register tile of rows x vectors, generic over its size and target.
//
//   for each tile of a line:
//     for each run of the window: for k: for row: a = Set(A[row][k]); for v: acc[row][v] += a *
//     B[k][v]
//
// Lanes run over outputs, never over the reduction, so that every output is one chain in one order.
// They are channels (rows are pixels, A the input, B the weights) or pixels (rows are channels, A
// the weights, B the input). Of a single pixel rows are panels of channels, for a row by itself
// would wait for the latency of each multiply-add: A are the weights, vectors then, and B the
// input, which is broadcast.
//
// Budget: rows * vecs accumulators, vecs vectors of B, one of A, and one more for the product
// where the multiply-add is two instructions, all in registers. Row addresses are kept as one
// pointer for each five rows (base + {0, 1, 2, 3, 4} * distance are x86 addressing modes once 3 *
// distance is at hand), so that 14 rows need 3 pointers and nothing spills. Named variables instead
// of an array of accumulators: GCC keeps an array in memory, and SVE and RVV forbid it.
#if defined(WINDROW_LIB_SIMD_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_TILE_INL_H_
#undef WINDROW_LIB_SIMD_TILE_INL_H_
#else
#define WINDROW_LIB_SIMD_TILE_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "lib/simd/copy-inl.h"
#include "lib/simd/deinterleave-inl.h"
#include "lib/simd/epilogue-inl.h"
#include "lib/simd/kernels.h"
#include "lib/simd/lanes-inl.h"
#include "lib/simd/transpose-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using TileD = hn::ScalableTag<float>;

// The max rows that keep a tile in registers.
constexpr int MaxRows(int vecs, bool fused) {
  return std::min((kVectorRegisters - vecs - (fused ? 1 : 2)) / vecs, kMaxTileRows);
}

// Wide enough that loads do not limit the multiply-adds: 24 per 10 loads at 6 x 4, 12 per 7 at 4
// x 3.
inline constexpr int kMaxVecs = kVectorRegisters == 32 ? 4 : 3;

template <bool kFused, class V>
HWY_INLINE V MultiplyAdd(V a, V b, V acc) {
  if constexpr (kFused) {
    return hn::MulAdd(a, b, acc);
  } else {
    return hn::Add(acc, hn::Mul(a, b));
  }
}

#define WINDROW_FOR_ROWS(X) \
  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)
static_assert(kMaxTileRows == 14 && kMaxTileVecs == 4, "the macros below name every accumulator");

// Calls X(row, v) for the vectors of a row.
#define WINDROW_FOR_VECS(X, r)        \
  if constexpr (kRows > r) {          \
    X(r, 0);                          \
    if constexpr (kVecs > 1) X(r, 1); \
    if constexpr (kVecs > 2) X(r, 2); \
    if constexpr (kVecs > 3) X(r, 3); \
  }

// What the lanes are: output channels that share an input, pixels that share a weight, channels
// with an input each (the second without touching the lanes past the tail), or the output channels
// of one pixel, a panel of them a row.
enum class Lanes { kChannels, kPixels, kDepthwise, kDepthwiseTail, kPanels };

// How far ahead rows of weights that are read once are prefetched, in bytes: one line of each a
// step. All of them would cost more than they bring where the weights are in the L2 cache.
inline constexpr uintptr_t kPanelsAhead = 1024;

template <int kRows, int kVecs, bool kFused, Lanes kLanes = Lanes::kChannels>
HWY_NOINLINE void Tile(const TileArgs& t) {
  const KernelScope scope;
  const TileD d;
  using V = hn::Vec<TileD>;
  const size_t lanes = hn::Lanes(d);
  uintptr_t prefetch = t.prefetch;
  const int64_t tiles = kLanes == Lanes::kPixels ? 1 : t.tiles;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const ptrdiff_t first_row = tile * kRows;
#define WINDROW_DECLARE(r) \
  V c##r##_0 = hn::Zero(d), c##r##_1 = c##r##_0, c##r##_2 = c##r##_0, c##r##_3 = c##r##_0;
    WINDROW_FOR_ROWS(WINDROW_DECLARE)
#undef WINDROW_DECLARE

    float* const y = t.y + first_row * t.y_row;
    constexpr bool kPanels = kLanes == Lanes::kPanels;
    constexpr bool kBroadcast = kLanes == Lanes::kChannels || kLanes == Lanes::kPixels;
    constexpr bool kDepthwise = !kBroadcast && !kPanels;
    const float* const bias =
        t.bias + (kPanels ? first_row * kVecs * static_cast<ptrdiff_t>(lanes) : 0);
    if (t.first) {
// The addition flushes a denormal bias if the caller wants that, before it meets a tap or none.
#define WINDROW_BIAS(r, v)                                                              \
  c##r##_##v = hn::Add(kLanes == Lanes::kPixels                                         \
                           ? hn::Set(d, bias[r])                                        \
                           : hn::Load(d, bias + (kPanels ? r * kVecs + v : v) * lanes), \
                       hn::Zero(d))
#define WINDROW_BIAS_ROW(r) WINDROW_FOR_VECS(WINDROW_BIAS, r)
      WINDROW_FOR_ROWS(WINDROW_BIAS_ROW)
    } else {
#define WINDROW_MAY_BE_PARTIAL(r, v) (v == kVecs - 1 && (!kPanels || r == kRows - 1))
#define WINDROW_RESUME(r, v)                            \
  c##r##_##v = LoadLanes<WINDROW_MAY_BE_PARTIAL(r, v)>( \
      d, y + r * t.y_row + v * static_cast<ptrdiff_t>(lanes), t.tail)
#define WINDROW_RESUME_ROW(r) WINDROW_FOR_VECS(WINDROW_RESUME, r)
      WINDROW_FOR_ROWS(WINDROW_RESUME_ROW)
    }

    // Weights are packed so that the channels of a tile are neighbours.
    const ptrdiff_t s = kLanes == Lanes::kPixels ? 1 : t.a_row, s3 = 3 * s;
    const ptrdiff_t a_k = kLanes == Lanes::kPixels || kPanels ? t.a_k : 1;
    const uintptr_t prefetch_step = t.prefetch_step;
    for (int64_t i = 0; i < t.outer; ++i) {
      for (int64_t j = 0; j < t.inner; ++j) {
        const float* HWY_RESTRICT p0 = t.a + first_row * s + i * t.a_outer + j * t.a_inner;
        [[maybe_unused]] const float* HWY_RESTRICT p5 = p0 + 5 * s;
        [[maybe_unused]] const float* HWY_RESTRICT p10 = p5 + 5 * s;
        const float* HWY_RESTRICT b = t.b + i * t.b_outer + j * t.b_inner;
        const ptrdiff_t b_k = t.b_k;
        // A lane of its own input has one input a tap.
        for (int64_t k = kDepthwise ? 1 : t.len; k != 0; --k) {
          V b0 = kPanels ? hn::Set(d, *b) : hn::LoadU(d, b);
          [[maybe_unused]] V b1 = b0, b2 = b0, b3 = b0;
          if constexpr (!kPanels) {
            if constexpr (kVecs > 1) b1 = hn::LoadU(d, b + lanes);
            if constexpr (kVecs > 2) b2 = hn::LoadU(d, b + 2 * lanes);
            if constexpr (kVecs > 3) b3 = hn::LoadU(d, b + 3 * lanes);
          }
#define WINDROW_GROUP(r) (r < 5 ? p0 : r < 10 ? p5 : p10)
#define WINDROW_ADDRESS(r)                 \
  (r % 5 == 0   ? WINDROW_GROUP(r)         \
   : r % 5 == 1 ? WINDROW_GROUP(r) + s     \
   : r % 5 == 2 ? WINDROW_GROUP(r) + 2 * s \
   : r % 5 == 3 ? WINDROW_GROUP(r) + s3    \
                : WINDROW_GROUP(r) + 4 * s)
#define WINDROW_STEP(r, v) c##r##_##v = MultiplyAdd<kFused>(a, b##v, c##r##_##v)
#define WINDROW_VECTOR_STEP(r, v)                                                  \
  c##r##_##v = MultiplyAdd<kFused>(                                                \
      LoadLanes < kLanes == Lanes::kDepthwiseTail &&                               \
          v == kVecs - 1 > (d, a_row + v * static_cast<ptrdiff_t>(lanes), t.tail), \
      b##v, c##r##_##v)
// A row's address is hidden, since GCC would keep the distances of all vectors, for which there are
// not registers enough.
#define WINDROW_STEP_ROW(r)                                                                    \
  if constexpr (kRows > r) {                                                                   \
    if constexpr (kBroadcast) {                                                                \
      const V a = hn::Set(d, *WINDROW_ADDRESS(r));                                             \
      WINDROW_FOR_VECS(WINDROW_STEP, r)                                                        \
    } else {                                                                                   \
      const float* a_row = WINDROW_ADDRESS(r);                                                 \
      asm("" : "+r"(a_row));                                                                   \
      WINDROW_FOR_VECS(WINDROW_VECTOR_STEP, r)                                                 \
      if constexpr (kPanels && kRows > 1)                                                      \
        __builtin_prefetch(                                                                    \
            reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(a_row) + kPanelsAhead)); \
    }                                                                                          \
  }
          WINDROW_FOR_ROWS(WINDROW_STEP_ROW)
          if constexpr (!kPanels) {
            __builtin_prefetch(reinterpret_cast<const void*>(prefetch));
            prefetch += prefetch_step;
          }
          p0 += a_k;
          if constexpr (kRows > 5) p5 += a_k;
          if constexpr (kRows > 10) p10 += a_k;
          b += b_k;
        }
      }
    }

    if (t.last) {
      if (t.residual != nullptr) {
        const float* const residual = t.residual + first_row * t.residual_row;
#define WINDROW_RESIDUAL(r, v)                         \
  c##r##_##v =                                         \
      hn::Add(c##r##_##v,                              \
              LoadLanes<WINDROW_MAY_BE_PARTIAL(r, v)>( \
                  d, residual + r * t.residual_row + v * static_cast<ptrdiff_t>(lanes), t.tail))
#define WINDROW_RESIDUAL_ROW(r) WINDROW_FOR_VECS(WINDROW_RESIDUAL, r)
        WINDROW_FOR_ROWS(WINDROW_RESIDUAL_ROW)
      }
      const V min = hn::Set(d, t.clamp_min), max = hn::Set(d, t.clamp_max);
      if (t.clamp) {
#define WINDROW_CLAMP(r, v) c##r##_##v = Finish<true>(d, c##r##_##v, min, max)
#define WINDROW_CLAMP_ROW(r) WINDROW_FOR_VECS(WINDROW_CLAMP, r)
        WINDROW_FOR_ROWS(WINDROW_CLAMP_ROW)
      } else {
#define WINDROW_FINISH(r, v) c##r##_##v = Finish<false>(d, c##r##_##v, min, max)
#define WINDROW_FINISH_ROW(r) WINDROW_FOR_VECS(WINDROW_FINISH, r)
        WINDROW_FOR_ROWS(WINDROW_FINISH_ROW)
      }
    }
#define WINDROW_STORE(r, v)                 \
  StoreLanes<WINDROW_MAY_BE_PARTIAL(r, v)>( \
      d, c##r##_##v, y + r * t.y_row + v * static_cast<ptrdiff_t>(lanes), t.tail)
#define WINDROW_STORE_ROW(r) WINDROW_FOR_VECS(WINDROW_STORE, r)
    WINDROW_FOR_ROWS(WINDROW_STORE_ROW)
  }
}

#undef WINDROW_FOR_ROWS
#undef WINDROW_FOR_VECS
#undef WINDROW_BIAS
#undef WINDROW_BIAS_ROW
#undef WINDROW_MAY_BE_PARTIAL
#undef WINDROW_RESUME
#undef WINDROW_RESUME_ROW
#undef WINDROW_GROUP
#undef WINDROW_ADDRESS
#undef WINDROW_STEP
#undef WINDROW_VECTOR_STEP
#undef WINDROW_STEP_ROW
#undef WINDROW_RESIDUAL
#undef WINDROW_RESIDUAL_ROW
#undef WINDROW_CLAMP
#undef WINDROW_CLAMP_ROW
#undef WINDROW_FINISH
#undef WINDROW_FINISH_ROW
#undef WINDROW_STORE
#undef WINDROW_STORE_ROW

// Depthwise tiles gain nothing from more rows: each multiply-add loads an input anyway. (Where a
// product takes a register, too, three rows of three vectors would leave none for the constants.)
// Four panels are chains enough for any latency, and as many streams of weights as are read
// fastest.
constexpr int MaxRowsOf(Lanes lanes, int vecs, bool fused) {
  if (lanes == Lanes::kPanels) return 4;
  const int max = kVectorRegisters == 32 ? 4 : fused ? 3 : 2;
  const bool broadcast = lanes == Lanes::kChannels || lanes == Lanes::kPixels;
  return broadcast ? MaxRows(vecs, fused) : std::min(MaxRows(vecs, fused), max);
}

template <bool kFused, Lanes kLanes, int kVecs, size_t... kRow>
constexpr void FillRows(TileTable& table, std::index_sequence<kRow...>) {
  table.max_rows[kVecs] = static_cast<int>(sizeof...(kRow));
  ((table.tile[kVecs][kRow + 1] = &Tile<static_cast<int>(kRow) + 1, kVecs, kFused, kLanes>), ...);
}

template <bool kFused, Lanes kLanes, size_t... kVec>
constexpr void FillTable(TileTable& table, std::index_sequence<kVec...>) {
  table.max_vecs = kMaxVecs;
  (FillRows<kFused, kLanes, static_cast<int>(kVec) + 1>(
       table, std::make_index_sequence<MaxRowsOf(kLanes, static_cast<int>(kVec) + 1, kFused)>()),
   ...);
}

template <bool kFused>
constexpr TileSet MakeTileSet() {
  constexpr auto kVecs = std::make_index_sequence<kMaxVecs>();
  TileSet set{};
  FillTable<kFused, Lanes::kChannels>(set, kVecs);
  FillTable<kFused, Lanes::kPixels>(set.pixels, kVecs);
  set.transpose = &Transpose;
  set.copy_rows = &CopyRows;
  set.stream_rows = &StreamRows;
  set.deinterleave = &Deinterleave;
  return set;
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
