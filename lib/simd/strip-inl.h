// The inner loops of pooling with windows two or three rows high, down the rows of outputs: each
// input row is reduced once and kept in a register for the windows that share it.
//
//   for each vector of items: for each output row, downwards:
//     reduce the rows that are new along the kernel's width; y = the reduction of the last rows
//
// The index of a maximum that is -inf is that of its window's first tap on the image: rows above it
// count as its first row, and the tap left of it as the next one.
#if defined(WINDROW_LIB_SIMD_STRIP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_STRIP_INL_H_
#undef WINDROW_LIB_SIMD_STRIP_INL_H_
#else
#define WINDROW_LIB_SIMD_STRIP_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/simd/pool_kernels.h"
#include "lib/simd/pool_ops-inl.h"
#include "lib/simd/strip_planes-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

enum class Reduces : uint8_t { kMax, kMaxIndices, kSum };

// The next `bytes`, of one or two cache lines or none that is new.
HWY_INLINE void Prefetch(uintptr_t& next, int64_t bytes) {
  __builtin_prefetch(reinterpret_cast<const void*>(next));
  if (bytes > kLine) __builtin_prefetch(reinterpret_cast<const void*>(next + kLine));
  next += static_cast<uintptr_t>(bytes);
}

// Windows of 2 x 2, two apart, none of which is on padding.
struct Pairs {
  static constexpr int kSide = 2, kStride = 2;
  static constexpr bool kPads = false;

  template <class Planes>
  static HWY_INLINE void Load(const Planes& planes, const float* x, float pad, PoolV& a, PoolV& b,
                              PoolV&) {
    planes.LoadPairs(x, pad, a, b);
  }
  static HWY_INLINE PoolV AddTaps(PoolV a, PoolV b, PoolV, PoolV one) {
    return AddBeside(a, b, one);
  }
};

// Windows of 3 x 3, one or two apart, of which the first and the last may begin or end on padding.
// x is at the second column of a vector's first window.
template <int kStep>
struct Neighbours {
  static constexpr int kSide = 3, kStride = kStep;
  static constexpr bool kPads = true;

  template <class Planes>
  static HWY_INLINE void Load(const Planes& planes, const float* x, float pad, PoolV& left,
                              PoolV& middle, PoolV& right) {
    if constexpr (kStride == 2) {
      planes.LoadPairs(x, pad, middle, right);
      left = planes.ShiftUp(right, pad, x);
    } else {
      middle = planes.Load(x);
      left = planes.ShiftUp(middle, pad, x);
      right = planes.ShiftDown(middle, pad, x);
    }
  }
  // What shows a NaN in any of the taps. A pixel apart, each is the left one or the right one of
  // some lane, if there are two.
  static HWY_INLINE PoolV AddTaps(PoolV left, PoolV middle, PoolV right, PoolV one) {
    const PoolV sum = AddBeside(left, right, one);
    return kStride == 1 && PoolLanes() > 1 ? sum : AddBeside(sum, middle, one);
  }
};

template <Reduces kReduces, class Reader>
class Strip {
 public:
  HWY_INLINE explicit Strip(const StripArgs& t) : averages_(t.divisor), one_(UnknownOne()) {}

  // All rows of a vector of outputs. Adds what shows a NaN to `seen`.
  template <class Planes>
  HWY_INLINE void Run(const StripArgs& t, int64_t item, uintptr_t& prefetch, PoolV& seen,
                      const Planes& planes) const {
    const PoolD d;
    const PoolDI di;
    const PoolV pad = hn::Set(d, kSums ? 0.0f : kLowest);
    // Indices are those of a window's left column until they are stored.
    const PoolVI left = hn::Sub(hn::Mul(planes.Items(), hn::Set(di, Reader::kStride)),
                                hn::Set(di, t.place.pads_left ? 1 : 0));
    const PoolVI begin = hn::Sub(hn::Max(left, hn::Zero(di)), left);
    const float* x = t.x + Reader::kStride * item;
    int64_t row = t.place.row;
    auto position = static_cast<int32_t>(std::max<int64_t>(row, 0) * t.place.width);
    const auto next = [&](PoolV& v, PoolVI& index) HWY_ATTR {
      index = begin;
      if (!Reader::kPads || HWY_LIKELY(row >= 0 && row < t.place.height)) {
        Reduce(planes, x, v, index, seen);
      } else {
        v = pad;
      }
      if constexpr (kIndices) {
        index = hn::Add(index, hn::Set(di, position));
        if (row >= 0) position += static_cast<int32_t>(t.place.width);
      }
      ++row;
      x += t.x_row;
      Prefetch(prefetch, t.prefetch.x_step);
    };
    PoolV first = pad, second = pad, third = pad;
    PoolVI first_index = begin, second_index = begin, third_index = begin;
    if constexpr (kKept > 0) next(first, first_index);
    if constexpr (kKept > 1) next(second, second_index);
    float* y = t.y + item;
    int64_t* indices = t.indices + item;
    for (int64_t o = 0; o < t.rows; ++o, y += t.y_row, indices += t.indices_row) {
      if constexpr (kKept < 1) next(first, first_index);
      if constexpr (kKept < 2) next(second, second_index);
      PoolV v = first;
      PoolVI index = first_index;
      Join(second, second_index, v, index);
      first = second, first_index = second_index;
      if constexpr (Reader::kSide == 3) {
        next(third, third_index);
        Join(third, third_index, v, index);
        if constexpr (Reader::kStride == 2) first = third, first_index = third_index;
        second = third, second_index = third_index;
      }
      // Where windows share no row, the CPU sees by itself what comes next.
      if constexpr (kKept > 0 || kIndices) PrefetchStore(y, t.prefetch.y_ahead);
      planes.Store(kSums ? averages_.Of(v) : hn::Mul(v, hn::Set(d, one_)), y);
      if constexpr (kIndices) {
        PrefetchIndices(indices, 2 * t.prefetch.y_ahead);
        planes.Store(hn::Add(index, left), indices);
      }
    }
  }

