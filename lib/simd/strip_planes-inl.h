// How strips access a vector of outputs of planes where they lie: of one plane, or, narrower than a
// vector, of one or two at once. Taps that are the neighbours of another output's come by way of
// registers, the one beside the vector from memory, or from nowhere if it is padding.
#if defined(WINDROW_LIB_SIMD_STRIP_PLANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_STRIP_PLANES_INL_H_
#undef WINDROW_LIB_SIMD_STRIP_PLANES_INL_H_
#else
#define WINDROW_LIB_SIMD_STRIP_PLANES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "lib/simd/lanes-inl.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/pool_ops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// The first and the second taps of a vector of outputs.
HWY_INLINE void DeinterleavePairs(PoolV low, PoolV high, PoolV& first, PoolV& second) {
#if HWY_TARGET == HWY_SCALAR
  first = low, second = high;
#else
  const PoolD d;
  first = hn::ConcatEven(d, high, low);
  second = hn::ConcatOdd(d, high, low);
#endif
}

// The first `count` of v one lane down, with `after` in the last.
HWY_INLINE PoolV LanesDown(PoolV v, ptrdiff_t count, float after) {
  const PoolD d;
  const PoolDI di;
  const auto last = static_cast<int32_t>(hn::Lanes(d)) - 1;
  const auto lanes = hn::IndicesFromVec(d, hn::Min(hn::Iota(di, 1), hn::Set(di, last)));
  return hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(count) - 1),
                        hn::TableLookupLanes(v, lanes), hn::Set(d, after));
}

// Outputs from `item` on. Where they are not a whole vector, they are all there are; lanes past
// them do not matter.
template <class Access>
class OnePlane {
 public:
  HWY_INLINE OnePlane(const StripArgs& t, int64_t item, Access access)
      : access_(access),
        item_(item),
        count_(static_cast<ptrdiff_t>(access.Count(PoolD()))),
        pads_left_(t.place.pads_left && item == 0),
        pads_right_(t.place.pads_right && item + count_ == t.items) {}

  // Their columns.
  HWY_INLINE PoolVI Items() const { return hn::Iota(PoolDI(), static_cast<int32_t>(item_)); }
  HWY_INLINE PoolV Load(const float* x) const { return access_.Load(PoolD(), x); }
  // Taps of outputs two apart; `pad` if the last has no second one.
  HWY_INLINE void LoadPairs(const float* x, float pad, PoolV& first, PoolV& second) const {
    const PoolD d;
    const ptrdiff_t lanes = PoolLanes();
    PoolV high = hn::Zero(d);
    if constexpr (std::is_same_v<Access, AllLanes>) {
      if (HWY_LIKELY(!pads_right_)) {
        high = hn::LoadU(d, x + lanes);
      } else {
        high = LanesDown(hn::LoadU(d, x + lanes - 1), lanes, pad);
      }
      DeinterleavePairs(hn::LoadU(d, x), high, first, second);
    } else {
      const ptrdiff_t floats = 2 * count_ - (pads_right_ ? 1 : 0);
      PoolV low = hn::Zero(d);
      if (floats < lanes) {
        low = FirstLanes{static_cast<size_t>(floats)}.Load(d, x);
      } else {
        low = hn::LoadU(d, x);
      }
      if (floats > lanes) high = FirstLanes{static_cast<size_t>(floats - lanes)}.Load(d, x + lanes);
      DeinterleavePairs(low, high, first, second);
      if (!pads_right_) return;
      const auto there = hn::FirstN(d, static_cast<size_t>(count_ - 1));
      second = hn::IfThenElse(there, second, hn::Set(d, pad));
    }
  }
  // What was loaded at x, or pairs' second taps there, one lane up or down, and beside them what is
  // there in memory, or `pad`.
  HWY_INLINE PoolV ShiftUp(PoolV v, float pad, const float* x) const {
    const PoolD d;
    const PoolDI di;
    const auto lanes = hn::IndicesFromVec(d, hn::Max(hn::Iota(di, -1), hn::Zero(di)));
    const PoolV before = hn::Set(d, pads_left_ ? pad : x[-1]);
    return hn::IfThenElse(hn::FirstN(d, 1), before, hn::TableLookupLanes(v, lanes));
  }
  HWY_INLINE PoolV ShiftDown(PoolV v, float pad, const float* x) const {
    return LanesDown(v, count_, pads_right_ ? pad : x[count_]);
  }
  HWY_INLINE void Store(PoolV v, float* y) const { access_.Store(PoolD(), v, y); }
  HWY_INLINE void Store(PoolVI index, int64_t* to) const { StoreIndices(index, to, access_); }

 private:
  const Access access_;
  const int64_t item_;
  const ptrdiff_t count_;
  const bool pads_left_, pads_right_;
};

// Where masks load and store the rows of the second plane at no cost, and shuffles have two
// sources. OnePlane does for other targets.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
inline constexpr int64_t kNarrowPlanes = 2;

