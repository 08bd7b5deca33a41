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
    max = hn::IfThenElse(hn::Or(hn::Gt(v, max), hn::IsNaN(v)), v, max);
  }
  access.Store(d, CanonicalNaN(Flushed(t, max)), y);
}

// `kCount` outputs from `output` on. A NaN shows in the sum of all that was loaded, as in Max; then
// each output is done on its own, with care.
template <class Reduction, int kCount, class Access>
HWY_INLINE void Slide(const WindowArgs& t, int64_t output, int64_t item, Access access) {
  const WindowD d;
  const WindowV one = hn::Set(d, t.one);
  const float* const first = t.taps[0] + t.offset + output * t.x_step + item;
  const float* x = first;
  WindowV seen = hn::Zero(d);
  WindowV a = Reduction::Start(), b = a, c = a, e = a;
#define WINDROW_LOAD                   \
  const WindowV v = access.Load(d, x); \
  x += t.x_step;                       \
  Reduction::See(seen, v, one)
#define WINDROW_TAKE(output, k) \
  if constexpr (kCount > k) output = Reduction::template Take<k>(output, v, one)
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
    if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Eq(seen, seen)))) {
      for (int64_t k = 0; k < kCount; ++k) {
        SlideCarefully(t, first + k * t.x_step, y + k * t.y_step, access);
      }
      return;
    }
  }
#define WINDROW_STORE(output, k) \
  if constexpr (kCount > k)      \
  access.Store(d, Reduction::Result(t, item, output, access), y + k * t.y_step)
  WINDROW_STORE(a, 0);
  WINDROW_STORE(b, 1);
  WINDROW_STORE(c, 2);
  WINDROW_STORE(e, 3);
#undef WINDROW_STORE
}

template <class Reduction, class Access>
HWY_INLINE void SlideItems(const WindowArgs& t, int64_t item, Access access) {
  int64_t o = 0;
  for (; o + 4 <= t.outputs; o += 4) Slide<Reduction, 4>(t, o, item, access);
  if (t.outputs - o == 3) return Slide<Reduction, 3>(t, o, item, access);
  if (t.outputs - o == 2) return Slide<Reduction, 2>(t, o, item, access);
  if (t.outputs - o == 1) return Slide<Reduction, 1>(t, o, item, access);
}

template <class Reduction>
void Slides(const WindowArgs& args) {
  WindowArgs t = Local(args);
  t.outputs = args.outputs;
  t.items = args.items;
  const Extent<0, 1>::Taps taps(args);
  t.taps = taps.all;
  const auto lanes = static_cast<int64_t>(hn::Lanes(WindowD()));
  int64_t i = 0;
  for (; i + lanes <= t.items; i += lanes) SlideItems<Reduction>(t, i, AllLanes());
  if (i == t.items) return;
  if (i == 0) {
    SlideItems<Reduction>(t, 0, FirstLanes{static_cast<size_t>(t.items)});
  } else {  // the last vector begins inside the one before
    SlideItems<Reduction>(t, t.items - lanes, AllLanes());
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
