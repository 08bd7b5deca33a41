// One plane convolved with one kernel: lanes are the pixels of a row, a tile is a few rows of a few
// vectors of outputs.
//
//   for each tile along the rows: for each input row: for each tap of a kernel row:
//     x[v] = load; for each output row that uses this input row: w = Set(weight);
//     for v: acc[row][v] += x[v] * w
//
// Input rows from the top, taps from the left: the canonical order of every output, and each input
// vector is loaded once a tap for all the rows.
#if defined(WINDROW_LIB_SIMD_PLANAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_PLANAR_INL_H_
#undef WINDROW_LIB_SIMD_PLANAR_INL_H_
#else
#define WINDROW_LIB_SIMD_PLANAR_INL_H_
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

// Which input rows the output rows of a tile use.
enum class Planar {
  kShared,  // one further down each (stride and dilation 1), of a kernel at least as high as the
            // tile
  kApart,   // any: nothing is shared but the weight
};

#define WINDROW_FOR_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5)
static_assert(kMaxPlanarRows == 6 && kMaxPlanarVecs == 4, "the macros name every accumulator");

// Calls X(row, v) for the vectors of a row.
#define WINDROW_FOR_VECS(X, r)        \
  if constexpr (kRows > r) {          \
    X(r, 0);                          \
    if constexpr (kVecs > 1) X(r, 1); \
    if constexpr (kVecs > 2) X(r, 2); \
    if constexpr (kVecs > 3) X(r, 3); \
  }

template <int kRows, int kVecs, Planar kKind, bool kFused>
HWY_NOINLINE void PlanarTile(const PlanarArgs& t) {
  const KernelScope scope;
  const TileD d;
  using V = hn::Vec<TileD>;
  const size_t lanes = hn::Lanes(d);
  const float* const* const rows = t.rows;
  const int64_t width = t.kernel_w;
  // The weights of one tap lie `width` before those of the row above: w[{0, -1, ... -5} * width].
  [[maybe_unused]] const ptrdiff_t up = -width, up3 = -3 * width, up5 = -5 * width;

  for (int64_t tile = 0; tile < t.tiles; ++tile) {
    const ptrdiff_t across = tile * kVecs * static_cast<ptrdiff_t>(lanes);
    // The addition flushes a denormal bias if the caller wants that, before it meets a tap.
    const V bias = hn::Add(hn::Set(d, *t.bias), hn::Zero(d));
#define WINDROW_DECLARE(r) \
  [[maybe_unused]] V acc##r##0 = bias, acc##r##1 = bias, acc##r##2 = bias, acc##r##3 = bias;
    WINDROW_FOR_ROWS(WINDROW_DECLARE)

#define WINDROW_STEP(r, v) acc##r##v = MultiplyAdd<kFused>(x##v, weight, acc##r##v)
#define WINDROW_LOAD_VECS(from)                              \
  const float* const p = from;                               \
  const V x0 = hn::LoadU(d, p);                              \
  [[maybe_unused]] V x1 = x0, x2 = x0, x3 = x0;              \
  if constexpr (kVecs > 1) x1 = hn::LoadU(d, p + lanes);     \
  if constexpr (kVecs > 2) x2 = hn::LoadU(d, p + 2 * lanes); \
  if constexpr (kVecs > 3) x3 = hn::LoadU(d, p + 3 * lanes)
#define WINDROW_STEP_ROW(r)                          \
  if constexpr (r >= kFirst && r <= kLast) {         \
    const V weight = hn::Set(d, r == 0   ? w[0]      \
                                : r == 1 ? w[up]     \
                                : r == 2 ? w[2 * up] \
                                : r == 3 ? w[up3]    \
                                : r == 4 ? w[4 * up] \
                                         : w[up5]);  \
    WINDROW_FOR_VECS(WINDROW_STEP, r)                \
  }
// One tap of input row `ih`, for the output rows `first` to `last`.
#define WINDROW_SHARED(first, last, offset)                   \
  {                                                           \
    constexpr int kFirst = first, kLast = last;               \
    const float* const w = t.weights + ih * width + kw;       \
    WINDROW_LOAD_VECS(rows[ih] + t.column + across + offset); \
    WINDROW_FOR_ROWS(WINDROW_STEP_ROW)                        \
  }
#define WINDROW_SHARED_ROW(first, last) \
  for (int64_t kw = 0; kw < width; ++kw) WINDROW_SHARED(first, last, t.columns[kw])

    if constexpr (kKind != Planar::kApart) {
      // The rows that this row of tiles is the first to read.
      const float* const* const fresh = rows + t.kernel_h - 1;
      const size_t ahead = static_cast<size_t>(t.column + across) + 4 * kVecs * lanes;
#define WINDROW_PREFETCH(r, v)                                                             \
  __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(fresh[r]) + \
                                                   (ahead + v * lanes) * sizeof(float)))
#define WINDROW_PREFETCH_ROW(r) WINDROW_FOR_VECS(WINDROW_PREFETCH, r)
      WINDROW_FOR_ROWS(WINDROW_PREFETCH_ROW)
    }
    if constexpr (kKind == Planar::kShared) {
      int64_t ih = 0;
#define WINDROW_ENTER(r)         \
  if constexpr (kRows > r + 1) { \
    WINDROW_SHARED_ROW(0, r)     \
    ++ih;                        \
  }
      WINDROW_ENTER(0)
      WINDROW_ENTER(1)
      WINDROW_ENTER(2)
      WINDROW_ENTER(3)
      WINDROW_ENTER(4)
      for (; ih < t.kernel_h; ++ih) WINDROW_SHARED_ROW(0, kRows - 1)
#define WINDROW_LEAVE(r)             \
  if constexpr (kRows > r) {         \
    WINDROW_SHARED_ROW(r, kRows - 1) \
    ++ih;                            \
  }
      WINDROW_LEAVE(1) WINDROW_LEAVE(2) WINDROW_LEAVE(3) WINDROW_LEAVE(4) WINDROW_LEAVE(5)
    } else {
      const float* w = t.weights;
      for (int64_t kh = 0; kh < t.kernel_h; ++kh) {
        for (int64_t kw = 0; kw < width; ++kw) {
          const V weight = hn::Set(d, *w++);
          const float* const* const from = rows + kh * t.row_dilation;
          const ptrdiff_t offset = t.column + across + t.columns[kw];
#define WINDROW_APART(r)                                \
  if constexpr (kRows > r) {                            \
    WINDROW_LOAD_VECS(from[r * t.row_stride] + offset); \
    WINDROW_FOR_VECS(WINDROW_STEP, r)                   \
  }
          WINDROW_FOR_ROWS(WINDROW_APART)
        }
      }
    }

    if (t.residual != nullptr) {
#define WINDROW_RESIDUAL(r, v)                                                           \
  acc##r##v = hn::Add(acc##r##v, hn::LoadU(d, t.residual + r * t.residual_row + across + \
                                                  v * static_cast<ptrdiff_t>(lanes)))