// Each plane has an equal share of the lanes. The second one is what is x_plane, y_plane
// or indices_plane past the first. Masks and shuffles are made once for all rows.
template <int kPlanes>
class NarrowPlanes {
 public:
  static_assert(kPlanes == 1 || kPlanes == 2);
  static constexpr int kLanes = 16, kShare = kLanes / kPlanes;

  explicit HWY_INLINE NarrowPlanes(const StripArgs& t)
      : t_(t),
        first_(First(t.items)),
        second_(kPlanes > 1 ? static_cast<__mmask16>(first_ << kShare) : __mmask16{0}),
        up_(Neighbours(0, -1)),
        down_(Neighbours(t.items - 1, 1)) {
    const int64_t taps = 2 * t.items - (t.place.pads_right ? 1 : 0);
    pairs_low_ = First(taps);
    pairs_high_ = kPlanes > 1 ? pairs_low_ : First(taps - kLanes);
  }

  HWY_INLINE PoolVI Items() const {
    const PoolDI di;
    return hn::And(hn::Iota(di, 0), hn::Set(di, kShare - 1));
  }
  HWY_INLINE PoolV Load(const float* x) const {
    const __m512 v = _mm512_maskz_loadu_ps(first_, x);
    if constexpr (kPlanes == 1) return PoolV{v};
    return PoolV{_mm512_mask_loadu_ps(v, second_, x + (t_.x_plane - kShare))};
  }
  HWY_INLINE void LoadPairs(const float* x, float pad, PoolV& first, PoolV& second) const {
    const __m512 none = _mm512_set1_ps(t_.place.pads_right ? pad : 0);
    const ptrdiff_t next = kPlanes > 1 ? t_.x_plane : kLanes;
    DeinterleavePairs(PoolV{_mm512_mask_loadu_ps(none, pairs_low_, x)},
                      PoolV{_mm512_mask_loadu_ps(none, pairs_high_, x + next)}, first, second);
  }
  HWY_INLINE PoolV ShiftUp(PoolV v, float pad, const float* x) const {
    return Shift(v, up_, t_.place.pads_left, pad, x - 1);
  }
  HWY_INLINE PoolV ShiftDown(PoolV v, float pad, const float* x) const {
    return Shift(v, down_, t_.place.pads_right, pad, x + t_.items);
  }
  HWY_INLINE void Store(PoolV v, float* y) const {
    _mm512_mask_storeu_ps(y, first_, v.raw);
    if constexpr (kPlanes > 1) _mm512_mask_storeu_ps(y + (t_.y_plane - kShare), second_, v.raw);
  }
  HWY_INLINE void Store(PoolVI index, int64_t* to) const {
    const __m512i low = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(index.raw));
    const __m512i high = _mm512_cvtepi32_epi64(_mm512_extracti32x8_epi32(index.raw, 1));
    const auto all = static_cast<uint32_t>(first_);
    _mm512_mask_storeu_epi64(to, static_cast<__mmask8>(all), low);
    if constexpr (kPlanes > 1) {
      _mm512_mask_storeu_epi64(to + t_.indices_plane, static_cast<__mmask8>(all), high);
    } else {
      _mm512_mask_storeu_epi64(to + kLanes / 2, static_cast<__mmask8>(all >> kLanes / 2), high);
    }
  }

 private:
  static HWY_INLINE __mmask16 First(int64_t count) {
    const auto lanes = static_cast<uint32_t>(std::clamp<int64_t>(count, 0, kLanes));
    return static_cast<__mmask16>((uint32_t{1} << lanes) - 1);
  }
  // Each lane's neighbour; of `lane` of each plane that of what is beside the vector.
  static HWY_INLINE PoolVI Neighbours(int64_t lane, int32_t by) {
    HWY_ALIGN int32_t lanes[kLanes];
    for (int32_t i = 0; i < kLanes; ++i) {
      const int32_t plane = i / kShare;
      lanes[i] = i - plane * kShare == lane ? kLanes + plane : i + by;
    }
    return hn::Load(PoolDI(), lanes);
  }
  HWY_INLINE PoolV Shift(PoolV v, PoolVI lanes, bool pads, float pad, const float* x) const {
    __m512 other = _mm512_set1_ps(pad);
    if (!pads) {
      __m128 there = _mm_load_ss(x);
      if constexpr (kPlanes > 1) there = _mm_unpacklo_ps(there, _mm_load_ss(x + t_.x_plane));
      other = _mm512_castps128_ps512(there);
    }
    return PoolV{_mm512_permutex2var_ps(v.raw, lanes.raw, other)};
  }

  const StripArgs& t_;
  const __mmask16 first_, second_;
  __mmask16 pairs_low_, pairs_high_;
  const PoolVI up_, down_;
};
#else
inline constexpr int64_t kNarrowPlanes = 1;
#endif

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
