// The inner loops of pooling with long windows a step apart: what is loaded for one output is used
// for all of the four outputs whose windows hold it.
//
//   for each few vectors of items: for each four outputs:
//     for t < taps + 3: x = load; for output k: if 0 <= t - k < taps: reduce x into k
#if defined(WINDROW_LIB_SIMD_SLIDING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_SLIDING_INL_H_
#undef WINDROW_LIB_SIMD_SLIDING_INL_H_
#else
#define WINDROW_LIB_SIMD_SLIDING_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

struct SlidingSum {
  static constexpr bool kChecked = false;
  static HWY_INLINE WindowV Start() { return hn::Zero(WindowD()); }
  // Half of the additions on other pipes.
  template <int kOutput>
  static HWY_INLINE WindowV Take(WindowV sum, WindowV x, WindowV one) {
    return kOutput % 2 == 0 ? hn::Add(sum, x) : AddBeside(sum, x, one);
  }
  template <class Access>
  static HWY_INLINE WindowV Result(const WindowArgs& t, int64_t item, WindowV v, Access access) {
    return Sum<Extent<1, 0>>::Divided(t, item, v, access);
  }
  static HWY_INLINE void See(WindowV&, WindowV, WindowV) {}
};

struct SlidingMax {
  static constexpr bool kChecked = true;
  static HWY_INLINE WindowV Start() {
    const WindowD d;
    return hn::BitCast(d, hn::Set(hn::RebindToUnsigned<WindowD>(), 0xFF800000u));  // -inf
  }
  template <int kOutput>
  static HWY_INLINE WindowV Take(WindowV max, WindowV x, WindowV) {
    return LaterMax(x, max);
  }
  template <class Access>
  static HWY_INLINE WindowV Result(const WindowArgs& t, int64_t, WindowV v, Access) {
    return Flushed(t, v);
  }
  static HWY_INLINE void See(WindowV& seen, WindowV x, WindowV one) {
    seen = AddBeside(seen, x, one);
  }
};

template <class Access>
HWY_NOINLINE void SlideCarefully(const WindowArgs& t, const float* x, float* y, Access access) {
  const WindowD d;
  WindowV max = access.Load(d, x);
  for (int64_t i = 1; i < t.columns; ++i) {
    const WindowV v = access.Load(d, x += t.x_step);
    max = CarefulMax(v, max);
  }
  access.Store(d, CanonicalNaN(Flushed(t, max)), y);
}

