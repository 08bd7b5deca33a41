// The inner loops of pooling with one window an image, of pixels: a few taps at a time in the order
// of memory, while what the taps before gave waits in cache.
//
//   for row: for each few columns: for each chunk of items: for column: row's sum += x, or max = x
//
// Window by window, as in window-inl.h, so large pixels would be read a few lines here and a few
// lines there, at distances that fall into few cache sets. A chunk is as many vectors as there are
// registers for, and all its loads are written out: prefetchers that know a load by its address in
// the code then see each walk through memory in equal, small steps.
#if defined(WINDROW_LIB_SIMD_GLOBAL_PIXELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_GLOBAL_PIXELS_INL_H_
#undef WINDROW_LIB_SIMD_GLOBAL_PIXELS_INL_H_
#else
#define WINDROW_LIB_SIMD_GLOBAL_PIXELS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/base/math.h"
#include "lib/simd/leave-inl.h"
#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// Calls step.Take(item, access) for each vector of items.
template <class Step>
HWY_INLINE void ForItems(const WindowArgs& t, const Step& step) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(WindowD()));
  int64_t i = 0;
  for (; i + lanes <= t.items; i += lanes) step.Take(i, AllLanes());
  if (i < t.items) step.Take(i, FirstLanes{static_cast<size_t>(t.items - i)});
}

inline constexpr int kPassTaps = 8;

// Some columns of a row, read at a time.
struct Pass {
  const float* taps[kPassTaps];
  bool first, last;          // of the row's
  bool first_row, last_row;  // of the window
};

// Calls X(v) for the vectors of a chunk.
#define WINDROW_FOR_SOME(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define WINDROW_FOR_MORE(X) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)
#define WINDROW_FOR_VECS(X) WINDROW_FOR_SOME(X) WINDROW_FOR_MORE(X)
#define WINDROW_AT(v) (v * static_cast<ptrdiff_t>(hn::Lanes(d)))
#define WINDROW_FOR_TAPS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

// Compilers would rather read all taps of a vector than all vectors of a tap.
HWY_INLINE void KeepOrder() { asm volatile("" ::: "memory"); }

