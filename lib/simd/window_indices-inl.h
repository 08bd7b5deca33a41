// The inner loops of pooling for maxima with the index of each: as in window-inl.h, with a second
// vector that says where each maximum was found.
#if defined(WINDROW_LIB_SIMD_WINDOW_INDICES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_WINDOW_INDICES_INL_H_
#undef WINDROW_LIB_SIMD_WINDOW_INDICES_INL_H_
#else
#define WINDROW_LIB_SIMD_WINDOW_INDICES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

#define WINDROW_FOR_INDICES(X) \
  X(0);                        \
  if constexpr (kVecs > 1) {   \
    X(1);                      \
  }                            \
  if constexpr (kVecs > 2) {   \
    X(2);                      \
  }                            \
  if constexpr (kVecs > 3) {   \
    X(3);                      \
  }
#define WINDROW_PLACE(v) (v * static_cast<ptrdiff_t>(hn::Lanes(WindowD())))

// The first of equal maxima, where none is NaN.
HWY_INLINE void TakeLater(WindowV x, WindowVI x_index, WindowV& max, WindowVI& index) {
  const WindowDI di;
  const auto better = hn::Gt(x, max);
  index = hn::IfThenElse(hn::RebindMask(di, better), x_index, index);
  max = hn::IfThenElse(better, x, max);
}

// As int64.
template <class Access>
HWY_INLINE void StoreIndices(WindowVI index, int64_t* to, Access access) {
  const WindowDI di;
#if HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE
  const hn::Repartition<int64_t, WindowDI> d64;
  const hn::Half<WindowDI> half;
  const auto low = hn::PromoteTo(d64, hn::LowerHalf(half, index));
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  // Each beside a zero, by one shuffle where two would be needed: none is negative.
  const WindowVI apart{
      _mm512_setr_epi32(8, 16, 9, 16, 10, 16, 11, 16, 12, 16, 13, 16, 14, 16, 15, 16)};
  const hn::Vec<decltype(d64)> high{
      _mm512_permutex2var_epi32(index.raw, apart.raw, _mm512_setzero_si512())};
#else
  const auto high = hn::PromoteTo(d64, hn::UpperHalf(half, index));
#endif
  if constexpr (std::is_same_v<Access, AllLanes>) {
    hn::StoreU(low, d64, to);
    hn::StoreU(high, d64, to + hn::Lanes(d64));
    return;
  }
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2  // others have no store of some lanes, as FirstLanes
  const size_t stored = access.Count(di), lanes = hn::Lanes(d64);
  hn::BlendedStore(low, hn::FirstN(d64, std::min(stored, lanes)), d64, to);
  if (stored > lanes) hn::BlendedStore(high, hn::FirstN(d64, stored - lanes), d64, to + lanes);
  return;
#endif
#endif
  HWY_ALIGN int32_t buffer[HWY_MAX_BYTES / sizeof(int32_t)] = {};
  hn::Store(index, di, buffer);
  const size_t count = access.Count(di);
  for (size_t i = 0; i < count; ++i) to[i] = buffer[i];
}

// A vector of them is twice as long as one of floats.
HWY_INLINE void PrefetchIndices(const int64_t* to, ptrdiff_t ahead) {
  PrefetchStore(to, ahead);
  if (hn::Lanes(WindowD()) > 8) PrefetchStore(to, ahead + kLine);
}

// With the index of each maximum.
template <class Extent>
struct MaxIndices {
  static constexpr int kMaxVecs = kChunkVecs / 2;
  using Taps = typename Extent::Taps;

  template <int kVecs, class Access>
  static HWY_INLINE void Run(const WindowArgs& t, const Items& at, Access access) {
    if (!HWY_LIKELY((Try<kVecs, false>(t, at, access)))) Try<kVecs, true>(t, at, access);
  }

 private:
  // Where a tap's indices come from: an earlier pass, or its position.
  struct Source {
    const int32_t* indices;
    int32_t position;
    template <class Access>
    HWY_INLINE WindowVI At(ptrdiff_t place, Access access) const {
      const WindowDI di;
      return indices != nullptr ? access.Load(di, indices + place) : hn::Set(di, position);
    }
  };
  static HWY_INLINE Source SourceOf(const WindowArgs& t, int64_t column, ptrdiff_t place,
                                    int32_t position) {
    if (t.index_distance != 0) {
      const float* const index = t.taps[column] + place + t.index_distance;
      return {reinterpret_cast<const int32_t*>(index), 0};
    }
    return {nullptr, t.positions[column] + position};
  }
  template <class Access>
  static HWY_INLINE WindowVI FirstIndex(const WindowArgs& t, const Items& at, int32_t position,
                                        ptrdiff_t place, Access access) {
    const WindowDI di;
    if (t.first == nullptr) return SourceOf(t, 0, at.at, position).At(place, access);
    return hn::Add(access.Load(di, t.first + at.item + place), hn::Set(di, position));
  }

