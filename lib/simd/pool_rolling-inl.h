// The inner loops of pooling with windows three rows high that share rows with those below: only
// the rows that are new are reduced along the kernel's width; what the rows above gave is still in
// cache.
//
//   stride 1:  r = reduction of the new row;           y = above, middle, r;  r takes above's place
//   stride 2:  q, r = reductions of the two new rows;  y = above, q, r;       r takes above's place
#if defined(WINDROW_LIB_SIMD_POOL_ROLLING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_POOL_ROLLING_INL_H_
#undef WINDROW_LIB_SIMD_POOL_ROLLING_INL_H_
#else
#define WINDROW_LIB_SIMD_POOL_ROLLING_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/window-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// How rows are reduced and joined. `seen` shows a NaN, as in Max; sums need none. If it pads, rows
// outside the image are not read.
template <class Extent>
struct SumRows {
  static constexpr bool kChecked = false;
  static constexpr bool kPads = false;
  static constexpr int kStep = 1;  // of x for a step of y
  using Taps = typename Extent::Taps;

  template <class Access>
  static HWY_INLINE WindowV Row(const WindowArgs& t, ptrdiff_t at, int64_t, WindowV&,
                                Access access) {
    const WindowD d;
    const WindowV one = hn::Set(d, t.one);
    WindowV sum = hn::Zero(d);
    for (int64_t j = 0; j < Extent::Columns(t); ++j) {
      sum = AddBeside(sum, access.Load(d, t.taps[j] + at), one);
    }
    return sum;
  }
  static HWY_INLINE WindowV Join(WindowV above, WindowV below) { return hn::Add(above, below); }
  template <class Access>
  static HWY_INLINE WindowV Result(const WindowArgs& t, int64_t item, WindowV v, Access access) {
    return Sum<Extent>::Divided(t, item, v, access);
  }
};

template <class Extent>
struct MaxRows {
  static constexpr bool kChecked = true;
  static constexpr bool kPads = false;
  static constexpr int kStep = 1;
  using Taps = typename Extent::Taps;

  template <class Access>
  static HWY_INLINE WindowV Row(const WindowArgs& t, ptrdiff_t at, int64_t, WindowV& seen,
                                Access access) {
    const WindowD d;
    const WindowV one = hn::Set(d, t.one);
    WindowV max = access.Load(d, t.taps[0] + at), sum = max;
    for (int64_t j = 1; j < Extent::Columns(t); ++j) {
      const WindowV x = access.Load(d, t.taps[j] + at);
      max = LaterMax(x, max);
      sum = AddBeside(sum, x, one);
    }
    seen = AddBeside(seen, sum, one);
    return max;
  }
  static HWY_INLINE WindowV Join(WindowV above, WindowV below) { return LaterMax(below, above); }
  template <class Access>
  static HWY_INLINE WindowV Result(const WindowArgs& t, int64_t, WindowV v, Access) {
    return hn::Mul(v, hn::Set(WindowD(), t.one));
  }
  // All of a window, in which there may be a NaN.
  template <class Access>
  static HWY_INLINE void Careful(const WindowArgs& t, ptrdiff_t at, int64_t, int64_t, float* y,
                                 Access access) {
    Max<Extent>::Careful(t, at, y, access);
  }
};

// The results of all rows again, where a NaN was seen.
template <class Rows, class Access>
HWY_NOINLINE void RollCarefully(const WindowArgs& t, int64_t output, int64_t item, Access access) {
  const ptrdiff_t at = t.offset + output * t.x_step + item;
  Rows::Careful(t, at, item, 0, t.y + output * t.y_step + item, access);
  WindowArgs one_row = t;
  one_row.rows = 1;
  one_row.last = false;
  Max<Extent<1, 0>>::Careful(one_row, at + 2 * t.x_row, t.above + output * t.items + item, access);
}

template <class Rows, int kStride, class Access>
HWY_INLINE void RollItems(const WindowArgs& t, int64_t output, int64_t item, Access access) {
  const WindowD d;
  const ptrdiff_t at = t.offset + output * t.x_step + item, place = output * t.items + item;
  WindowV seen = hn::Zero(d);
  const WindowV above = access.Load(d, t.above + place);
  WindowV middle;
  if constexpr (kStride == 1) {
    middle = access.Load(d, t.middle + place);
  } else {
    middle = Rows::Row(t, at + t.x_row, item, seen, access);
  }
  const WindowV below = Rows::Row(t, at + 2 * t.x_row, item, seen, access);
  const WindowV v = Rows::Join(Rows::Join(above, middle), below);
  if constexpr (Rows::kChecked) {
    const WindowV one = hn::Set(d, t.one);
    seen = AddBeside(seen, above, one);
    if constexpr (kStride == 1) seen = AddBeside(seen, middle, one);
    if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Eq(seen, seen)))) {
      return RollCarefully<Rows>(t, output, item, access);
    }
  }
  float* const y = t.y + output * t.y_step + item;
  PrefetchOutputs(y);
  access.Store(d, below, t.above + place);
  access.Store(d, Rows::Result(t, item, v, access), y);
}

// The results of the row of `above` lie output by output, t.items each.
template <class Rows, int kStride>
void Roll(const WindowArgs& args) {
  const KernelScope scope;
  WindowArgs t = Local(args);
  Flatten(t);
  const typename Rows::Taps taps(args);
  t.taps = taps.all;
  const auto lanes = static_cast<int64_t>(hn::Lanes(WindowD()));
  for (int64_t o = 0; o < t.outputs; ++o) {
    int64_t i = 0;
    for (; i + lanes <= t.items; i += lanes) RollItems<Rows, kStride>(t, o, i, AllLanes());
    if (i < t.items) {
      RollItems<Rows, kStride>(t, o, i, FirstLanes{static_cast<size_t>(t.items - i)});
    }
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
