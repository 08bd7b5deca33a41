// Strips as in strip-inl.h, of maxima with their indices.
//
//   for each vector of items: for each output row, downwards:
//     for each row that is new: the maximum of its taps and where it is
//     y, index = the first of the greatest of the last rows
//
// What this does not tell apart is done again on a slow path: the windows of a vector in which
// there may be a NaN; and each whose maximum is -inf, if its first tap is on padding, which has
// won.
#if defined(WINDROW_LIB_SIMD_STRIP_INDICES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_STRIP_INDICES_INL_H_
#undef WINDROW_LIB_SIMD_STRIP_INDICES_INL_H_
#else
#define WINDROW_LIB_SIMD_STRIP_INDICES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "lib/simd/neighbours-inl.h"
#include "lib/simd/pairs-inl.h"
#include "lib/simd/strip-inl.h"
#include "lib/simd/window_indices-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// Taps from padded rows.
template <int kColumns>
struct PaddedTaps {
  using Taps = typename Extent<0, kColumns>::Taps;
  static constexpr int kStep = 1;
  static constexpr bool kPads = false;
  static HWY_INLINE int64_t Columns(const WindowArgs& t) {
    return kColumns != 0 ? kColumns : t.columns;
  }
  template <class Access>
  static HWY_INLINE void Max(const WindowArgs& t, ptrdiff_t at, int64_t, WindowV& max,
                             WindowVI& column, WindowV& seen, Access access) {
    const WindowD d;
    const WindowDI di;
    const WindowV one = hn::Set(d, t.one);
    max = access.Load(d, t.taps[0] + at);
    column = hn::Zero(di);
    WindowV sum = max;
    for (int64_t j = 1; j < Columns(t); ++j) {
      const WindowV x = access.Load(d, t.taps[j] + at);
      TakeLater(x, hn::Set(di, static_cast<int32_t>(j) * t.position_step), max, column);
      sum = AddBeside(sum, x, one);
    }
    seen = AddBeside(seen, sum, one);
  }
  static HWY_INLINE float At(const WindowArgs& t, ptrdiff_t row, int64_t item, int64_t column) {
    return t.taps[column][row + item];
  }
};

// Taps that are neighbours in x.
struct PairTaps {
  using Taps = typename Extent<0, 2>::Taps;
  static constexpr int kStep = 2;
  static constexpr bool kPads = false;
  static HWY_INLINE int64_t Columns(const WindowArgs&) { return 2; }
  template <class Access>
  static HWY_INLINE void Max(const WindowArgs& t, ptrdiff_t at, int64_t, WindowV& max,
                             WindowVI& column, WindowV& seen, Access access) {
    const WindowD d;
    const WindowDI di;
    const WindowV one = hn::Set(d, t.one);
    WindowV x;
    LoadPairs(t.taps[0] + at, access, max, x);
    seen = AddBeside(seen, AddBeside(max, x, one), one);
    column = hn::Zero(di);
    TakeLater(x, hn::Set(di, t.position_step), max, column);
  }
  static HWY_INLINE float At(const WindowArgs& t, ptrdiff_t row, int64_t item, int64_t column) {
    return t.taps[0][row + 2 * item + column];
  }
};

// Taps that are neighbours of other outputs' taps in x.
template <int kStride>
struct NeighbourTaps {
  using Taps = Extent<0, 1>::Taps;
  static constexpr int kStep = kStride;
  static constexpr bool kPads = true;
  static HWY_INLINE int64_t Columns(const WindowArgs&) { return 3; }
  template <class Access>
  static HWY_INLINE void Max(const WindowArgs& t, ptrdiff_t at, int64_t item, WindowV& max,
                             WindowVI& column, WindowV& seen, Access access) {
    const WindowD d;
    const WindowDI di;
    const WindowV one = hn::Set(d, t.one);
    WindowV middle = max, right = max;
    LoadNeighbours<kStride>(t, at, item, kLowest, max, middle, right, access);
    seen = AddBeside(seen, AddNeighbours<kStride>(max, middle, right, one), one);
    column = hn::Zero(di);
    TakeLater(middle, hn::Set(di, 1), max, column);
    TakeLater(right, hn::Set(di, 2), max, column);
  }
  static HWY_INLINE float At(const WindowArgs& t, ptrdiff_t row, int64_t item, int64_t column) {
    return t.taps[0][row + kStride * item + column - 1];
  }
};

// One item of one output row, tap by tap.
template <class From>
HWY_NOINLINE void IndexCarefully(const WindowArgs& t, int64_t output, int64_t item) {
  const int64_t left = t.item_positions[item];
  float max = 0;
  int64_t index = -1;
  for (int64_t i = 0; i < t.rows; ++i) {
    const int64_t h = t.image_row + output * t.image_step + i;
    if (h < 0 || h >= t.image_height) continue;
    for (int64_t j = 0; j < From::Columns(t); ++j) {
      const int64_t w = left + j * t.position_step;
      if (w < 0 || w >= t.image_width) continue;
      const ptrdiff_t row = t.offset + output * t.x_step + i * t.x_row;
      const float x = From::At(t, row, item, j);
      if (index < 0 || x > max || x != x) max = x, index = h * t.image_width + w;
    }
  }
  max *= t.one;
  const uint32_t nan = 0x7FC00000u;
  if (max != max) std::memcpy(&max, &nan, sizeof(max));
  t.y[output * t.y_step + item] = max;
  t.indices[output * t.indices_step + item] = index;
}

