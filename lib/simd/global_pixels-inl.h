// The inner loops of pooling with one window an image, of pixels: tap by tap in the order of
// memory, while what the taps before gave waits in cache.
//
//   for row: for column: for each vector of items: row's sum += x, or maximum = x
//
// Window by window, as in window-inl.h, so large pixels would be read a few lines here and a few
// lines there, at distances that fall into few cache sets.
#if defined(WINDROW_LIB_SIMD_GLOBAL_PIXELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_GLOBAL_PIXELS_INL_H_
#undef WINDROW_LIB_SIMD_GLOBAL_PIXELS_INL_H_
#else
#define WINDROW_LIB_SIMD_GLOBAL_PIXELS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// Calls step.Take(item, seen, access) for each vector of items, `seen` in turn two vectors, so that
// what is added to them waits less.
template <class Step>
HWY_INLINE void ForItems(const WindowArgs& t, WindowV& seen0, WindowV& seen1, const Step& step) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(WindowD()));
  int64_t i = 0;
  for (; i + 2 * lanes <= t.items; i += 2 * lanes) {
    step.Take(i, seen0, AllLanes());
    step.Take(i + lanes, seen1, AllLanes());
  }
  for (; i + lanes <= t.items; i += lanes) step.Take(i, seen0, AllLanes());
  if (i < t.items) step.Take(i, seen0, FirstLanes{static_cast<size_t>(t.items - i)});
}

template <class Step>
HWY_INLINE void ForItems(const WindowArgs& t, const Step& step) {
  WindowV none0 = hn::Zero(WindowD()), none1 = none0;
  ForItems(t, none0, none1, step);
}

// Which of a row's taps, and which row.
enum Place { kOnly, kFirst, kMiddle, kLast };
constexpr bool Starts(Place p) { return p == kOnly || p == kFirst; }
constexpr bool Ends(Place p) { return p == kOnly || p == kLast; }

template <Place kTap, Place kRow>
struct SumTap {
  const WindowArgs& t;
  const float* x;

  template <class Access>
  HWY_INLINE void Take(int64_t item, WindowV&, Access access) const {
    const WindowD d;
    const WindowV v = access.Load(d, x + item);
    WindowV row = hn::Add(v, Starts(kTap) ? hn::Zero(d) : access.Load(d, t.above + item));
    // Of one tap a compiler would add 0 only once, and that may be what is flushed to -0.
    if constexpr (kTap == kOnly && kRow == kOnly) row = hn::Mul(v, hn::Set(d, t.one));
    if constexpr (!Ends(kTap)) {
      access.Store(d, row, t.above + item);
    } else {
      const WindowV sum = hn::Add(row, Starts(kRow) ? hn::Zero(d) : access.Load(d, t.y + item));
      access.Store(d, Ends(kRow) ? Sum<Extent<0, 0>>::Divided(t, item, sum, access) : sum,
                   t.y + item);
    }
  }
};

template <Place kRow>
HWY_INLINE void SumRow(const WindowArgs& t, ptrdiff_t at) {
  if (t.columns == 1) return ForItems(t, SumTap<kOnly, kRow>{t, t.taps[0] + at});
  ForItems(t, SumTap<kFirst, kRow>{t, t.taps[0] + at});
  for (int64_t j = 1; j < t.columns - 1; ++j) {
    ForItems(t, SumTap<kMiddle, kRow>{t, t.taps[j] + at});
  }
  ForItems(t, SumTap<kLast, kRow>{t, t.taps[t.columns - 1] + at});
}

inline void SumGlobalPixels(const WindowArgs& args) {
  const WindowArgs t = Local(args);
  ptrdiff_t at = t.offset;
  if (t.rows == 1) return SumRow<kOnly>(t, at);
  SumRow<kFirst>(t, at);
  for (int64_t i = 1; i < t.rows - 1; ++i) SumRow<kMiddle>(t, at += t.x_row);
  SumRow<kLast>(t, at += t.x_row);
}

struct MaxTap {
  const WindowArgs& t;
  const float* x;
  bool first, last;

  template <class Access>
  HWY_INLINE void Take(int64_t item, WindowV& seen, Access access) const {
    const WindowD d;
    const WindowV one = hn::Set(d, t.one), v = access.Load(d, x + item);
    seen = AddBeside(seen, v, one);
    WindowV max = first ? v : LaterMax(v, access.Load(d, t.y + item));
    if (last) max = Flushed(t, max);
    access.Store(d, max, t.y + item);
  }
};

struct CarefulTaps {
  const WindowArgs& t;

  template <class Access>
  HWY_INLINE void Take(int64_t item, WindowV&, Access access) const {
    Max<Extent<0, 0>>::Careful(t, t.offset + item, t.y + item, access);
  }
};

inline void MaxGlobalPixels(const WindowArgs& args) {
  const WindowArgs t = Local(args);
  const WindowD d;
  WindowV seen0 = hn::Zero(d), seen1 = seen0;
  ptrdiff_t at = t.offset;
  for (int64_t i = 0; i < t.rows; ++i, at += t.x_row) {
    for (int64_t j = 0; j < t.columns; ++j) {
      const bool first = i == 0 && j == 0, last = i == t.rows - 1 && j == t.columns - 1;
      ForItems(t, seen0, seen1, MaxTap{t, t.taps[j] + at, first, last});
    }
  }
  const WindowV seen = hn::Add(seen0, seen1);
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Eq(seen, seen)))) ForItems(t, CarefulTaps{t});
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
