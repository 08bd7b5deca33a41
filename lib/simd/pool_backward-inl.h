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
#include <type_traits>

#include "lib/simd/lanes-inl.h"
#include "lib/simd/pool_backward_kernels.h"
#include "lib/simd/pool_ops-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// Calls each(item, access) for vectors of items, the last of which may be partial: what is added to
// must not be met twice.
template <class Each>
HWY_INLINE void ForVectors(int64_t items, const Each& each) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(PoolD()));
  int64_t i = 0;
  for (; i + lanes <= items; i += lanes) each(i, AllLanes());
  if (i < items) each(i, FirstLanes{static_cast<size_t>(items - i)});
}

template <bool kFirst, bool kLast, bool kClear>
HWY_INLINE void AddItems(float* HWY_RESTRICT from, float* HWY_RESTRICT to, int64_t items) {
  ForVectors(items, [=](int64_t i, auto access) HWY_ATTR {
    const PoolD d;
    const PoolV before = kFirst ? hn::Zero(d) : access.Load(d, to + i);
    const PoolV sum = hn::Add(before, access.Load(d, from + i));
    access.Store(d, kLast ? CanonicalNaN(sum) : sum, to + i);
    if constexpr (kClear) access.Store(d, hn::Zero(d), from + i);
  });
}

template <bool kFirst, bool kLast, bool kClear>
HWY_INLINE void AddPixels(const AddLinesArgs& t) {
  int64_t lines = t.lines, pixels = t.pixels, items = t.items;
  if (t.to_pixel == items) items *= pixels, pixels = 1;
  if (pixels == 1 && t.from_line == items && t.to_line == items) items *= lines, lines = 1;
  for (int64_t l = 0; l < lines; ++l) {
    float *from = t.from + l * t.from_line, *to = t.to + l * t.to_line;
    for (int64_t p = 0; p < pixels; ++p, from += items, to += t.to_pixel) {
      AddItems<kFirst, kLast, kClear>(from, to, items);
    }
  }
}

template <bool kFirst, bool kLast>
HWY_INLINE void AddCleared(const AddLinesArgs& t) {
  t.clear ? AddPixels<kFirst, kLast, true>(t) : AddPixels<kFirst, kLast, false>(t);
}

inline void AddLines(const AddLinesArgs& t) {
  const KernelScope scope;
  if (t.first) {
    t.last ? AddCleared<true, true>(t) : AddCleared<true, false>(t);
  } else {
    t.last ? AddCleared<false, true>(t) : AddCleared<false, false>(t);
  }
}

HWY_INLINE void DivideItems(const float* from, int64_t items, float divisor, float factor,
                            float* to) {
  if (factor != 0) {  // the same bits in a tenth of the time
    ForVectors(items, [=](int64_t i, auto access) HWY_ATTR {
      const PoolD d;
      access.Store(d, hn::Mul(access.Load(d, from + i), hn::Set(d, factor)), to + i);
    });
  } else {
    ForVectors(items, [=](int64_t i, auto access) HWY_ATTR {
      const PoolD d;
      access.Store(d, hn::Div(access.Load(d, from + i), hn::Set(d, divisor)), to + i);
    });
  }
}

// Lanes that are not there are divided by 1: 0 / 0 would raise the invalid-operation flag.
template <class Access>
HWY_INLINE PoolV LoadDivisors(const Access& access, const float* from) {
  const PoolD d;
  if constexpr (std::is_same_v<Access, AllLanes>) return access.Load(d, from);
  return hn::IfThenElse(access.There(d), access.Load(d, from), hn::Set(d, 1.0f));
}

inline void Divide(const DivideArgs& t) {
  const KernelScope scope;
  if (t.divisors != nullptr && t.items == 1 && t.from_pixel == 1) {
    return ForVectors(t.pixels, [&t](int64_t i, auto access) HWY_ATTR {
      const PoolD d;
      const PoolV divisors = LoadDivisors(access, t.divisors + i);
      access.Store(d, hn::Div(access.Load(d, t.from + i), divisors), t.to + i);
    });
  }
  const bool one = t.divisors == nullptr;
  const float factor = one ? ExactFactor(t.divisor) : 0;
  if (one && t.from_pixel == t.items) {
    return DivideItems(t.from, t.pixels * t.items, t.divisor, factor, t.to);
  }
  for (int64_t p = 0; p < t.pixels; ++p) {
    DivideItems(t.from + p * t.from_pixel, t.items, one ? t.divisor : t.divisors[p], factor,
                t.to + p * t.items);
  }
}

