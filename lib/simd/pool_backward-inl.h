// The inner loops of poolings' gradients: lanes over items that lie side by side.
#if defined(WINDROW_LIB_SIMD_POOL_BACKWARD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_POOL_BACKWARD_INL_H_
#undef WINDROW_LIB_SIMD_POOL_BACKWARD_INL_H_
#else
#define WINDROW_LIB_SIMD_POOL_BACKWARD_INL_H_
#endif

#include <hwy/highway.h>

#include <bit>
#include <cstddef>
#include <cstdint>

#include "lib/simd/lanes-inl.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/pool_ops-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// The halves of each index: the upper one must repeat the sign of the lower.
HWY_INLINE bool NarrowItems(const int64_t* from, int64_t items, int32_t plane, int32_t* to) {
  const hn::ScalableTag<int32_t> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto least = hn::Set(d, -1), last = hn::Set(d, plane - 1);
  auto bad = hn::Gt(least, last);  // none
  int64_t i = 0;
  for (; i + lanes <= items; i += lanes) {
    hn::Vec<decltype(d)> even, odd;
    hn::LoadInterleaved2(d, reinterpret_cast<const int32_t*>(from + i), even, odd);
    // No std::swap: it does not take vectors of any length.
    constexpr bool kBig = std::endian::native == std::endian::big;
    const auto low = kBig ? odd : even, high = kBig ? even : odd;
    const auto wide = hn::Ne(high, hn::ShiftRight<31>(low));
    bad = hn::Or(hn::Or(bad, wide), hn::Or(hn::Lt(low, least), hn::Gt(low, last)));
    hn::StoreU(low, d, to + i);
  }
  bool good = hn::AllFalse(d, bad);
  for (; i < items; ++i) {
    good = good && from[i] >= -1 && from[i] < plane;
    to[i] = static_cast<int32_t>(from[i]);
  }
  return good;
}

inline bool Narrow(const NarrowArgs& t) {
  const KernelScope scope;
  if (t.from_pixel == t.items) return NarrowItems(t.from, t.pixels * t.items, t.plane, t.to);
  bool good = true;
  for (int64_t p = 0; p < t.pixels; ++p) {
    good &= NarrowItems(t.from + p * t.from_pixel, t.items, t.plane, t.to + p * t.items);
  }
  return good;
}

// Four vectors of items of a pixel from item i on, or one. kOne: of one output.
template <bool kOne, int kVecs, class Access>
HWY_INLINE void SearchItems(const SearchArgs& t, int64_t p, int64_t i, float zero, Access access) {
  const PoolD d;
  const PoolDI di;
  const int32_t target = t.target + static_cast<int32_t>(p);
  const ptrdiff_t from_step = t.step * t.from_pixel, indices_step = t.step * t.items;
  const int64_t lanes = PoolLanes(), rows = kOne ? 1 : t.rows, count = kOne ? 1 : t.count[p];
  const float* from = t.from + t.first[p] * t.from_pixel + i;
  const int32_t* indices = t.indices + t.first[p] * t.items + i;
  PoolV sum0 = hn::Set(d, zero), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  for (int64_t r = 0; r < rows; ++r, from += t.from_row, indices += t.indices_row) {
    PoolV row0 = hn::Zero(d), row1 = row0, row2 = row0, row3 = row0;
    const float* v = from;
    const int32_t* at = indices;
    const auto add = [&](PoolV& sum, int64_t place) HWY_ATTR {
      const auto here = hn::RebindMask(d, hn::Eq(access.Load(di, at + place), hn::Set(di, target)));
      sum = hn::Add(sum, hn::IfThenElseZero(here, access.Load(d, v + place)));
    };
    for (int64_t k = 0; k < count; ++k, v += from_step, at += indices_step) {
      add(row0, 0);
      if constexpr (kVecs == 4) add(row1, lanes), add(row2, 2 * lanes), add(row3, 3 * lanes);
    }
    sum0 = hn::Add(sum0, row0), sum1 = hn::Add(sum1, row1);
    sum2 = hn::Add(sum2, row2), sum3 = hn::Add(sum3, row3);
  }
  float* const to = t.to + p * t.to_pixel + i;
  access.Store(d, CanonicalNaN(sum0), to);
  if constexpr (kVecs == 4) {
    access.Store(d, CanonicalNaN(sum1), to + lanes);
    access.Store(d, CanonicalNaN(sum2), to + 2 * lanes);
    access.Store(d, CanonicalNaN(sum3), to + 3 * lanes);
  }
}

template <bool kOne>
HWY_INLINE void SearchPixel(const SearchArgs& t, int64_t p, float zero) {
  const int64_t lanes = PoolLanes();
  int64_t i = 0;
  for (; i + 4 * lanes <= t.items; i += 4 * lanes) SearchItems<kOne, 4>(t, p, i, zero, AllLanes());
  for (; i + lanes <= t.items; i += lanes) SearchItems<kOne, 1>(t, p, i, zero, AllLanes());
  if (i == t.items) return;
  SearchItems<kOne, 1>(t, p, i, zero, FirstLanes{static_cast<size_t>(t.items - i)});
}

inline void Search(const SearchArgs& t) {
  const KernelScope scope;
  // No compiler may see that 0 is added, which turns -0 (a denormal that was flushed) to +0.
  const float zero = UnknownOne() - 1;
  for (int64_t p = 0; p < t.pixels; ++p) {
    t.rows == 1 && t.count[p] == 1 ? SearchPixel<true>(t, p, zero) : SearchPixel<false>(t, p, zero);
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