struct SumPass {
  static constexpr int kMaxVecs = kVectorRegisters == 32 ? 24 : 12;
  template <int kTaps, int kVecs, class Access>
  static HWY_INLINE void Run(const WindowArgs& t, const Pass& pass, int64_t item, WindowV&,
                             Access access) {
    const WindowD d;
    float *const above = t.above + item, *const y = t.y + item;
    // 0, which no compiler knows: it would leave out all but one addition of it, and of those the
    // last may not be where a denormal is flushed, to -0.
    const WindowV zero = hn::Set(d, t.one - t.one);
#define WINDROW_DECLARE(v) [[maybe_unused]] WindowV r##v = zero;
    WINDROW_FOR_VECS(WINDROW_DECLARE)
#define WINDROW_RESUME(v) \
  if constexpr (v < kVecs) r##v = access.Load(d, above + WINDROW_AT(v));
    if (!pass.first) {
      WINDROW_FOR_VECS(WINDROW_RESUME)
    }
#define WINDROW_ADD(v) \
  if constexpr (v < kVecs) r##v = hn::Add(r##v, access.Load(d, x + WINDROW_AT(v)));
#define WINDROW_TAP(j)                          \
  if constexpr (kTaps > j) {                    \
    const float* const x = pass.taps[j] + item; \
    WINDROW_FOR_VECS(WINDROW_ADD)               \
    KeepOrder();                                \
  }
    WINDROW_FOR_TAPS(WINDROW_TAP)
#define WINDROW_JOIN(v)    \
  if constexpr (v < kVecs) \
    r##v = hn::Add(rows == nullptr ? zero : access.Load(d, rows + WINDROW_AT(v)), r##v);
    if (pass.last) {
      const float* const rows = pass.first_row ? nullptr : y;
      WINDROW_FOR_VECS(WINDROW_JOIN)
    }
#define WINDROW_DIVIDE(v) \
  if constexpr (v < kVecs) r##v = Sum<Extent<0, 0>>::Divided(t, item + WINDROW_AT(v), r##v, access);
    if (pass.last && pass.last_row) {
      WINDROW_FOR_VECS(WINDROW_DIVIDE)
    }
#define WINDROW_STORE(v) \
  if constexpr (v < kVecs) access.Store(d, r##v, to + WINDROW_AT(v));
    float* const to = pass.last ? y : above;
    WINDROW_FOR_VECS(WINDROW_STORE)
  }
#undef WINDROW_ADD
#undef WINDROW_TAP
#undef WINDROW_JOIN
#undef WINDROW_DIVIDE
};

struct MaxPass {
  static constexpr int kMaxVecs = kVectorRegisters == 32 ? 24 : 8;
  // `seen` is a sum of all taps, in which a NaN shows.
  template <int kTaps, int kVecs, class Access>
  static HWY_INLINE void Run(const WindowArgs& t, const Pass& pass, int64_t item, WindowV& seen,
                             Access access) {
    const WindowD d;
    const WindowV one = hn::Set(d, t.one), zero = hn::Zero(d);
    // In turn, so that what is added waits less.
    WindowV seen0 = seen, seen1 = zero, seen2 = zero, seen3 = zero;
    float* const to = t.y + item;
    const float* const above = pass.first && pass.first_row ? pass.taps[0] + item : to;
    WINDROW_FOR_VECS(WINDROW_DECLARE)
    WINDROW_FOR_VECS(WINDROW_RESUME)
#define WINDROW_SEEN(v) (v % 4 == 0 ? seen0 : v % 4 == 1 ? seen1 : v % 4 == 2 ? seen2 : seen3)
#define WINDROW_TAKE(v)                                   \
  if constexpr (v < kVecs) {                              \
    const WindowV a = access.Load(d, x + WINDROW_AT(v));  \
    r##v = LaterMax(a, r##v);                             \
    WINDROW_SEEN(v) = AddBeside(WINDROW_SEEN(v), a, one); \
  }
#define WINDROW_TAP(j)                          \
  if constexpr (kTaps > j) {                    \
    const float* const x = pass.taps[j] + item; \
    WINDROW_FOR_VECS(WINDROW_TAKE)              \
    KeepOrder();                                \
  }
    WINDROW_FOR_TAPS(WINDROW_TAP)
#define WINDROW_FLUSH(v) \
  if constexpr (v < kVecs) r##v = Flushed(t, r##v);
    if (pass.last && pass.last_row) {
      WINDROW_FOR_VECS(WINDROW_FLUSH)
    }
    WINDROW_FOR_VECS(WINDROW_STORE)
    seen = hn::Add(hn::Add(seen0, seen1), hn::Add(seen2, seen3));
  }
#undef WINDROW_SEEN
#undef WINDROW_TAKE
#undef WINDROW_TAP
#undef WINDROW_FLUSH
};

#undef WINDROW_DECLARE
#undef WINDROW_RESUME
#undef WINDROW_STORE
#undef WINDROW_FOR_VECS
#undef WINDROW_FOR_MORE
#undef WINDROW_FOR_SOME
#undef WINDROW_FOR_TAPS
#undef WINDROW_AT

template <class Reduction, int kTaps>
HWY_NOINLINE void RunPass(const WindowArgs& t, const Pass& pass, WindowV& seen) {
  constexpr int kVecs = Reduction::kMaxVecs;
  const auto lanes = static_cast<int64_t>(hn::Lanes(WindowD()));
  int64_t i = 0;
  for (; i + kVecs * lanes <= t.items; i += kVecs * lanes) {
    Reduction::template Run<kTaps, kVecs>(t, pass, i, seen, AllLanes());
  }
  for (; i + 4 * lanes <= t.items; i += 4 * lanes) {
    Reduction::template Run<kTaps, 4>(t, pass, i, seen, AllLanes());
  }
  for (; i + lanes <= t.items; i += lanes) {
    Reduction::template Run<kTaps, 1>(t, pass, i, seen, AllLanes());
  }
  if (i == t.items) return;
  const FirstLanes rest{static_cast<size_t>(t.items - i)};
  Reduction::template Run<kTaps, 1>(t, pass, i, seen, rest);
}

// Returns the sum of what was seen.
template <class Reduction>
WindowV RunPasses(const WindowArgs& t) {
  WindowV seen = hn::Zero(WindowD());
  ptrdiff_t at = t.offset;
  const EvenSplit columns(t.columns, kPassTaps);
  for (int64_t i = 0; i < t.rows; ++i, at += t.x_row) {
    for (int64_t p = 0; p < columns.parts; ++p) {
      const int64_t begin = columns.Begin(p), taps = columns.Begin(p + 1) - begin;
      Pass pass{.taps = {},
                .first = p == 0,
                .last = p == columns.parts - 1,
                .first_row = i == 0,
                .last_row = i == t.rows - 1};
      for (int64_t j = 0; j < taps; ++j) pass.taps[j] = t.taps[begin + j] + at;
      static constexpr void (*kPasses[])(const WindowArgs&, const Pass&, WindowV&) = {
          RunPass<Reduction, 1>, RunPass<Reduction, 2>, RunPass<Reduction, 3>,
          RunPass<Reduction, 4>, RunPass<Reduction, 5>, RunPass<Reduction, 6>,
          RunPass<Reduction, 7>, RunPass<Reduction, 8>};
      kPasses[taps - 1](t, pass, seen);
    }
  }
  return seen;
}

inline void SumGlobalPixels(const WindowArgs& args) {
  const KernelScope scope;
  RunPasses<SumPass>(Local(args));
}

struct CarefulTaps {
  const WindowArgs& t;

  template <class Access>
  HWY_INLINE void Take(int64_t item, Access access) const {
    Max<Extent<0, 0>>::Careful(t, t.offset + item, t.y + item, access);
  }
};

inline void MaxGlobalPixels(const WindowArgs& args) {
  const KernelScope scope;
  const WindowArgs t = Local(args);
  const WindowD d;
  const WindowV seen = RunPasses<MaxPass>(t);
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Eq(seen, seen)))) ForItems(t, CarefulTaps{t});
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