#define WINDROW_RESIDUAL_ROW(r) WINDROW_FOR_VECS(WINDROW_RESIDUAL, r)
      WINDROW_FOR_ROWS(WINDROW_RESIDUAL_ROW)
    }
    const V min = hn::Set(d, t.clamp_min), max = hn::Set(d, t.clamp_max);
    if (t.clamp) {
#define WINDROW_CLAMP(r, v) acc##r##v = Finish<true>(d, acc##r##v, min, max)
#define WINDROW_CLAMP_ROW(r) WINDROW_FOR_VECS(WINDROW_CLAMP, r)
      WINDROW_FOR_ROWS(WINDROW_CLAMP_ROW)
    } else {
#define WINDROW_FINISH(r, v) acc##r##v = Finish<false>(d, acc##r##v, min, max)
#define WINDROW_FINISH_ROW(r) WINDROW_FOR_VECS(WINDROW_FINISH, r)
      WINDROW_FOR_ROWS(WINDROW_FINISH_ROW)
    }
    float* const y = t.y + across;
#define WINDROW_STORE(r, v) \
  hn::StoreU(acc##r##v, d, y + r * t.y_row + v * static_cast<ptrdiff_t>(lanes))
#define WINDROW_STORE_ROW(r) WINDROW_FOR_VECS(WINDROW_STORE, r)
    WINDROW_FOR_ROWS(WINDROW_STORE_ROW)
  }
}

#undef WINDROW_FOR_ROWS
#undef WINDROW_FOR_VECS
#undef WINDROW_DECLARE
#undef WINDROW_STEP
#undef WINDROW_LOAD_VECS
#undef WINDROW_STEP_ROW
#undef WINDROW_SHARED
#undef WINDROW_SHARED_ROW
#undef WINDROW_PREFETCH
#undef WINDROW_PREFETCH_ROW
#undef WINDROW_ENTER
#undef WINDROW_LEAVE
#undef WINDROW_APART
#undef WINDROW_RESIDUAL
#undef WINDROW_RESIDUAL_ROW
#undef WINDROW_CLAMP
#undef WINDROW_CLAMP_ROW
#undef WINDROW_FINISH
#undef WINDROW_FINISH_ROW
#undef WINDROW_STORE
#undef WINDROW_STORE_ROW

constexpr int MaxPlanarRows(Planar kind, int vecs) {
  return std::min((kVectorRegisters - vecs - 2) / vecs,
                  kind == Planar::kApart ? 4 : kMaxPlanarRows);
}

constexpr int MaxPlanarVecs(Planar kind) {
  return kind == Planar::kApart || kVectorRegisters == 16 ? 2 : kMaxPlanarVecs;
}

template <bool kFused, Planar kKind, int kVecs, size_t... kRow>
constexpr void FillPlanarRows(PlanarTable& table, std::index_sequence<kRow...>) {
  table.max_rows[kVecs] = static_cast<int>(sizeof...(kRow));
  ((table.tile[kVecs][kRow + 1] = &PlanarTile<static_cast<int>(kRow) + 1, kVecs, kKind, kFused>),
   ...);
}

template <bool kFused, Planar kKind, size_t... kVec>
constexpr void FillPlanarTable(PlanarTable& table, std::index_sequence<kVec...>) {
  table.max_vecs = static_cast<int>(sizeof...(kVec));
  (FillPlanarRows<kFused, kKind, static_cast<int>(kVec) + 1>(
       table, std::make_index_sequence<MaxPlanarRows(kKind, static_cast<int>(kVec) + 1)>()),
   ...);
}

template <bool kFused, Planar kKind>
constexpr void FillPlanarKind(PlanarTable& table) {
  FillPlanarTable<kFused, kKind>(table, std::make_index_sequence<MaxPlanarVecs(kKind)>());
}

template <bool kFused>
constexpr void FillPlanar(PlanarTables& tables) {
  FillPlanarKind<kFused, Planar::kShared>(tables.shared);
  FillPlanarKind<kFused, Planar::kApart>(tables.apart);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
