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

#include "lib/simd/narrow_planes-inl.h"
#include "lib/simd/pairs-inl.h"
#include "lib/simd/pool_rolling-inl.h"
#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

inline constexpr float kLowest = -std::numeric_limits<float>::infinity();

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3

// Lanes 0 to 15 of v, and 16 to 31 (or -1), which are all `other`. One operation, and no mask,
// which GCC would make anew each time.
HWY_INLINE WindowV LanesOf(WindowV v, WindowVI lanes, float other) {
  return WindowV{_mm512_permutex2var_ps(v.raw, lanes.raw, _mm512_set1_ps(other))};
}

// v one lane up, with `before` in the first.
HWY_INLINE WindowV ShiftUp(WindowV v, float before) {
  return LanesOf(v, hn::Iota(WindowDI(), -1), before);
}

// The first `count` of v one lane down, with `after` in the last.
HWY_INLINE WindowV ShiftDown(WindowV v, ptrdiff_t count, float after) {
  const WindowDI di;
  const WindowVI next = hn::Iota(di, 1), inside = hn::Set(di, static_cast<int32_t>(count) - 1);
  return LanesOf(v, hn::IfThenElse(hn::Gt(next, inside), hn::Set(di, 16), next), after);
}

#else

// v one lane up, with `before` in the first.
HWY_INLINE WindowV ShiftUp(WindowV v, float before) {
  const WindowD d;
  const WindowDI di;
  const auto lanes = hn::IndicesFromVec(d, hn::Max(hn::Iota(di, -1), hn::Zero(di)));
  return hn::IfThenElse(hn::FirstN(d, 1), hn::Set(d, before), hn::TableLookupLanes(v, lanes));
}

// The first `count` of v one lane down, with `after` in the last.
HWY_INLINE WindowV ShiftDown(WindowV v, ptrdiff_t count, float after) {
  const WindowD d;
  const WindowDI di;
  const auto last = static_cast<int32_t>(hn::Lanes(d)) - 1;
  const auto lanes = hn::IndicesFromVec(d, hn::Min(hn::Iota(di, 1), hn::Set(di, last)));
  return hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(count) - 1),
                        hn::TableLookupLanes(v, lanes), hn::Set(d, after));
}

#endif

// Pairs of which the last has no second tap in x if `ends`, but `pad`.
HWY_INLINE void LoadPairsTo(const float* x, bool ends, float pad, WindowV& first, WindowV& second,
                            AllLanes access) {
  if (HWY_LIKELY(!ends)) return LoadPairs(x, access, first, second);
  const WindowD d;
  const auto lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  DeinterleavePairs(hn::LoadU(d, x), ShiftDown(hn::LoadU(d, x + lanes - 1), lanes, pad), first,
                    second);
}

HWY_INLINE void LoadPairsTo(const float* x, bool ends, float pad, WindowV& first, WindowV& second,
                            FirstLanes access) {
  const WindowD d;
  LoadPairs(x, access, first, second, ends ? 1 : 0);
  const size_t there = access.count - (ends ? 1 : 0);
  second = hn::IfThenElse(hn::FirstN(d, there), second, hn::Set(d, pad));
}

// The taps of a vector of outputs from `item` on. taps[0] leads to the middle one of the first
// output, which may have padding before it and the last one after it. Where they are not a whole
// vector, they are all there are; lanes past them do not matter.
template <int kStride, class Access>
HWY_INLINE void LoadNeighbours(const WindowArgs& t, ptrdiff_t at, int64_t item, float pad,
                               WindowV& left, WindowV& middle, WindowV& right, Access access) {
  const WindowD d;
  const float* const x = t.taps[0] + at;
  const auto count = static_cast<ptrdiff_t>(access.Count(d));
  const float before = t.pads_left && item == 0 ? pad : x[-1];
  if constexpr (kStride == 2) {
    LoadPairsTo(x, t.pads_right && item + count == t.items, pad, middle, right, access);
    left = ShiftUp(right, before);
  } else {
    const float after = t.pads_right && item + count == t.items ? pad : x[count];
    middle = access.Load(d, x);
    left = ShiftUp(middle, before);
    right = ShiftDown(middle, count, after);
  }
}

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
template <int kStride, int kPlanes>
HWY_INLINE void LoadNeighbours(const WindowArgs& t, ptrdiff_t at, int64_t, float pad, WindowV& left,
                               WindowV& middle, WindowV& right,
                               const NarrowPlanes<kPlanes>& planes) {
  const float* const x = t.taps[0] + at;
  if constexpr (kStride == 2) {
    planes.LoadPairs(x, pad, middle, right);
    left = planes.ShiftUp(right, t.pads_left, pad, x - 1);
  } else {
    middle = planes.Load(WindowD(), x);
    left = planes.ShiftUp(middle, t.pads_left, pad, x - 1);
    right = planes.ShiftDown(middle, t.pads_right, pad, x + t.items);
  }
}
#endif

// What shows a NaN in any of the taps. A pixel apart, each is the left one or the right one of some
// lane, if there are two.
template <int kStride>
HWY_INLINE WindowV AddNeighbours(WindowV left, WindowV middle, WindowV right, WindowV one) {
  const WindowV sum = AddBeside(left, right, one);
  return kStride == 1 && hn::Lanes(WindowD()) > 1 ? sum : AddBeside(sum, middle, one);
}

template <int kStride>
struct SumNeighbours : SumRows<Extent<3, 3>> {
  static constexpr int kStep = kStride;
  static constexpr bool kPads = true;
  using Taps = Extent<3, 1>::Taps;
  static HWY_INLINE WindowV Padding() { return hn::Zero(WindowD()); }
  template <class Access>
  static HWY_INLINE WindowV Row(const WindowArgs& t, ptrdiff_t at, int64_t item, WindowV&,
                                Access access) {
    const WindowD d;
    WindowV left = hn::Zero(d), middle = left, right = left;
    LoadNeighbours<kStride>(t, at, item, 0.0f, left, middle, right, access);
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
                                Access access) {
    const WindowD d;
    const WindowV one = hn::Set(d, t.one);
    WindowV left = hn::Zero(d), middle = left, right = left;
    LoadNeighbours<kStride>(t, at, item, kLowest, left, middle, right, access);
    seen = AddBeside(seen, AddNeighbours<kStride>(left, middle, right, one), one);
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
      LoadNeighbours<kStride>(t, at, item, kLowest, left, middle, right, access);
      max = CarefulMax(right, CarefulMax(middle, CarefulMax(left, max)));
    }
    access.Store(d, CanonicalNaN(Flushed(t, max)), y);
  }
};

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