template <class From>
HWY_NOINLINE void AllCarefully(const WindowArgs& t, int64_t item, int64_t count) {
  for (int64_t o = 0; o < t.outputs; ++o) {
    for (int64_t i = 0; i < count; ++i) IndexCarefully<From>(t, o, item + i);
  }
}

// The windows whose maximum is -inf and whose first tap is on padding.
template <class From>
HWY_NOINLINE void PaddedCarefully(const WindowArgs& t, int64_t item, int64_t count) {
  const int64_t top =
      t.image_row < 0 ? std::min(t.outputs, CeilDiv(-t.image_row, t.image_step)) : 0;
  for (int64_t i = item; i < item + count; ++i) {
    const int64_t end = t.item_positions[i] < 0 ? t.outputs : top;
    for (int64_t o = 0; o < end; ++o) {
      if (t.y[o * t.y_step + i] == kLowest) IndexCarefully<From>(t, o, i);
    }
  }
}

template <class From, int kHigh, int kStride>
struct StripIndices {
  using Taps = typename From::Taps;
  static constexpr bool kTakesNarrow = kNarrowPlanes && From::kPads;

  template <class Access>
  static HWY_INLINE void Run(const WindowArgs& t, int64_t item, uintptr_t& prefetch, Access access);
};

template <class From, int kHigh, int kStride>
template <class Access>
HWY_INLINE void StripIndices<From, kHigh, kStride>::Run(const WindowArgs& t, int64_t item,
                                                        uintptr_t& prefetch, Access access) {
  static_assert(kHigh == 2 || kHigh == 3);
  constexpr int kKept = kHigh - kStride;
  const WindowD d;
  const WindowDI di;
  const auto count = static_cast<int64_t>(access.Count(d));
  const WindowVI left = access.Load(di, t.item_positions + item);
  const WindowV lowest = hn::Set(d, kLowest);
  WindowV seen = hn::Zero(d);
  ptrdiff_t at = t.offset + From::kStep * item;
  int32_t image_row = static_cast<int32_t>(t.image_row * t.image_width);
  const auto image_end = static_cast<int32_t>(t.image_height * t.image_width);
  const auto next = [&](WindowV& max, WindowVI& index) HWY_ATTR {
    if (!From::kPads || HWY_LIKELY(image_row >= 0 && image_row < image_end)) {
      From::Max(t, at, item, max, index, seen, access);
      index = hn::Add(index, hn::Set(di, image_row));
    } else {
      max = lowest;
    }
    at += t.x_row;
    image_row += static_cast<int32_t>(t.image_width);
    Prefetch(prefetch, t.prefetch_step);
  };
  WindowV first = hn::Zero(d), second = first, third = first;
  WindowVI first_index = hn::Zero(di), second_index = first_index, third_index = first_index;
  if constexpr (kKept > 0) next(first, first_index);
  if constexpr (kKept > 1) next(second, second_index);
  float* y = t.y + item;
  int64_t* indices = t.indices + item;
  WindowV least = hn::Zero(d);
  for (int64_t o = 0; o < t.outputs; ++o, y += t.y_step, indices += t.indices_step) {
    if constexpr (kKept < 1) next(first, first_index);
    if constexpr (kKept < 2) next(second, second_index);
    WindowV max = first;
    WindowVI index = first_index;
    TakeLater(second, second_index, max, index);
    first = second, first_index = second_index;
    if constexpr (kHigh == 3) {
      next(third, third_index);
      TakeLater(third, third_index, max, index);
      if constexpr (kStride == 2) first = third, first_index = third_index;
      second = third, second_index = third_index;
    }
    PrefetchStore(y, t.y_ahead);
    PrefetchIndices(indices, 2 * t.y_ahead);
    access.Store(d, hn::Mul(max, hn::Set(d, t.one)), y);
    StoreIndices(hn::Add(index, left), indices, access);
    least = hn::Min(least, max);
  }
  // Lanes past the last item show taps too, but have no maximum.
  const auto none = hn::And(hn::Eq(least, lowest), access.There(d)), nan = hn::IsNaN(seen);
  if (HWY_LIKELY(hn::AllFalse(d, hn::Or(none, nan)))) return;
  const auto again = hn::AllFalse(d, nan) ? PaddedCarefully<From> : AllCarefully<From>;
  again(t, item, count);
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  if constexpr (std::is_same_v<Access, NarrowPlanes<2>>) {
    WindowArgs second = t;
    access.Second(second);
    again(second, item, count);
  }
#endif
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
