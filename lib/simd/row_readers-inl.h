// How strips read the taps of a vector of outputs where they lie in a plane: those that are the
// neighbours of another output's come by way of registers, the one beside the vector from memory,
// or from nowhere if it is padding.
#if defined(WINDROW_LIB_SIMD_ROW_READERS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_ROW_READERS_INL_H_
#undef WINDROW_LIB_SIMD_ROW_READERS_INL_H_
#else
#define WINDROW_LIB_SIMD_ROW_READERS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/simd/narrow_planes-inl.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/pool_ops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

HWY_INLINE void LoadPairs(const float* x, AllLanes, PoolV& first, PoolV& second) {
  const PoolD d;
  DeinterleavePairs(hn::LoadU(d, x), hn::LoadU(d, x + hn::Lanes(d)), first, second);
}

// The last `missing` of the second taps are not there, and read as 0.
HWY_INLINE void LoadPairs(const float* x, FirstLanes part, PoolV& first, PoolV& second,
                          size_t missing = 0) {
  const PoolD d;
  const size_t lanes = hn::Lanes(d), floats = 2 * part.count - missing;
  const size_t low = std::min(floats, lanes);
  PoolV high = hn::Zero(d);
  if (floats > lanes) high = FirstLanes{floats - lanes}.Load(d, x + lanes);
  DeinterleavePairs(low == lanes ? hn::LoadU(d, x) : FirstLanes{low}.Load(d, x), high, first,
                    second);
}

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3

// Lanes 0 to 15 of v, and 16 to 31 (or -1), which are all `other`. One operation, and no mask,
// which GCC would make anew each time.
HWY_INLINE PoolV LanesOf(PoolV v, PoolVI lanes, float other) {
  return PoolV{_mm512_permutex2var_ps(v.raw, lanes.raw, _mm512_set1_ps(other))};
}

// v one lane up, with `before` in the first.
HWY_INLINE PoolV ShiftUp(PoolV v, float before) {
  return LanesOf(v, hn::Iota(PoolDI(), -1), before);
}

// The first `count` of v one lane down, with `after` in the last.
HWY_INLINE PoolV ShiftDown(PoolV v, ptrdiff_t count, float after) {
  const PoolDI di;
  const PoolVI next = hn::Iota(di, 1), inside = hn::Set(di, static_cast<int32_t>(count) - 1);
  return LanesOf(v, hn::IfThenElse(hn::Gt(next, inside), hn::Set(di, 16), next), after);
}

#else

// v one lane up, with `before` in the first.
HWY_INLINE PoolV ShiftUp(PoolV v, float before) {
  const PoolD d;
  const PoolDI di;
  const auto lanes = hn::IndicesFromVec(d, hn::Max(hn::Iota(di, -1), hn::Zero(di)));
  return hn::IfThenElse(hn::FirstN(d, 1), hn::Set(d, before), hn::TableLookupLanes(v, lanes));
}

// The first `count` of v one lane down, with `after` in the last.
HWY_INLINE PoolV ShiftDown(PoolV v, ptrdiff_t count, float after) {
  const PoolD d;
  const PoolDI di;
  const auto last = static_cast<int32_t>(hn::Lanes(d)) - 1;
  const auto lanes = hn::IndicesFromVec(d, hn::Min(hn::Iota(di, 1), hn::Set(di, last)));
  return hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(count) - 1),
                        hn::TableLookupLanes(v, lanes), hn::Set(d, after));
}

#endif

// Pairs of which the last has no second tap in x if `ends`, but `pad`.
HWY_INLINE void LoadPairsTo(const float* x, bool ends, float pad, PoolV& first, PoolV& second,
                            AllLanes access) {
  if (HWY_LIKELY(!ends)) return LoadPairs(x, access, first, second);
  const PoolD d;
  const ptrdiff_t lanes = PoolLanes();
  DeinterleavePairs(hn::LoadU(d, x), ShiftDown(hn::LoadU(d, x + lanes - 1), lanes, pad), first,
                    second);
}

HWY_INLINE void LoadPairsTo(const float* x, bool ends, float pad, PoolV& first, PoolV& second,
                            FirstLanes access) {
  const PoolD d;
  LoadPairs(x, access, first, second, ends ? 1 : 0);
  if (!ends) return;
  second = hn::IfThenElse(hn::FirstN(d, access.count - 1), second, hn::Set(d, pad));
}

// Windows of 2 x 2, two apart, none of which is on padding.
struct Pairs {
  static constexpr int kSide = 2, kStride = 2;
  static constexpr bool kPads = false;

  template <class Access>
  static HWY_INLINE void Load(const StripArgs&, const float* x, int64_t, float, PoolV& a, PoolV& b,
                              PoolV&, Access access) {
    LoadPairs(x, access, a, b);
  }
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  template <int kPlanes>
  static HWY_INLINE void Load(const StripArgs&, const float* x, int64_t, float pad, PoolV& a,
                              PoolV& b, PoolV&, const NarrowPlanes<kPlanes>& planes) {
    planes.LoadPairs(x, pad, a, b);
  }
#endif
  static HWY_INLINE PoolV AddTaps(PoolV a, PoolV b, PoolV, PoolV one) {
    return AddBeside(a, b, one);
  }
};

// Windows of 3 x 3, one or two apart, of which the first and the last may begin or end on padding.
// x is at the second column of a vector's first window. Where outputs are not a whole vector, they
// are all there are; lanes past them do not matter.
template <int kStep>
struct Neighbours {
  static constexpr int kSide = 3, kStride = kStep;
  static constexpr bool kPads = true;

  template <class Access>
  static HWY_INLINE void Load(const StripArgs& t, const float* x, int64_t item, float pad,
                              PoolV& left, PoolV& middle, PoolV& right, Access access) {
    const PoolD d;
    const auto count = static_cast<ptrdiff_t>(access.Count(d));
    const float before = t.place.pads_left && item == 0 ? pad : x[-1];
    const bool ends = t.place.pads_right && item + count == t.items;
    if constexpr (kStride == 2) {
      LoadPairsTo(x, ends, pad, middle, right, access);
      left = ShiftUp(right, before);
    } else {
      const float after = ends ? pad : x[count];
      middle = access.Load(d, x);
      left = ShiftUp(middle, before);
      right = ShiftDown(middle, count, after);
    }
  }

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  template <int kPlanes>
  static HWY_INLINE void Load(const StripArgs& t, const float* x, int64_t, float pad, PoolV& left,
                              PoolV& middle, PoolV& right, const NarrowPlanes<kPlanes>& planes) {
    if constexpr (kStride == 2) {
      planes.LoadPairs(x, t.place.pads_right ? pad : 0, middle, right);
      left = planes.ShiftUp(right, t.place.pads_left, pad, x - 1);
    } else {
      middle = planes.Load(PoolD(), x);
      left = planes.ShiftUp(middle, t.place.pads_left, pad, x - 1);
      right = planes.ShiftDown(middle, t.place.pads_right, pad, x + t.items);
    }
  }
#endif

  // What shows a NaN in any of the taps. A pixel apart, each is the left one or the right one of
  // some lane, if there are two.
  static HWY_INLINE PoolV AddTaps(PoolV left, PoolV middle, PoolV right, PoolV one) {
    const PoolV sum = AddBeside(left, right, one);
    return kStride == 1 && PoolLanes() > 1 ? sum : AddBeside(sum, middle, one);
  }
};

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
