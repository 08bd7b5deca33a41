// Sums of long windows a step apart: what is loaded for one output is used for all of the four
// outputs whose windows hold it.
//
//   for each few vectors of items: for each four outputs:
//     for t < taps + 3: x = load; for output k: if 0 <= t - k < taps: add x to k
#if defined(WINDROW_LIB_SIMD_SLIDING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_SLIDING_INL_H_
#undef WINDROW_LIB_SIMD_SLIDING_INL_H_
#else
#define WINDROW_LIB_SIMD_SLIDING_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/leave-inl.h"
#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// Half of the additions on other pipes.
template <int kOutput>
HWY_INLINE WindowV SlidingAdd(WindowV sum, WindowV x, WindowV one) {
  return kOutput % 2 == 0 ? hn::Add(sum, x) : AddBeside(sum, x, one);
}

// `kCount` outputs from `output` on, of one vector of items or of two.
template <int kCount, int kVecs, class Access>
HWY_INLINE void Slide(const WindowArgs& t, int64_t output, int64_t item, Access access) {
  const WindowD d;
  const auto lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  const WindowV one = hn::Set(d, t.one);
  const float* x = t.taps[0] + t.offset + output * t.x_step + item;
  WindowV a0 = hn::Zero(d), b0 = a0, c0 = a0, e0 = a0;
  WindowV a1 = a0, b1 = a0, c1 = a0, e1 = a0;
#define WINDROW_LOAD                    \
  const WindowV v0 = access.Load(d, x); \
  [[maybe_unused]] WindowV v1 = v0;     \
  if constexpr (kVecs > 1) {            \
    v1 = access.Load(d, x + lanes);     \
  }                                     \
  x += t.x_step
#define WINDROW_TAKE(output, k)                                            \
  if constexpr (kCount > k) output##0 = SlidingAdd<k>(output##0, v0, one); \
  if constexpr (kCount > k && kVecs > 1) output##1 = SlidingAdd<k>(output##1, v1, one)
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
#define WINDROW_STORE(output, k)                                                               \
  if constexpr (kCount > k) {                                                                  \
    access.Store(d, Sum<Extent<1, 0>>::Divided(t, item, output##0, access), y + k * t.y_step); \
    if constexpr (kVecs > 1) {                                                                 \
      access.Store(d, Sum<Extent<1, 0>>::Divided(t, item + lanes, output##1, access),          \
                   y + k * t.y_step + lanes);                                                  \
    }                                                                                          \
  }
  WINDROW_STORE(a, 0)
  WINDROW_STORE(b, 1)
  WINDROW_STORE(c, 2)
  WINDROW_STORE(e, 3)
#undef WINDROW_STORE
}

template <int kVecs, class Access>
HWY_INLINE void SlideItems(const WindowArgs& t, int64_t item, Access access) {
  int64_t o = 0;
  for (; o + 4 <= t.outputs; o += 4) Slide<4, kVecs>(t, o, item, access);
  if (t.outputs - o == 3) return Slide<3, kVecs>(t, o, item, access);
  if (t.outputs - o == 2) return Slide<2, kVecs>(t, o, item, access);
  if (t.outputs - o == 1) return Slide<1, kVecs>(t, o, item, access);
}

inline void SlidingSum(const WindowArgs& args) {
  const KernelScope scope;
  WindowArgs t = Local(args);
  const Extent<0, 1>::Taps taps(args);
  t.taps = taps.all;
  const auto lanes = static_cast<int64_t>(hn::Lanes(WindowD()));
  int64_t i = 0;
  for (; i + 2 * lanes <= t.items; i += 2 * lanes) SlideItems<2>(t, i, AllLanes());
  if (i + lanes <= t.items) {
    SlideItems<1>(t, i, AllLanes());
    i += lanes;
  }
  if (i == t.items) return;
  if (i == 0) {
    SlideItems<1>(t, 0, FirstLanes{static_cast<size_t>(t.items)});
  } else {  // the last vector begins inside the one before
    SlideItems<1>(t, t.items - lanes, AllLanes());
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