 private:
  static constexpr bool kSums = kReduces == Reduces::kSum;
  static constexpr bool kIndices = kReduces == Reduces::kMaxIndices;
  static constexpr int kKept = Reader::kSide - Reader::kStride;

  // The taps of one row. `index` is that of the first one.
  template <class Planes>
  HWY_INLINE void Reduce(const Planes& planes, const float* x, PoolV& v, PoolVI& index,
                         PoolV& seen) const {
    const PoolD d;
    const PoolDI di;
    PoolV a = hn::Zero(d), b = a, c = a;
    Reader::Load(planes, x, kSums ? 0.0f : kLowest, a, b, c);
    if constexpr (kSums) {
      v = hn::Add(hn::Add(hn::Zero(d), a), b);
      if constexpr (Reader::kSide == 3) v = hn::Add(v, c);
      return;
    }
    const PoolV one = hn::Set(d, one_);
    seen = AddBeside(seen, Reader::AddTaps(a, b, c, one), one);
    v = a;
    TakeMax<kIndices>(b, hn::Set(di, 1), v, index);
    if constexpr (Reader::kSide == 3) TakeMax<kIndices>(c, hn::Set(di, 2), v, index);
  }

  // Takes a later row.
  static HWY_INLINE void Join(PoolV row, PoolVI row_index, PoolV& v, PoolVI& index) {
    if constexpr (kSums) {
      v = hn::Add(v, row);
    } else {
      TakeMax<kIndices>(row, row_index, v, index);
    }
  }

  const Averages averages_;
  const float one_;
};

HWY_INLINE void NextPlanes(StripArgs& t, ptrdiff_t count) {
  t.x += count * t.x_plane;
  t.prefetch.x += static_cast<uintptr_t>(count * t.x_plane) * sizeof(float);
  t.y += count * t.y_plane;
  t.indices += count * t.indices_plane;
  t.planes -= count;
}

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
// As many planes as there are, kPlanes at a time.
template <int kPlanes, class Strip>
HWY_INLINE void NarrowStrips(const Strip& strip, StripArgs& t, PoolV& seen) {
  const NarrowPlanes<kPlanes> planes(t);
  t.prefetch.x_step *= kPlanes;
  t.prefetch.y_ahead *= kPlanes;
  while (t.planes >= kPlanes) {
    uintptr_t prefetch = t.prefetch.x;
    strip.Run(t, 0, prefetch, seen, planes);
    NextPlanes(t, kPlanes);
  }
  t.prefetch.x_step /= kPlanes;
  t.prefetch.y_ahead /= kPlanes;
}
#endif

template <Reduces kReduces, class Reader>
bool Strips(const StripArgs& args) {
  const KernelScope scope;
  StripArgs t = args;
  const Strip<kReduces, Reader> strip(t);
  PoolV seen = hn::Zero(PoolD());
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  if (t.items <= NarrowPlanes<2>::kShare) NarrowStrips<2>(strip, t, seen);
  if (t.items < NarrowPlanes<1>::kShare) NarrowStrips<1>(strip, t, seen);
#endif
  for (; t.planes > 0; NextPlanes(t, 1)) {
    uintptr_t prefetch = t.prefetch.x;
    ForVectors<1>(t.items, [&]<int>(int64_t i, auto access) WINDROW_INLINE_LAMBDA {
      strip.Run(t, i, prefetch, seen, OnePlane(t, i, access));
    });
  }
  return IsNumber(seen);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
