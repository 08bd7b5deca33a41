// The inner loops of pooling with one window an image, of pixels: a few taps at a time in the order
// of memory, while what the taps before gave waits in cache.
//
//   for row: for each few columns: for each chunk of items: for column: part's sum += x, or max = x
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
#include "lib/simd/window-inl.h"
#include "lib/simd/zero_upper-inl.h"

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

// A sum of sums: `first` and `last` say whether that of now is one of them. All items of it lie at
// `at`.
struct Level {
  float* at;
  bool first, last;
};

// Some columns of a row, read at a time.
struct Pass {
  const float* taps[kPassTaps];
  bool first, last;   // of those of a part of a row
  bool begins, ends;  // the window
  // What a part's sum is added to, and that then when it is the last of it.
  Level levels[3];
  int count;
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
    float* const above = t.above + item;
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
    r##v = hn::Add(sums == nullptr ? zero : access.Load(d, sums + WINDROW_AT(v)), r##v);
    float* to = above;
    bool last = pass.last;
    for (int i = 0; last && i < pass.count; ++i) {
      const Level& level = pass.levels[i];
      to = level.at + item;
      const float* const sums = level.first ? nullptr : to;
      WINDROW_FOR_VECS(WINDROW_JOIN)
      last = level.last;
    }
#define WINDROW_DIVIDE(v) \
  if constexpr (v < kVecs) r##v = Sum<Extent<0, 0>>::Divided(t, item + WINDROW_AT(v), r##v, access);
    if (pass.ends) {
      WINDROW_FOR_VECS(WINDROW_DIVIDE)
    }
#define WINDROW_STORE(v) \
  if constexpr (v < kVecs) access.Store(d, r##v, to + WINDROW_AT(v));
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
    const float* const above = pass.begins ? pass.taps[0] + item : to;
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
    if (pass.ends) {
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

// The columns of row i from `column` on, before `end`.
template <class Reduction>
HWY_INLINE void RunColumns(const WindowArgs& t, int64_t i, int64_t column, int64_t end, Pass& pass,
                           WindowV& seen) {
  const EvenSplit columns(end - column, kPassTaps);
  const float* x = t.taps[0] + t.offset + i * t.x_row + column * t.x_column;
  for (int64_t p = 0; p < columns.parts; ++p) {
    const int64_t taps = columns.Begin(p + 1) - columns.Begin(p);
    for (int64_t j = 0; j < taps; ++j, x += t.x_column) pass.taps[j] = x;
    pass.first = p == 0;
    pass.last = p == columns.parts - 1;
    pass.begins = i == 0 && column == 0 && pass.first;
    pass.ends = i == t.rows - 1 && end == t.columns && pass.last;
    static constexpr void (*kPasses[])(const WindowArgs&, const Pass&, WindowV&) = {
        RunPass<Reduction, 1>, RunPass<Reduction, 2>, RunPass<Reduction, 3>, RunPass<Reduction, 4>,
        RunPass<Reduction, 5>, RunPass<Reduction, 6>, RunPass<Reduction, 7>, RunPass<Reduction, 8>};
    kPasses[taps - 1](t, pass, seen);
  }
}

inline void SumGlobalPixels(const WindowArgs& args) {
  const KernelScope scope;
  const WindowArgs t = Local(args);
  WindowV none = hn::Zero(WindowD());
  const int64_t first_part = PartEnd(0, t.rows_before, t.rows);
  const bool parts_of_rows = PartEnd(0, t.columns_before, t.columns) < t.columns;
  float *const of_row = t.above + t.items, *const of_part = of_row + t.items;
  int64_t begin = 0;  // of the rows' part
  for (int64_t i = 0; i < t.rows; ++i) {
    const int64_t end = PartEnd(i, t.rows_before, t.rows);
    for (int64_t j = 0, last; j < t.columns; j = last) {
      last = PartEnd(j, t.columns_before, t.columns);
      Pass pass{};
      const auto add = [&pass](const Level& level) { pass.levels[pass.count++] = level; };
      if (parts_of_rows) add({of_row, j == 0, last == t.columns});
      add({first_part < t.rows ? of_part : t.y, i == begin, i + 1 == end});
      if (first_part < t.rows) add({t.y, i < first_part, end == t.rows});
      RunColumns<SumPass>(t, i, j, last, pass, none);
    }
    if (i + 1 == end) begin = end;
  }
}

// Where one is NaN, which wins.
struct CarefulTaps {
  const WindowArgs& t;

  template <class Access>
  HWY_INLINE void Take(int64_t item, Access access) const {
    const WindowD d;
    const float* row = t.taps[0] + t.offset + item;
    WindowV max = access.Load(d, row);
    for (int64_t i = 0; i < t.rows; ++i, row += t.x_row) {
      for (int64_t j = 0; j < t.columns; ++j) {
        max = CarefulMax(access.Load(d, row + j * t.x_column), max);
      }
    }
    access.Store(d, CanonicalNaN(Flushed(t, max)), t.y + item);
  }
};

inline void MaxGlobalPixels(const WindowArgs& args) {
  const KernelScope scope;
  const WindowArgs t = Local(args);
  const WindowD d;
  WindowV seen = hn::Zero(d);
  Pass pass{};
  for (int64_t i = 0; i < t.rows; ++i) RunColumns<MaxPass>(t, i, 0, t.columns, pass, seen);
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Eq(seen, seen)))) ForItems(t, CarefulTaps{t});
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
