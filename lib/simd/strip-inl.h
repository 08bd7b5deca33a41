// The inner loops of pooling with windows two or three rows high, down the rows of outputs: each
// input row is reduced once and kept in a register for the windows that share it.
//
//   for each vector of items: for each output row, downwards:
//     reduce the rows that are new along the kernel's width; y = the reduction of the last rows
#if defined(WINDROW_LIB_SIMD_STRIP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_STRIP_INL_H_
#undef WINDROW_LIB_SIMD_STRIP_INL_H_
#else
#define WINDROW_LIB_SIMD_STRIP_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/neighbours-inl.h"
#include "lib/simd/pool_rolling-inl.h"
#include "lib/simd/window-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// The next `bytes`, of one or two cache lines or none that is new.
HWY_INLINE void Prefetch(uintptr_t& next, int64_t bytes) {
  __builtin_prefetch(reinterpret_cast<const void*>(next));
  if (bytes > kLine) __builtin_prefetch(reinterpret_cast<const void*>(next + kLine));
  next += static_cast<uintptr_t>(bytes);
}

// `kHigh` rows a window, `kStride` of them new.
template <class Rows, int kHigh, int kStride>
struct Strip {
  using Taps = typename Rows::Taps;
  static constexpr bool kTakesNarrow = kNarrowPlanes && Rows::kPads;

  template <class Access>
  static HWY_INLINE void Run(const WindowArgs& t, int64_t item, uintptr_t& prefetch, Access access);
};

template <class Rows, int kHigh, int kStride>
template <class Access>
HWY_INLINE void Strip<Rows, kHigh, kStride>::Run(const WindowArgs& t, int64_t item,
                                                 uintptr_t& prefetch, Access access) {
  static_assert(kHigh == 2 || kHigh == 3);
  constexpr int kKept = kHigh - kStride;
  const WindowD d;
  WindowV seen = hn::Zero(d);
  ptrdiff_t at = t.offset + Rows::kStep * item;
  int64_t image_row = t.image_row;
  const auto next = [&]() HWY_ATTR {
    WindowV row;
    if constexpr (Rows::kPads) {
      const bool inside = image_row >= 0 && image_row < t.image_height;
      row = HWY_LIKELY(inside) ? Rows::Row(t, at, item, seen, access) : Rows::Padding();
      ++image_row;
    } else {
      row = Rows::Row(t, at, item, seen, access);
    }
    at += t.x_row;
    Prefetch(prefetch, t.prefetch_step);
    return row;
  };
  WindowV first = hn::Zero(d), second = first;
  if constexpr (kKept > 0) first = next();
  if constexpr (kKept > 1) second = next();
  float* y = t.y + item;
  for (int64_t o = 0; o < t.outputs; ++o, y += t.y_step) {
    if constexpr (kKept < 1) first = next();
    if constexpr (kKept < 2) second = next();
    WindowV v = Rows::Join(first, second);
    if constexpr (kHigh == 3) {
      const WindowV third = next();
      v = Rows::Join(v, third);
      first = kStride == 1 ? second : third;
      second = third;
    } else {
      first = second;
    }
    // Where windows share no row, the CPU sees by itself what comes next.
    if constexpr (kHigh > kStride) PrefetchStore(y, t.y_ahead);
    access.Store(d, Rows::Result(t, item, v, access), y);
  }
  if constexpr (Rows::kChecked) {
    if (HWY_LIKELY(hn::AllTrue(d, hn::Eq(seen, seen)))) return;
    for (int64_t o = 0; o < t.outputs; ++o) {
      const int64_t first_row = t.image_row + o * kStride;
      Rows::Careful(t, t.offset + o * t.x_step + Rows::kStep * item, item, first_row,
                    t.y + o * t.y_step + item, access);
    }
  }
}

// All items of one plane.
template <class Strip>
HWY_INLINE void StripsOfPlane(const WindowArgs& t) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(WindowD()));
  uintptr_t prefetch = t.prefetch;
  int64_t i = 0;
  for (; i + lanes <= t.items; i += lanes) Strip::Run(t, i, prefetch, AllLanes());
  if (i == t.items) return;
  if (i == 0) {
    Strip::Run(t, 0, prefetch, FirstLanes{static_cast<size_t>(t.items)});
  } else {  // the last vector begins inside the one before
    Strip::Run(t, t.items - lanes, prefetch, AllLanes());
  }
}

HWY_INLINE void NextPlanes(WindowArgs& t, ptrdiff_t count) {
  t.offset += count * t.x_line;
  t.prefetch += static_cast<uintptr_t>(count * t.x_line) * sizeof(float);
  t.y += count * t.y_row;
  t.indices += count * t.indices_row;
}

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
// All of `lines` planes, kPlanes at a time; returns how many are left.
template <class Strip, int kPlanes>
HWY_INLINE int64_t NarrowStrips(WindowArgs& t, int64_t lines) {
  const NarrowPlanes<kPlanes> planes(t);
  t.prefetch_step *= kPlanes;
  t.y_ahead *= kPlanes;
  for (; lines >= kPlanes; lines -= kPlanes) {
    uintptr_t prefetch = t.prefetch;
    Strip::Run(t, 0, prefetch, planes);
    NextPlanes(t, kPlanes);
  }
  t.prefetch_step /= kPlanes;
  t.y_ahead /= kPlanes;
  return lines;
}
#endif

template <class Strip>
void Strips(const WindowArgs& args) {
  const KernelScope scope;
  WindowArgs t = Local(args);
  const typename Strip::Taps taps(args);
  t.taps = taps.all;
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  if constexpr (Strip::kTakesNarrow) {
    int64_t lines = args.lines;
    if (t.items <= NarrowPlanes<2>::kShare) lines = NarrowStrips<Strip, 2>(t, lines);
    if (t.items < NarrowPlanes<1>::kShare) lines = NarrowStrips<Strip, 1>(t, lines);
    if (lines == 0) return;
  }
#endif
  for (int64_t line = 0; line < args.lines; ++line) {
    StripsOfPlane<Strip>(t);
    NextPlanes(t, 1);
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
