// Rows of planes narrower than a vector, of one or two planes at once: how kernels that read planes
// where they lie (row_readers-inl.h) access them.
#if defined(WINDROW_LIB_SIMD_NARROW_PLANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_NARROW_PLANES_INL_H_
#undef WINDROW_LIB_SIMD_NARROW_PLANES_INL_H_
#else
#define WINDROW_LIB_SIMD_NARROW_PLANES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

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

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
inline constexpr int64_t kNarrowPlanes = 2;
#else
inline constexpr int64_t kNarrowPlanes = 1;
#endif

// Where masks load and store the rows of the second plane at no cost, and shuffles have two
// sources. FirstLanes does for other targets.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
// Each plane has an equal share of the lanes. The second one is what is x_plane, y_plane
// or indices_plane past the first. Masks and shuffles are made once for all rows.
template <int kPlanes>
class NarrowPlanes {
 public:
  static_assert(kPlanes == 1 || kPlanes == 2);
  static constexpr int kLanes = 16, kShare = kLanes / kPlanes;

  explicit HWY_INLINE NarrowPlanes(const StripArgs& t)
      : count_(static_cast<size_t>(t.items)),
        x_(t.x_plane),
        y_(t.y_plane),
        indices_(t.indices_plane),
        first_(First(t.items)),
        second_(kPlanes > 1 ? static_cast<__mmask16>(first_ << kShare) : __mmask16{0}),
        up_(Neighbours(0, -1)),
        down_(Neighbours(t.items - 1, 1)) {
    const int64_t taps = 2 * t.items - (t.place.pads_right ? 1 : 0);
    pairs_low_ = First(taps);
    pairs_high_ = kPlanes > 1 ? pairs_low_ : First(taps - kLanes);
  }

  // Outputs of a row of one plane.
  HWY_INLINE size_t Count(PoolD) const { return count_; }

  HWY_INLINE PoolV Load(PoolD, const float* x) const {
    const __m512 v = _mm512_maskz_loadu_ps(first_, x);
    if constexpr (kPlanes == 1) return PoolV{v};
    return PoolV{_mm512_mask_loadu_ps(v, second_, x + (x_ - kShare))};
  }
  // Taps of outputs two apart; `pad` where there is none.
  HWY_INLINE void LoadPairs(const float* x, float pad, PoolV& first, PoolV& second) const {
    const __m512 none = _mm512_set1_ps(pad);
    const ptrdiff_t next = kPlanes > 1 ? x_ : kLanes;
    DeinterleavePairs(PoolV{_mm512_mask_loadu_ps(none, pairs_low_, x)},
                      PoolV{_mm512_mask_loadu_ps(none, pairs_high_, x + next)}, first, second);
  }
  HWY_INLINE void Store(PoolD, PoolV v, float* y) const {
    _mm512_mask_storeu_ps(y, first_, v.raw);
    if constexpr (kPlanes > 1) _mm512_mask_storeu_ps(y + (y_ - kShare), second_, v.raw);
  }
  HWY_INLINE void Store(PoolVI index, int64_t* to) const {
    const __m512i low = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(index.raw));
    const __m512i high = _mm512_cvtepi32_epi64(_mm512_extracti32x8_epi32(index.raw, 1));
    const auto all = static_cast<uint32_t>(first_);
    _mm512_mask_storeu_epi64(to, static_cast<__mmask8>(all), low);
    if constexpr (kPlanes > 1) {
      _mm512_mask_storeu_epi64(to + indices_, static_cast<__mmask8>(all), high);
    } else {
      _mm512_mask_storeu_epi64(to + kLanes / 2, static_cast<__mmask8>(all >> kLanes / 2), high);
    }
  }

  // v one lane up or down, and in the lane that is left of each plane what is there at x, or `pad`.
  HWY_INLINE PoolV ShiftUp(PoolV v, bool pads, float pad, const float* x) const {
    return Shift(v, up_, pads, pad, x);
  }
  HWY_INLINE PoolV ShiftDown(PoolV v, bool pads, float pad, const float* x) const {
    return Shift(v, down_, pads, pad, x);
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
      if constexpr (kPlanes > 1) there = _mm_unpacklo_ps(there, _mm_load_ss(x + x_));
      other = _mm512_castps128_ps512(there);
    }
    return PoolV{_mm512_permutex2var_ps(v.raw, lanes.raw, other)};
  }

  const size_t count_;
  const ptrdiff_t x_, y_, indices_;
  const __mmask16 first_, second_;
  __mmask16 pairs_low_, pairs_high_;
  const PoolVI up_, down_;
};

template <int kPlanes>
HWY_INLINE void StoreIndices(PoolVI index, int64_t* to, const NarrowPlanes<kPlanes>& planes) {
  planes.Store(index, to);
}

#endif

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
