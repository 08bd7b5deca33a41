// What works on the indices of maxima: copies that make them 64 bits wide or 32, and the gradient,
// which looks for them; lanes over items that lie side by side.
#if defined(WINDROW_LIB_SIMD_POOL_INDICES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_POOL_INDICES_INL_H_
#undef WINDROW_LIB_SIMD_POOL_INDICES_INL_H_
#else
#define WINDROW_LIB_SIMD_POOL_INDICES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "lib/simd/lanes-inl.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/pool_ops-inl.h"
#include "lib/simd/transpose-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// to[column * to_row + row] = from[row * from_row + column]
inline void TransposeIndices(const int32_t* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                             int64_t* to, ptrdiff_t to_row) {
  const KernelScope scope;
  // Blocks of whole vectors of rows, through a buffer, in which they are transposed as floats are.
  constexpr int64_t kRows = 64, kColumns = 16;
  HWY_ALIGN float block[kColumns * kRows];
  const PoolDI di;
  const auto lanes = static_cast<int64_t>(hn::Lanes(di));
  for (int64_t r = 0; r < rows; r += kRows) {
    const int64_t high = std::min(kRows, rows - r);
    for (int64_t c = 0; c < columns; c += kColumns) {
      const int64_t wide = std::min(kColumns, columns - c);
      TransposeMatrix(reinterpret_cast<const float*>(from + r * from_row + c), from_row, high, wide,
                      block, kRows);
      for (int64_t i = 0; i < wide; ++i) {
        const auto* const row = reinterpret_cast<const int32_t*>(block + i * kRows);
        int64_t* const y = to + (c + i) * to_row + r;
        int64_t j = 0;
        for (; j + lanes <= high; j += lanes) {
          PrefetchIndices(y + j, kRows * static_cast<ptrdiff_t>(sizeof(int64_t)));
          StoreIndices(hn::LoadU(di, row + j), y + j, AllLanes());
        }
        if (j == high) continue;
        const FirstLanes rest{static_cast<size_t>(high - j)};
        StoreIndices(rest.Load(di, row + j), y + j, rest);
      }
    }
  }
}

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

// Up to four vectors of items of a pixel from item i on. kOne: of one output.
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
      if constexpr (kVecs > 1) add(row1, lanes);
      if constexpr (kVecs > 2) add(row2, 2 * lanes), add(row3, 3 * lanes);
    }
    sum0 = hn::Add(sum0, row0), sum1 = hn::Add(sum1, row1);
    sum2 = hn::Add(sum2, row2), sum3 = hn::Add(sum3, row3);
  }
  float* const to = t.to + p * t.to_pixel + i;
  access.Store(d, CanonicalNaN(sum0), to);
  if constexpr (kVecs > 1) access.Store(d, CanonicalNaN(sum1), to + lanes);
  if constexpr (kVecs > 2) {
    access.Store(d, CanonicalNaN(sum2), to + 2 * lanes);
    access.Store(d, CanonicalNaN(sum3), to + 3 * lanes);
  }
}

inline void Search(const SearchArgs& t) {
  const KernelScope scope;
  // No compiler may see that 0 is added, which turns -0 (a denormal that was flushed) to +0.
  const float zero = UnknownOne() - 1;
  for (int64_t p = 0; p < t.pixels; ++p) {
    const bool one = t.rows == 1 && t.count[p] == 1;
    ForVectors<4>(t.items, [&]<int kVecs>(int64_t i, auto access) WINDROW_INLINE_LAMBDA {
      one ? SearchItems<true, kVecs>(t, p, i, zero, access)
          : SearchItems<false, kVecs>(t, p, i, zero, access);
    });
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