// `kCount` outputs from `output` on, of one vector of items or of two. A NaN shows in the sum of
// all that was loaded, as in Max; then each output is done on its own, with care.
template <class Reduction, int kCount, int kVecs, class Access>
HWY_INLINE void Slide(const WindowArgs& t, int64_t output, int64_t item, Access access) {
  const WindowD d;
  const auto lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  const WindowV one = hn::Set(d, t.one);
  const float* const first = t.taps[0] + t.offset + output * t.x_step + item;
  const float* x = first;
  WindowV seen0 = hn::Zero(d), seen1 = seen0;  // two chains of additions
  WindowV a0 = Reduction::Start(), b0 = a0, c0 = a0, e0 = a0;
  WindowV a1 = a0, b1 = a0, c1 = a0, e1 = a0;
#define WINDROW_LOAD                    \
  const WindowV v0 = access.Load(d, x); \
  Reduction::See(seen0, v0, one);       \
  [[maybe_unused]] WindowV v1 = v0;     \
  if constexpr (kVecs > 1) {            \
    v1 = access.Load(d, x + lanes);     \
    Reduction::See(seen1, v1, one);     \
  }                                     \
  x += t.x_step
#define WINDROW_TAKE(output, k)                                                          \
  if constexpr (kCount > k) output##0 = Reduction::template Take<k>(output##0, v0, one); \
  if constexpr (kCount > k && kVecs > 1) output##1 = Reduction::template Take<k>(output##1, v1, one)
  // Those that the first windows alone have, ...
  if constexpr (kCount > 1) {
    WINDROW_LOAD;
    WINDROW_TAKE(a, 0);
  }
  if constexpr (kCount > 2) {
    WINDROW_LOAD;
    WINDROW_TAKE(a, 0);
    WINDROW_TAKE(b, 1);
  }
  if constexpr (kCount > 3) {
    WINDROW_LOAD;
    WINDROW_TAKE(a, 0);
    WINDROW_TAKE(b, 1);
    WINDROW_TAKE(c, 2);
  }
  // ... that all have, ...
  for (int64_t i = kCount - 1; i < t.columns; ++i) {
    WINDROW_LOAD;
    WINDROW_TAKE(a, 0);
    WINDROW_TAKE(b, 1);
    WINDROW_TAKE(c, 2);
    WINDROW_TAKE(e, 3);
  }
  // ... and the last ones.
  if constexpr (kCount > 1) {
    WINDROW_LOAD;
    WINDROW_TAKE(b, 1);
    WINDROW_TAKE(c, 2);
    WINDROW_TAKE(e, 3);
  }
  if constexpr (kCount > 2) {
    WINDROW_LOAD;
    WINDROW_TAKE(c, 2);
    WINDROW_TAKE(e, 3);
  }
  if constexpr (kCount > 3) {
    WINDROW_LOAD;
    WINDROW_TAKE(e, 3);
  }
#undef WINDROW_LOAD
#undef WINDROW_TAKE
  float* const y = t.y + output * t.y_step + item;
  if constexpr (Reduction::kChecked) {
    const WindowV seen = hn::Add(seen0, seen1);
    if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Eq(seen, seen)))) {
      for (ptrdiff_t k = 0; k < kCount; ++k) {
        for (ptrdiff_t v = 0; v < kVecs * lanes; v += lanes) {
          SlideCarefully(t, first + k * t.x_step + v, y + k * t.y_step + v, access);
        }
      }
      return;
    }
  }
#define WINDROW_STORE(output, k)                                                      \
  if constexpr (kCount > k) {                                                         \
    access.Store(d, Reduction::Result(t, item, output##0, access), y + k * t.y_step); \
    if constexpr (kVecs > 1) {                                                        \
      access.Store(d, Reduction::Result(t, item + lanes, output##1, access),          \
                   y + k * t.y_step + lanes);                                         \
    }                                                                                 \
  }
  WINDROW_STORE(a, 0)
  WINDROW_STORE(b, 1)
  WINDROW_STORE(c, 2)
  WINDROW_STORE(e, 3)
#undef WINDROW_STORE
}

template <class Reduction, int kVecs, class Access>
HWY_INLINE void SlideItems(const WindowArgs& t, int64_t item, Access access) {
  int64_t o = 0;
  for (; o + 4 <= t.outputs; o += 4) Slide<Reduction, 4, kVecs>(t, o, item, access);
  if (t.outputs - o == 3) return Slide<Reduction, 3, kVecs>(t, o, item, access);
  if (t.outputs - o == 2) return Slide<Reduction, 2, kVecs>(t, o, item, access);
  if (t.outputs - o == 1) return Slide<Reduction, 1, kVecs>(t, o, item, access);
}

template <class Reduction>
void Slides(const WindowArgs& args) {
  WindowArgs t = Local(args);
  const Extent<0, 1>::Taps taps(args);
  t.taps = taps.all;
  const auto lanes = static_cast<int64_t>(hn::Lanes(WindowD()));
  int64_t i = 0;
  for (; i + 2 * lanes <= t.items; i += 2 * lanes) SlideItems<Reduction, 2>(t, i, AllLanes());
  if (i + lanes <= t.items) {
    SlideItems<Reduction, 1>(t, i, AllLanes());
    i += lanes;
  }
  if (i == t.items) return;
  if (i == 0) {
    SlideItems<Reduction, 1>(t, 0, FirstLanes{static_cast<size_t>(t.items)});
  } else {  // the last vector begins inside the one before
    SlideItems<Reduction, 1>(t, t.items - lanes, AllLanes());
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
