// Rows of windows two columns wide and two apart, read where they lie: the two taps of an output
// are neighbours, into which vectors are deinterleaved.
#if defined(WINDROW_LIB_SIMD_PAIRS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_PAIRS_INL_H_
#undef WINDROW_LIB_SIMD_PAIRS_INL_H_
#else
#define WINDROW_LIB_SIMD_PAIRS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

#include "lib/simd/pool_rolling-inl.h"
#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// The first and the second taps of a vector of outputs.
HWY_INLINE void DeinterleavePairs(WindowV low, WindowV high, WindowV& first, WindowV& second) {
#if HWY_TARGET == HWY_SCALAR
  first = low, second = high;
#else
  const WindowD d;
  first = hn::ConcatEven(d, high, low);
  second = hn::ConcatOdd(d, high, low);
#endif
}

HWY_INLINE void LoadPairs(const float* x, AllLanes, WindowV& first, WindowV& second) {
  const WindowD d;
  DeinterleavePairs(hn::LoadU(d, x), hn::LoadU(d, x + hn::Lanes(d)), first, second);
}

// The last `missing` of the second taps are not there, and read as 0.
HWY_INLINE void LoadPairs(const float* x, FirstLanes part, WindowV& first, WindowV& second,
                          size_t missing = 0) {
  const WindowD d;
  const size_t lanes = hn::Lanes(d), floats = 2 * part.count - missing;
  const size_t low = std::min(floats, lanes);
  WindowV high = hn::Zero(d);
  if (floats > lanes) high = FirstLanes{floats - lanes}.Load(d, x + lanes);
  DeinterleavePairs(low == lanes ? hn::LoadU(d, x) : FirstLanes{low}.Load(d, x), high, first,
                    second);
}

struct SumPairs : SumRows<Extent<2, 2>> {
  static constexpr int kStep = 2;
  template <class Access>
  static HWY_INLINE WindowV Row(const WindowArgs& t, ptrdiff_t at, int64_t, WindowV&,
                                Access access) {
    WindowV a, b;
    LoadPairs(t.taps[0] + at, access, a, b);
    return hn::Add(hn::Add(hn::Zero(WindowD()), a), b);
  }
};

struct MaxPairs : MaxRows<Extent<2, 2>> {
  static constexpr int kStep = 2;
  template <class Access>
  static HWY_INLINE WindowV Row(const WindowArgs& t, ptrdiff_t at, int64_t, WindowV& seen,
                                Access access) {
    WindowV a, b;
    LoadPairs(t.taps[0] + at, access, a, b);
    const WindowV one = hn::Set(WindowD(), t.one);
    seen = AddBeside(seen, AddBeside(a, b, one), one);
    return LaterMax(b, a);
  }
  template <class Access>
  static HWY_INLINE void Careful(const WindowArgs& t, ptrdiff_t at, int64_t, int64_t, float* y,
                                 Access access) {
    const WindowD d;
    WindowV max = hn::Zero(d), b = max;
    LoadPairs(t.taps[0] + at, access, max, b);
    for (int64_t i = 0;;) {
      max = CarefulMax(b, max);
      if (++i == t.rows) break;
      WindowV a = b;
      LoadPairs(t.taps[0] + (at += t.x_row), access, a, b);
      max = CarefulMax(a, max);
    }
    access.Store(d, CanonicalNaN(Flushed(t, max)), y);
  }
};

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
