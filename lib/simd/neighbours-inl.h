// Rows of windows three columns wide and one or two apart, read where they lie: a tap that is the
// neighbour of another output's comes by way of registers, the one beside the vector from memory,
// or from nowhere if it is padding.
#if defined(WINDROW_LIB_SIMD_NEIGHBOURS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_NEIGHBOURS_INL_H_
#undef WINDROW_LIB_SIMD_NEIGHBOURS_INL_H_
#else
#define WINDROW_LIB_SIMD_NEIGHBOURS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <limits>

#include "lib/simd/pairs-inl.h"
#include "lib/simd/pool_rolling-inl.h"
#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

inline constexpr float kLowest = -std::numeric_limits<float>::infinity();

// v one lane up, with `before` in the first.
HWY_INLINE WindowV ShiftUp(WindowV v, float before) {
  const WindowD d;
  const WindowDI di;
  const auto lanes = hn::IndicesFromVec(d, hn::Max(hn::Iota(di, -1), hn::Zero(di)));
  return hn::IfThenElse(hn::FirstN(d, 1), hn::Set(d, before), hn::TableLookupLanes(v, lanes));
}

// v one lane down, with `behind` in the last.
HWY_INLINE WindowV ShiftDown(WindowV v, float behind) {
  const WindowD d;
  const WindowDI di;
  const auto last = static_cast<int32_t>(hn::Lanes(d)) - 1;
  const auto lanes = hn::IndicesFromVec(d, hn::Min(hn::Iota(di, 1), hn::Set(di, last)));
  return hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(last)), hn::TableLookupLanes(v, lanes),
                        hn::Set(d, behind));
}

// The taps of a vector of outputs from `item` on. taps[0] leads to the middle one of the first
// output, which may have padding before it and the last one behind it.
template <int kStride>
HWY_INLINE void LoadNeighbours(const WindowArgs& t, ptrdiff_t at, int64_t item, float pad,
                               WindowV& left, WindowV& middle, WindowV& right) {
  const WindowD d;
  const auto lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  const float* const x = t.taps[0] + at;
  const float before = t.pads_left && item == 0 ? pad : x[-1];
  if constexpr (kStride == 2) {
    LoadPairs(x, AllLanes(), middle, right);
    left = ShiftUp(right, before);
  } else {
    const float behind = t.pads_right && item + lanes == t.items ? pad : x[lanes];
    middle = hn::LoadU(d, x);
    left = ShiftUp(middle, before);
    right = ShiftDown(middle, behind);
  }
}

template <int kStride>
struct SumNeighbours : SumRows<Extent<3, 3>> {
  static constexpr int kStep = kStride;
  static constexpr bool kPads = true;
  using Taps = Extent<3, 1>::Taps;
  static HWY_INLINE WindowV Padding() { return hn::Zero(WindowD()); }
  template <class Access>
  static HWY_INLINE WindowV Row(const WindowArgs& t, ptrdiff_t at, int64_t item, WindowV&, Access) {
    const WindowD d;
    WindowV left = hn::Zero(d), middle = left, right = left;
    LoadNeighbours<kStride>(t, at, item, 0.0f, left, middle, right);
    return hn::Add(hn::Add(hn::Add(hn::Zero(d), left), middle), right);
  }
};

template <int kStride>
struct MaxNeighbours : MaxRows<Extent<3, 3>> {
  static constexpr int kStep = kStride;
  static constexpr bool kPads = true;
  using Taps = Extent<3, 1>::Taps;
  static HWY_INLINE WindowV Padding() { return hn::Set(WindowD(), kLowest); }
  template <class Access>
  static HWY_INLINE WindowV Row(const WindowArgs& t, ptrdiff_t at, int64_t item, WindowV& seen,
                                Access) {
    const WindowD d;
    const WindowV one = hn::Set(d, t.one);
    WindowV left = hn::Zero(d), middle = left, right = left;
    LoadNeighbours<kStride>(t, at, item, kLowest, left, middle, right);
    seen = AddBeside(seen, AddBeside(AddBeside(left, middle, one), right, one), one);
    return LaterMax(right, LaterMax(middle, left));
  }
  // Of the window whose first row is `row` of the image, on padding perhaps.
  template <class Access>
  static HWY_INLINE void Careful(const WindowArgs& t, ptrdiff_t at, int64_t item, int64_t row,
                                 float* y, Access access) {
    const WindowD d;
    WindowV max = Padding(), left = max, middle = max, right = max;
    for (int64_t i = 0; i < t.rows; ++i, at += t.x_row) {
      if (row + i < 0 || row + i >= t.image_height) continue;
      LoadNeighbours<kStride>(t, at, item, kLowest, left, middle, right);
      max = CarefulMax(right, CarefulMax(middle, CarefulMax(left, max)));
    }
    access.Store(d, CanonicalNaN(Flushed(t, max)), y);
  }
};

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
