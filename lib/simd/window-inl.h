// The inner loops of pooling: maxima and sums of windows, lanes over items that lie side by side.
//
//   for each output: for each few vectors of items: for row: for column: load, and one operation
//
// A sum takes its rows one after the other, each a sum of its own; of long windows, in parts.
#if defined(WINDROW_LIB_SIMD_WINDOW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_WINDOW_INL_H_
#undef WINDROW_LIB_SIMD_WINDOW_INL_H_
#else
#define WINDROW_LIB_SIMD_WINDOW_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/lanes-inl.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/pool_ops-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// Where the items of a vector are: `x` past each tap of the first window's first row, and so on;
// `position` is that of the first of all items, `item` the number of this vector's first.
struct WindowPlace {
  ptrdiff_t x, y, index;
  int32_t position;
  int64_t item;
};

// The rows and columns of a window, known to the compiler unless 0.
template <int kRows, int kColumns>
struct Extent {
  static constexpr bool kAnyColumns = kColumns == 0, kOneRow = kRows == 1;
  // Where the taps of a row begin. Where they are few, in registers.
  class Taps {
   public:
    explicit HWY_INLINE Taps(const WindowArgs& t) : t_(t) {
      for (int j = 0; j < kColumns; ++j) few_[j] = Find(j);
    }
    HWY_INLINE const float* operator[](int64_t j) const {
      return kColumns != 0 ? few_[j] : Find(j);
    }

   private:
    HWY_INLINE const float* Find(int64_t j) const {
      return t_.taps != nullptr ? t_.taps[j] : t_.x + j * t_.columns.distance;
    }
    const WindowArgs& t_;
    const float* few_[kColumns + 1];
  };
  static HWY_INLINE int64_t Rows(const WindowArgs& t) { return kRows != 0 ? kRows : t.rows.count; }
  static HWY_INLINE int64_t Columns(const WindowArgs& t) {
    return kColumns != 0 ? kColumns : t.columns.count;
  }
};

// Calls X(v) for the vectors of a chunk: one, two, four or eight.
#define WINDROW_FOR_VECS(X)  \
  { X(0); }                  \
  if constexpr (kVecs > 1) { \
    X(1);                    \
  }                          \
  if constexpr (kVecs > 2) { \
    X(2);                    \
    X(3);                    \
  }                          \
  if constexpr (kVecs > 4) { \
    X(4);                    \
    X(5);                    \
    X(6);                    \
    X(7);                    \
  }
#define WINDROW_DECLARE(type, name, value)                                       \
  type name##0 = value;                                                          \
  [[maybe_unused]] type name##1 = name##0, name##2 = name##0, name##3 = name##0, \
                        name##4 = name##0, name##5 = name##0, name##6 = name##0, name##7 = name##0
#define WINDROW_PLACE(v) (v * static_cast<ptrdiff_t>(hn::Lanes(PoolD())))
// Of a chunk: two registers for each.
#if (HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3) || HWY_ARCH_ARM_V7
inline constexpr int kChunkVecs = 4;
#else
inline constexpr int kChunkVecs = 8;
#endif

// Results of a second pass, or of a single vector, wait for their stores more than for their loads.
template <int kVecs>
HWY_INLINE void PrefetchOutputs(const WindowArgs& t, const float* y) {
  if (kVecs > 1 && !t.pass.second) return;
  for (int v = 0; v < kVecs; ++v) PrefetchStore(y + v * PoolLanes(), 8 * kLine);
}

// kSecond: of what a first pass gave, in which NaNs were seen already.
template <class WindowExtent, bool kIndices, bool kSecond = false>
class MaxWindow {
 public:
  static constexpr bool kWithIndices = kIndices;
  static constexpr int kMaxVecs = kIndices ? kChunkVecs / 2 : kChunkVecs;

  // `of_item`: from an item's position to the next one's.
  HWY_INLINE MaxWindow(const WindowArgs& t, int32_t of_item)
      : t_(t), taps_(t), of_item_(of_item), one_(UnknownOne()) {}