// to[i] = from[i] + from[i + distance] + ..., `count` of them from +0.
HWY_INLINE void AddUp(const float* from, ptrdiff_t distance, int64_t count, int64_t items,
                      float* to) {
  const PoolD d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (; items >= 4 * lanes; items -= 4 * lanes, from += 4 * lanes, to += 4 * lanes) {
    PoolV a = hn::Zero(d), b = a, c = a, e = a;
    const float* x = from;
    for (int64_t k = 0; k < count; ++k, x += distance) {
      a = hn::Add(a, hn::LoadU(d, x));
      b = hn::Add(b, hn::LoadU(d, x + lanes));
      c = hn::Add(c, hn::LoadU(d, x + 2 * lanes));
      e = hn::Add(e, hn::LoadU(d, x + 3 * lanes));
    }
    hn::StoreU(a, d, to);
    hn::StoreU(b, d, to + lanes);
    hn::StoreU(c, d, to + 2 * lanes);
    hn::StoreU(e, d, to + 3 * lanes);
  }
  ForVectors(items, [=](int64_t i, auto access) HWY_ATTR {
    PoolV sum = hn::Zero(d);
    const float* x = from + i;
    for (int64_t k = 0; k < count; ++k, x += distance) sum = hn::Add(sum, access.Load(d, x));
    access.Store(d, sum, to + i);
  });
}

HWY_INLINE float AddUpOne(const float* from, ptrdiff_t distance, int64_t count) {
  float sum = 0;
  for (int64_t k = 0; k < count; ++k, from += distance) sum += *from;
  return sum;
}

inline void Spread(const SpreadArgs& t) {
  const KernelScope scope;
  const ptrdiff_t distance = t.step * t.items;
  const auto pixels = [&](int64_t begin, int64_t end) HWY_ATTR {
    for (int64_t p = begin; p < end; ++p) {
      const float* const from = t.from + t.first[p] * t.items;
      if (t.items == 1) {
        t.to[p] = AddUpOne(from, distance, t.count[p]);
      } else {
        AddUp(from, distance, t.count[p], t.items, t.to + p * t.items);
      }
    }
  };
  pixels(0, t.shifted_begin);
  if (t.shifted_begin < t.shifted_end) {
    const int64_t p = t.shifted_begin;
    AddUp(t.from + t.first[p] * t.items, distance, t.count[p], (t.shifted_end - p) * t.items,
          t.to + p * t.items);
  }
  pixels(t.shifted_end, t.pixels);
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

inline void Stretch(const StretchArgs& t) {
  const KernelScope scope;
  int64_t i = 0;
  if (t.step == 2) {
    const hn::ScalableTag<int32_t> d;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    const auto fill = hn::Set(d, t.fill);
    for (; i + lanes <= t.count; i += lanes) {
      hn::StoreInterleaved2(hn::LoadU(d, t.from + i), fill, d, t.to + 2 * i);
    }
  }
  for (; i < t.count; ++i) t.to[i * t.step] = t.from[i];
}

// Items of one pixel, whose index is `target`; or pixels, if theirs ascend.
template <bool kFirst, bool kLast, bool kAscend>
HWY_INLINE void PickItems(const PickArgs& t, const float* from, const int32_t* indices,
                          int64_t count, int32_t target, int64_t items, float* to) {
  const PoolD d;
  const hn::RebindToSigned<PoolD> di;
  const ptrdiff_t from_step = t.step * t.from_pixel, index_step = t.step * t.items;
  ForVectors(items, [=](int64_t i, auto access) HWY_ATTR {
    // Not outside: vectors of any length cannot be captured.
    const auto ascent = kAscend ? hn::Iota(di, 0) : hn::Zero(di);
    const auto wanted =
        hn::Add(ascent, hn::Set(di, target + (kAscend ? static_cast<int32_t>(i) : 0)));
    const float* v = from + i;
    const int32_t* at = indices + i;
    PoolV sum = hn::Zero(d);
    for (int64_t k = 0; k < count; ++k, v += from_step, at += index_step) {
      const auto here = hn::RebindMask(d, hn::Eq(access.Load(di, at), wanted));
      sum = hn::Add(sum, hn::IfThenElseZero(here, access.Load(d, v)));
    }
    sum = hn::Add(kFirst ? hn::Zero(d) : access.Load(d, to + i), sum);
    access.Store(d, kLast ? CanonicalNaN(sum) : sum, to + i);
  });
}

template <bool kFirst, bool kLast>
HWY_INLINE void PickPixels(const PickArgs& t) {
  if (t.first == nullptr) {
    return PickItems<kFirst, kLast, true>(t, t.from, t.indices, t.taps, t.target, t.pixels, t.to);
  }
  for (int64_t p = 0; p < t.pixels; ++p) {
    PickItems<kFirst, kLast, false>(
        t, t.from + t.first[p] * t.from_pixel, t.indices + t.first[p] * t.items, t.count[p],
        t.target + static_cast<int32_t>(p), t.items, t.to + p * t.to_pixel);
  }
}

inline void Pick(const PickArgs& t) {
  const KernelScope scope;
  if (t.first_row) {
    t.last_row ? PickPixels<true, true>(t) : PickPixels<true, false>(t);
  } else {
    t.last_row ? PickPixels<false, true>(t) : PickPixels<false, false>(t);
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
