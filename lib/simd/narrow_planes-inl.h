// Rows of planes narrower than a vector, of one or two planes at once: how kernels that read planes
// where they lie (neighbours-inl.h) access them.
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

#include "lib/simd/pairs-inl.h"
#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// Where masks load and store the rows of the second plane at no cost, and shuffles have two
// sources. FirstLanes does for other targets.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
inline constexpr bool kNarrowPlanes = true;

// Each plane has an equal share of the lanes. The second one is what is x_line, y_row or
// indices_row past the first. Masks and shuffles are made once for all rows.
template <int kPlanes>
class NarrowPlanes {
 public:
  static_assert(kPlanes == 1 || kPlanes == 2);
  static constexpr int kLanes = 16, kShare = kLanes / kPlanes;

  explicit HWY_INLINE NarrowPlanes(const WindowArgs& t)
      : count_(static_cast<size_t>(t.items)),
        x_(t.x_line),
        y_(t.y_row),
        indices_(t.indices_row),
        first_(First(t.items)),
        second_(kPlanes > 1 ? static_cast<__mmask16>(first_ << kShare) : __mmask16{0}),
        up_(Neighbours(0, -1)),
        down_(Neighbours(t.items - 1, 1)) {
    const int64_t taps = 2 * t.items - (t.pads_right ? 1 : 0);
    pairs_low_ = First(taps);
    pairs_high_ = kPlanes > 1 ? pairs_low_ : First(taps - kLanes);
  }

  // Outputs of a row of one plane.
  HWY_INLINE size_t Count(WindowD) const { return count_; }
  // Whether there is one in each lane.
  HWY_INLINE hn::Mask<WindowD> There(WindowD) const {
    return hn::Mask<WindowD>{static_cast<__mmask16>(first_ | second_)};
  }
  // The arguments for the second plane alone.
  HWY_INLINE void Second(WindowArgs& t) const { t.offset += x_, t.y += y_, t.indices += indices_; }

  HWY_INLINE WindowV Load(WindowD, const float* x) const {
    const __m512 v = _mm512_maskz_loadu_ps(first_, x);
    if constexpr (kPlanes == 1) return WindowV{v};
    return WindowV{_mm512_mask_loadu_ps(v, second_, x + (x_ - kShare))};
  }
  // Of what the planes share.
  HWY_INLINE WindowVI Load(WindowDI, const int32_t* from) const {
    const __m512i v = _mm512_maskz_loadu_epi32(first_, from);
    if constexpr (kPlanes == 1) return WindowVI{v};
    return WindowVI{_mm512_mask_loadu_epi32(v, second_, from - kShare)};
  }
  // Taps of outputs two apart; `pad` where there is none.
  HWY_INLINE void LoadPairs(const float* x, float pad, WindowV& first, WindowV& second) const {
    const __m512 none = _mm512_set1_ps(pad);
    const ptrdiff_t next = kPlanes > 1 ? x_ : kLanes;
    DeinterleavePairs(WindowV{_mm512_mask_loadu_ps(none, pairs_low_, x)},
                      WindowV{_mm512_mask_loadu_ps(none, pairs_high_, x + next)}, first, second);
  }
  HWY_INLINE void Store(WindowD, WindowV v, float* y) const {
    _mm512_mask_storeu_ps(y, first_, v.raw);
    if constexpr (kPlanes > 1) _mm512_mask_storeu_ps(y + (y_ - kShare), second_, v.raw);
  }
  HWY_INLINE void Store(WindowVI index, int64_t* to) const {
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
  HWY_INLINE WindowV ShiftUp(WindowV v, bool pads, float pad, const float* x) const {
    return Shift(v, up_, pads, pad, x);
  }
  HWY_INLINE WindowV ShiftDown(WindowV v, bool pads, float pad, const float* x) const {
    return Shift(v, down_, pads, pad, x);
  }

 private:
  static HWY_INLINE __mmask16 First(int64_t count) {
    const auto lanes = static_cast<uint32_t>(std::clamp<int64_t>(count, 0, kLanes));
    return static_cast<__mmask16>((uint32_t{1} << lanes) - 1);
  }
  // Each lane's neighbour; of `lane` of each plane that of what is beside the vector.
  static HWY_INLINE WindowVI Neighbours(int64_t lane, int32_t by) {
    HWY_ALIGN int32_t lanes[kLanes];
    for (int32_t i = 0; i < kLanes; ++i) {
      const int32_t plane = i / kShare;
      lanes[i] = i - plane * kShare == lane ? kLanes + plane : i + by;
    }
    return hn::Load(WindowDI(), lanes);
  }
  HWY_INLINE WindowV Shift(WindowV v, WindowVI lanes, bool pads, float pad, const float* x) const {
    __m512 other = _mm512_set1_ps(pad);
    if (!pads) {
      __m128 there = _mm_load_ss(x);
      if constexpr (kPlanes > 1) there = _mm_unpacklo_ps(there, _mm_load_ss(x + x_));
      other = _mm512_castps128_ps512(there);
    }
    return WindowV{_mm512_permutex2var_ps(v.raw, lanes.raw, other)};
  }

  const size_t count_;
  const ptrdiff_t x_, y_, indices_;
  const __mmask16 first_, second_;
  __mmask16 pairs_low_, pairs_high_;
  const WindowVI up_, down_;
};

template <int kPlanes>
HWY_INLINE void StoreIndices(WindowVI index, int64_t* to, const NarrowPlanes<kPlanes>& planes) {
  planes.Store(index, to);
}

#else
inline constexpr bool kNarrowPlanes = false;
#endif

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