  // Adds what shows a NaN to `seen`.
  template <int kVecs, class Access>
  HWY_INLINE void Run(const WindowPlace& at, PoolV& seen, Access access) const {
    const PoolD d;
    const PoolV one = hn::Set(d, one_);
    int32_t position = at.position;
    const float* const x0 = taps_[0] + at.x;
    WINDROW_DECLARE(PoolV, m, access.Load(d, x0));
    WINDROW_DECLARE(PoolVI, i, IndexAt(x0, position, access));
#define WINDROW_FIRST(v)                        \
  m##v = access.Load(d, x0 + WINDROW_PLACE(v)); \
  i##v = IndexAt(x0 + WINDROW_PLACE(v), position, access)
    WINDROW_FOR_VECS(WINDROW_FIRST);
    WINDROW_DECLARE(PoolV, s, m0);
#define WINDROW_SEEN(v) s##v = m##v
    WINDROW_FOR_VECS(WINDROW_SEEN);
    ptrdiff_t row = at.x;
    for (int64_t r = 0; r < WindowExtent::Rows(t_); ++r, row += t_.rows.distance) {
      int32_t p = position + (r == 0 ? t_.index.of_column : 0);
      for (int64_t j = r == 0 ? 1 : 0; j < WindowExtent::Columns(t_); ++j) {
        const float* const x = taps_[j] + row;
#define WINDROW_TAKE(v)                                                         \
  {                                                                             \
    const PoolV a = access.Load(d, x + WINDROW_PLACE(v));                       \
    TakeMax<kIndices>(a, IndexAt(x + WINDROW_PLACE(v), p, access), m##v, i##v); \
    if constexpr (!kSecond) s##v = AddBeside(s##v, a, one);                     \
  }
        WINDROW_FOR_VECS(WINDROW_TAKE);
        p += t_.index.of_column;
      }
      position += t_.index.of_row;
    }
#define WINDROW_GATHER(v) \
  if constexpr (v > 0) s0 = hn::Add(s0, s##v)
    if constexpr (!kSecond) {
      WINDROW_FOR_VECS(WINDROW_GATHER);
      seen = hn::Add(seen, s0);
    }
    float* const y = t_.y + at.y;
    PrefetchOutputs<kVecs>(t_, y);
#define WINDROW_FLUSH(v) m##v = hn::Mul(m##v, one)
    if (t_.pass.last) {
      OnlyHere();
      WINDROW_FOR_VECS(WINDROW_FLUSH);
    }
#define WINDROW_STORE(v)                       \
  access.Store(d, m##v, y + WINDROW_PLACE(v)); \
  if constexpr (kIndices) StoreIndex(at, WINDROW_PLACE(v), i##v, access)
    WINDROW_FOR_VECS(WINDROW_STORE);
  }
#undef WINDROW_FIRST
#undef WINDROW_SEEN
#undef WINDROW_TAKE
#undef WINDROW_GATHER
#undef WINDROW_FLUSH
#undef WINDROW_STORE

 private:
  template <class Access>
  HWY_INLINE PoolVI IndexAt(const float* x, int32_t position, Access access) const {
    const PoolDI di;
    if constexpr (!kIndices) return hn::Zero(di);
    if constexpr (!kSecond) return hn::Set(di, position);
    return access.Load(di, reinterpret_cast<const int32_t*>(x + t_.index.distance));
  }
  template <class Access>
  HWY_INLINE void StoreIndex(const WindowPlace& at, ptrdiff_t place, PoolVI index,
                             Access access) const {
    const PoolDI di;
    if (of_item_ != 0) {  // items are pixels
      const PoolVI items = hn::Iota(di, static_cast<int32_t>(at.item + place));
      index = hn::Add(index, hn::Mul(items, hn::Set(di, of_item_)));
    }
    if (t_.index.narrow != nullptr) {
      return access.Store(di, index, t_.index.narrow + at.index + place);
    }
    int64_t* const to = t_.index.indices + at.index + place;
    PrefetchIndices(to, 16 * kLine);
    StoreIndices(index, to, access);
  }

  const WindowArgs& t_;
  const typename WindowExtent::Taps taps_;
  const int32_t of_item_;
  const float one_;
};

// kParts: of so many rows or columns that sums have several parts.
template <class WindowExtent, bool kParts = false>
class SumWindow {
 public:
  static constexpr bool kWithIndices = false;
  static constexpr int kMaxVecs = kParts ? 4 : kChunkVecs;

  HWY_INLINE SumWindow(const WindowArgs& t, int32_t) : t_(t), taps_(t), averages_(t.pass.divisor) {}

  template <int kVecs, class Access>
  HWY_INLINE void Run(const WindowPlace& at, PoolV&, Access access) const {
    const PoolD d;
    WINDROW_DECLARE(PoolV, all, hn::Zero(d));
    ptrdiff_t row = at.x;
#define WINDROW_ADD(v) sum##v = hn::Add(sum##v, access.Load(d, taps_[j] + row + WINDROW_PLACE(v)))
    for (int64_t i = 0; i < WindowExtent::Rows(t_);) {
      if constexpr (kParts) {
        WINDROW_DECLARE(PoolV, part, hn::Zero(d));
        const int64_t end = t_.rows.PartEnd(i);
        for (; i < end; ++i, row += t_.rows.distance) {
          WINDROW_DECLARE(PoolV, of_row, hn::Zero(d));
          for (int64_t j = 0; j < t_.columns.count;) {
            WINDROW_DECLARE(PoolV, sum, hn::Zero(d));
            const int64_t last = t_.columns.PartEnd(j);
            for (; j < last; ++j) {
              WINDROW_FOR_VECS(WINDROW_ADD);
            }
#define WINDROW_ADD_TAPS(v) of_row##v = hn::Add(of_row##v, sum##v)
            WINDROW_FOR_VECS(WINDROW_ADD_TAPS);
          }
#define WINDROW_ADD_ROW(v) part##v = hn::Add(part##v, of_row##v)
          WINDROW_FOR_VECS(WINDROW_ADD_ROW);
        }
#define WINDROW_ADD_PART(v) all##v = hn::Add(all##v, part##v)
        WINDROW_FOR_VECS(WINDROW_ADD_PART);
      } else {
        WINDROW_DECLARE(PoolV, sum, hn::Zero(d));
        for (int64_t j = 0; j < WindowExtent::Columns(t_); ++j) {
          WINDROW_FOR_VECS(WINDROW_ADD);
        }
#define WINDROW_ADD_WHOLE(v) all##v = i == 0 ? sum##v : hn::Add(all##v, sum##v)
        WINDROW_FOR_VECS(WINDROW_ADD_WHOLE);
        ++i, row += t_.rows.distance;
      }
    }
    float* const y = t_.y + at.y;
    PrefetchOutputs<kVecs>(t_, y);
#define WINDROW_STORE(v) access.Store(d, averages_.Of(all##v), y + WINDROW_PLACE(v))
    WINDROW_FOR_VECS(WINDROW_STORE);
  }
#undef WINDROW_ADD
#undef WINDROW_ADD_TAPS
#undef WINDROW_ADD_ROW
#undef WINDROW_ADD_PART
#undef WINDROW_ADD_WHOLE
#undef WINDROW_STORE

 private:
  const WindowArgs& t_;
  const typename WindowExtent::Taps taps_;
  const Averages averages_;
};

#undef WINDROW_FOR_VECS
#undef WINDROW_DECLARE
#undef WINDROW_PLACE

// How much there is of each, and from an item's position to the next one's.
struct Extents {
  int64_t lines, outputs, items;
  int32_t of_item;
};

// Outputs that follow each other become items of one, and so do lines.
template <bool kIndices>
HWY_INLINE Extents JoinedOutputs(const WindowArgs& t) {
  const IndexArgs& index = t.index;
  Extents e{t.lines, t.outputs, t.items, 0};
  if (t.x_step == e.items && t.y_step == e.items &&
      (!kIndices || (index.step == e.items && (e.items == 1 || index.of_output == 0)))) {
    if (e.items == 1) e.of_item = index.of_output;
    e.items *= e.outputs, e.outputs = 1;
  }
  if (e.outputs == 1 && t.x_line == e.items && t.y_line == e.items &&
      (!kIndices || (index.line == e.items && index.of_line == 0 && e.of_item == 0))) {
    e.items *= e.lines, e.lines = 1;
  }
  return e;
}

template <class Window>
HWY_INLINE bool RunWindows(const WindowArgs& t) {
  const IndexArgs& index = t.index;
  const Extents e = JoinedOutputs<Window::kWithIndices>(t);
  const Window window(t, e.of_item);
  PoolV seen = hn::Zero(PoolD());
  for (int64_t l = 0; l < e.lines; ++l) {
    WindowPlace at{l * t.x_line, l * t.y_line, l * index.line,
                   index.position + static_cast<int32_t>(l) * index.of_line, 0};
    for (int64_t o = 0; o < e.outputs; ++o) {
      ForVectors<Window::kMaxVecs>(
          e.items, [&]<int kVecs>(int64_t i, auto access) WINDROW_INLINE_LAMBDA {
            const WindowPlace place{at.x + i, at.y + i, at.index + i, at.position, i};
            window.template Run<kVecs>(place, seen, access);
          });
      at.x += t.x_step, at.y += t.y_step, at.index += index.step;
      at.position += index.of_output;
    }
  }
  return IsNumber(seen);
}

template <bool kIndices, class WindowExtent>
bool MaxWindows(const WindowArgs& t) {
  const KernelScope scope;
  if constexpr (WindowExtent::kOneRow) {
    if (t.pass.second) return RunWindows<MaxWindow<WindowExtent, kIndices, true>>(t);
  }
  return RunWindows<MaxWindow<WindowExtent, kIndices>>(t);
}

// Those that have a kernel for their extent have one part.
template <class WindowExtent>
bool SumWindows(const WindowArgs& t) {
  const KernelScope scope;
  if constexpr (WindowExtent::kAnyColumns) {
    if (t.HasParts()) return RunWindows<SumWindow<WindowExtent, true>>(t);
  }
  return RunWindows<SumWindow<WindowExtent>>(t);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