  template <bool kCareful>
  static HWY_INLINE hn::Mask<WindowD> Better(WindowV a, WindowV max) {
    if constexpr (kCareful) return hn::Or(hn::Gt(a, max), hn::IsNaN(a));
    return hn::Gt(a, max);
  }

  // False, with nothing written, if there may be a NaN that only the NaN-safe one sees.
  template <int kVecs, bool kCareful, class Access>
  static HWY_INLINE bool Try(const WindowArgs& t, const Items& at, Access access) {
    const WindowD d;
    const WindowDI di;
    int32_t position = t.position + static_cast<int32_t>(at.output) * t.position_step;
    const float* const x0 = t.taps[0] + at.at;
    WindowV m0 = access.Load(d, x0);
    [[maybe_unused]] WindowV m1 = m0, m2 = m0, m3 = m0;
    WindowVI i0 = FirstIndex(t, at, position, 0, access);
    [[maybe_unused]] WindowVI i1 = i0, i2 = i0, i3 = i0;
#define WINDROW_FIRST(v)                        \
  m##v = access.Load(d, x0 + WINDROW_PLACE(v)); \
  i##v = FirstIndex(t, at, position, WINDROW_PLACE(v), access)
    WINDROW_FOR_INDICES(WINDROW_FIRST);
    const WindowV one = hn::Set(d, t.one);
    WindowV s0 = m0;
    [[maybe_unused]] WindowV s1 = m0, s2 = m0, s3 = m0;
#define WINDROW_SEEN(v) s##v = m##v
    WINDROW_FOR_INDICES(WINDROW_SEEN);
    ptrdiff_t row = at.at;
    for (int64_t i = 0; i < Extent::Rows(t); ++i, row += t.x_row, position += t.position_row) {
      for (int64_t j = i == 0 ? 1 : 0; j < Extent::Columns(t); ++j) {
        const float* const x = t.taps[j] + row;
        const Source source = SourceOf(t, j, row, position);
#define WINDROW_TAKE(v)                                                                           \
  {                                                                                               \
    const WindowV a = access.Load(d, x + WINDROW_PLACE(v));                                       \
    const auto better = Better<kCareful>(a, m##v);                                                \
    i##v = hn::IfThenElse(hn::RebindMask(di, better), source.At(WINDROW_PLACE(v), access), i##v); \
    m##v = hn::IfThenElse(better, a, m##v);                                                       \
    if constexpr (!kCareful) s##v = AddBeside(s##v, a, one);                                      \
  }
        WINDROW_FOR_INDICES(WINDROW_TAKE);
      }
    }
    if constexpr (!kCareful) {
#define WINDROW_GATHER(v) \
  if constexpr (v > 0) s0 = hn::Add(s0, s##v)
      WINDROW_FOR_INDICES(WINDROW_GATHER);
      if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Eq(s0, s0)))) return false;
    }
#define WINDROW_STORE(v) \
  Store(t, {at.output, at.item + WINDROW_PLACE(v), at.at + WINDROW_PLACE(v)}, m##v, i##v, access)
    WINDROW_FOR_INDICES(WINDROW_STORE);
    return true;
  }
#undef WINDROW_FIRST
#undef WINDROW_SEEN
#undef WINDROW_TAKE
#undef WINDROW_GATHER
#undef WINDROW_STORE

  template <class Access>
  static HWY_INLINE void Store(const WindowArgs& t, const Items& at, WindowV max, WindowVI index,
                               Access access) {
    const WindowD d;
    const WindowDI di;
    float* const y = t.y + at.output * t.y_step + at.item;
    PrefetchOutputs(y);
    access.Store(d, CanonicalNaN(Flushed(t, max)), y);
    if (t.item_positions != nullptr) {
      index = hn::Add(index, access.Load(di, t.item_positions + at.item));
    }
    if (t.index != nullptr) {
      access.Store(di, index, t.index + at.output * t.y_step + at.item);
      return;
    }
    int64_t* const indices = t.indices + at.output * t.indices_step + at.item;
    PrefetchIndices(indices, 16 * kLine);
    StoreIndices(index, indices, access);
  }
};
#undef WINDROW_FOR_INDICES
#undef WINDROW_PLACE

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
