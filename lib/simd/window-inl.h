// The inner loops of pooling: maxima and sums of windows, lanes over items that lie side by side.
//
//   for each output: for each few vectors of items: for row: for column: load, and one operation
//
// A sum takes its rows one after the other, each a sum of its own. A maximum is that of two vectors
// for each tap, as long as no tap is NaN, which would be lost: the taps are added up as well, and
// where that gives NaN (also for infinities of both signs) the window is done again on the NaN-safe
// path.
#if defined(WINDROW_LIB_SIMD_WINDOW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_WINDOW_INL_H_
#undef WINDROW_LIB_SIMD_WINDOW_INL_H_
#else
#define WINDROW_LIB_SIMD_WINDOW_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "lib/simd/lanes-inl.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using WindowD = hn::ScalableTag<float>;
using WindowDI = hn::RebindToSigned<WindowD>;
using WindowV = hn::Vec<WindowD>;
using WindowVI = hn::Vec<WindowDI>;

// Which items of which output. `at` is their place in each tap of the first row.
struct Items {
  int64_t output, item;
  ptrdiff_t at;
};

HWY_INLINE WindowV CanonicalNaN(WindowV v) {
  const WindowD d;
  const hn::RebindToUnsigned<WindowD> du;
  return hn::IfThenElse(hn::Eq(v, v), v, hn::BitCast(d, hn::Set(du, 0x7FC00000u)));
}

// x > max ? x : max, where none is NaN. Between zeros of both signs the max stays.
HWY_INLINE WindowV LaterMax(WindowV x, WindowV max) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  return hn::Max(x, max);  // one instruction that is defined so
#else
  return hn::IfThenElse(hn::Gt(x, max), x, max);
#endif
}

// The same where x is NaN, which wins.
HWY_INLINE WindowV CarefulMax(WindowV x, WindowV max) {
  return hn::IfThenElse(hn::Or(hn::Gt(x, max), hn::IsNaN(x)), x, max);
}

// sum + x. As a multiply-add where that rounds once: it is the same, and runs beside additions and
// maxima on pipes of its own. `one` is 1, which the compiler must not know.
HWY_INLINE WindowV AddBeside(WindowV sum, WindowV x, WindowV one) {
  if constexpr (HWY_NATIVE_FMA) return hn::MulAdd(x, one, sum);
  return hn::Add(sum, x);
}

// Stands in the branch of what is last only. Clang would otherwise multiply in any case, by 1 where
// it is not the last, and so flush what must not be.
HWY_INLINE void OnlyHere() { asm volatile(""); }

// A maximum as it is stored.
HWY_INLINE WindowV Flushed(const WindowArgs& t, WindowV max) {
  if (t.last) {
    OnlyHere();
    max = hn::Mul(max, hn::Set(WindowD(), t.one));
  }
  return max;
}

// Prefetches the outputs eight cache lines past these.
HWY_INLINE void PrefetchOutputs(const void* y) { PrefetchStore(y, 8 * kLine); }

// The rows and columns of a window, known to the compiler unless 0.
template <int kRows, int kColumns>
struct Extent {
  // The pointers to so few taps, where no store can change them.
  struct Taps {
    explicit HWY_INLINE Taps(const WindowArgs& t) {
      for (int j = 0; j < kColumns; ++j) local[j] = t.taps[j];
      all = kColumns == 0 ? t.taps : local;
    }
    const float* local[kColumns + 1];
    const float* const* all;
  };
  // Whether the taps may be as many. Others are divided by a power of two only if a user says so.
  static constexpr bool kPowersOfTwo =
      (kRows & (kRows - 1)) == 0 && (kColumns & (kColumns - 1)) == 0;
  static HWY_INLINE int64_t Rows(const WindowArgs& t) { return kRows != 0 ? kRows : t.rows; }
  static HWY_INLINE int64_t Columns(const WindowArgs& t) {
    return kColumns != 0 ? kColumns : t.columns;
  }
};

// Calls X(v) for the vectors of a chunk.
#define WINDROW_FOR_VECS(X)      \
  X(0);                          \
  if constexpr (kVecs > 1) X(1); \
  if constexpr (kVecs > 2) X(2); \
  if constexpr (kVecs > 3) X(3); \
  if constexpr (kVecs > 4) X(4); \
  if constexpr (kVecs > 5) X(5); \
  if constexpr (kVecs > 6) X(6); \
  if constexpr (kVecs > 7) X(7)
#define WINDROW_DECLARE(name, value)                                                \
  WindowV name##0 = value;                                                          \
  [[maybe_unused]] WindowV name##1 = name##0, name##2 = name##0, name##3 = name##0, \
                           name##4 = name##0, name##5 = name##0, name##6 = name##0, \
                           name##7 = name##0
// Of a chunk: two registers for each.
#if (HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3) || HWY_ARCH_ARM_V7
inline constexpr int kChunkVecs = 4;
#else
inline constexpr int kChunkVecs = 8;
#endif
#define WINDROW_PLACE(v) (v * static_cast<ptrdiff_t>(hn::Lanes(WindowD())))

// A sum may be -0, but only if a denormal was flushed to that, here or there. (No compiler may see
// that the last operation was to add 0, too: it would leave this out.)
HWY_INLINE WindowV WithoutSign(WindowV sum) { return hn::Add(sum, hn::Zero(WindowD())); }

// Lanes that are not there are divided by 1: 0 / 0 would raise the invalid-operation flag.
template <class Access>
HWY_INLINE WindowV LoadDivisors(const Access& access, const float* from) {
  const WindowD d;
  if constexpr (std::is_same_v<Access, AllLanes>) return access.Load(d, from);
  return hn::IfThenElse(access.There(d), access.Load(d, from), hn::Set(d, 1.0f));
}

HWY_INLINE WindowV Quotient(WindowV sum, WindowV divisor) {
  return CanonicalNaN(hn::Div(WithoutSign(sum), divisor));
}

// 1 / divisor if that is exact, for powers of two; else 0.
HWY_INLINE float ExactFactor(float divisor) {
  constexpr uint32_t kMantissa = (1u << 23) - 1, kOne = 127u << 23;
  uint32_t bits;
  std::memcpy(&bits, &divisor, sizeof bits);
  const uint32_t factor_bits = 2 * kOne - bits;
  // Neither zero, denormal nor negative, both of them.
  const bool normal = bits > kMantissa && factor_bits > kMantissa && bits < 2 * kOne;
  if ((bits & kMantissa) != 0 || !normal) return 0;
  float factor;
  std::memcpy(&factor, &factor_bits, sizeof factor);
  return factor;
}

// sum / divisor by an exact factor: the same bits in a tenth of the time.
HWY_INLINE WindowV ExactAverage(const WindowArgs& t, WindowV sum) {
  return CanonicalNaN(hn::Mul(WithoutSign(sum), hn::Set(WindowD(), t.factor)));
}

// sum / t.divisor, if there is one. (Clang would otherwise divide in any case, and choose.)
template <bool kMayBeExact>
HWY_INLINE WindowV Average(const WindowArgs& t, WindowV sum) {
  if (!t.divides) return sum;
  if (kMayBeExact && t.exact) {
    OnlyHere();
    return ExactAverage(t, sum);
  }
  OnlyHere();
  return Quotient(sum, hn::Set(WindowD(), t.divisor));
}

template <class Extent>
struct Sum {
  static constexpr int kMaxVecs = kChunkVecs;
  using Taps = typename Extent::Taps;

  template <bool kMayBeExact = Extent::kPowersOfTwo, class Access>
  static HWY_INLINE WindowV Divided(const WindowArgs& t, int64_t item, WindowV sum, Access access) {
    if (t.divisors != nullptr) return Quotient(sum, LoadDivisors(access, t.divisors + item));
    return Average<kMayBeExact>(t, sum);
  }

  template <int kVecs, class Access>
  static HWY_INLINE void Run(const WindowArgs& t, const Items& at, Access access) {
    const WindowD d;
    WINDROW_DECLARE(s, hn::Zero(d));
    ptrdiff_t row = at.at;
    for (int64_t i = 0; i < Extent::Rows(t); ++i, row += t.x_row) {
      WINDROW_DECLARE(r, hn::Zero(d));
      for (int64_t j = 0; j < Extent::Columns(t); ++j) {
        const float* const x = t.taps[j] + row;
#define WINDROW_ADD(v) r##v = hn::Add(r##v, access.Load(d, x + WINDROW_PLACE(v)))
        WINDROW_FOR_VECS(WINDROW_ADD);
      }
#define WINDROW_ADD_ROW(v) s##v = hn::Add(s##v, r##v)
      WINDROW_FOR_VECS(WINDROW_ADD_ROW);
    }
    float* const y = t.y + at.output * t.y_step + at.item;
    if constexpr (kVecs == 1) PrefetchOutputs(y);
    // A single vector waits for the loops round it anyway.
    constexpr bool kMayBeExact = Extent::kPowersOfTwo && kVecs > 1;
#define WINDROW_STORE_EXACT(v) access.Store(d, ExactAverage(t, s##v), y + WINDROW_PLACE(v))
#define WINDROW_STORE(v) \
  access.Store(d, Divided<false>(t, at.item + WINDROW_PLACE(v), s##v, access), y + WINDROW_PLACE(v))
    if (kMayBeExact && t.exact) {
      OnlyHere();
      WINDROW_FOR_VECS(WINDROW_STORE_EXACT);
    } else {
      WINDROW_FOR_VECS(WINDROW_STORE);
    }
  }
#undef WINDROW_ADD
#undef WINDROW_ADD_ROW
#undef WINDROW_STORE_EXACT
#undef WINDROW_STORE
};

template <class Extent>
struct Max {
  static constexpr int kMaxVecs = kChunkVecs;
  using Taps = typename Extent::Taps;

  template <int kVecs, class Access>
  static HWY_INLINE void Run(const WindowArgs& t, const Items& at, Access access) {
    const WindowD d;
    const float* const x0 = t.taps[0] + at.at;
    WINDROW_DECLARE(m, access.Load(d, x0));
#define WINDROW_FIRST(v) m##v = access.Load(d, x0 + WINDROW_PLACE(v))
    WINDROW_FOR_VECS(WINDROW_FIRST);
    const WindowV one = hn::Set(d, t.one);
    WINDROW_DECLARE(s, m0);
#define WINDROW_SEEN(v) s##v = m##v
    WINDROW_FOR_VECS(WINDROW_SEEN);
    ptrdiff_t row = at.at;
    for (int64_t i = 0; i < Extent::Rows(t); ++i, row += t.x_row) {
      for (int64_t j = i == 0 ? 1 : 0; j < Extent::Columns(t); ++j) {
        const float* const x = t.taps[j] + row;
#define WINDROW_TAKE(v)                                     \
  {                                                         \
    const WindowV a = access.Load(d, x + WINDROW_PLACE(v)); \
    m##v = LaterMax(a, m##v);                               \
    s##v = AddBeside(s##v, a, one);                         \
  }
        WINDROW_FOR_VECS(WINDROW_TAKE);
      }
    }
#define WINDROW_GATHER(v) \
  if constexpr (v > 0) s0 = hn::Add(s0, s##v)
    WINDROW_FOR_VECS(WINDROW_GATHER);
    float* const y = t.y + at.output * t.y_step + at.item;
    if constexpr (kVecs == 1) PrefetchOutputs(y);
    if (HWY_LIKELY(hn::AllTrue(d, hn::Eq(s0, s0)))) {
#define WINDROW_FLUSH(v) m##v = hn::Mul(m##v, one)
      if (t.last) {
        OnlyHere();
        WINDROW_FOR_VECS(WINDROW_FLUSH);
      }
#define WINDROW_STORE(v) access.Store(d, m##v, y + WINDROW_PLACE(v))
      WINDROW_FOR_VECS(WINDROW_STORE);
    } else {
#define WINDROW_CAREFUL(v) Careful(t, at.at + WINDROW_PLACE(v), y + WINDROW_PLACE(v), access)
      WINDROW_FOR_VECS(WINDROW_CAREFUL);
    }
  }

  template <class Access>
  static HWY_INLINE void Careful(const WindowArgs& t, ptrdiff_t at, float* y, Access access) {
    const WindowD d;
    WindowV max = access.Load(d, t.taps[0] + at);
    for (int64_t i = 0; i < Extent::Rows(t); ++i, at += t.x_row) {
      for (int64_t j = i == 0 ? 1 : 0; j < Extent::Columns(t); ++j) {
        const WindowV a = access.Load(d, t.taps[j] + at);
        max = CarefulMax(a, max);
      }
    }
    access.Store(d, CanonicalNaN(Flushed(t, max)), y);
  }
#undef WINDROW_FIRST
#undef WINDROW_SEEN
#undef WINDROW_TAKE
#undef WINDROW_GATHER
#undef WINDROW_FLUSH
#undef WINDROW_STORE
#undef WINDROW_CAREFUL
};

#undef WINDROW_FOR_VECS
#undef WINDROW_DECLARE
#undef WINDROW_PLACE

// A copy, which no store can change. Member by member: a copy of the whole would wait until the
// caller's stores have reached the cache.
HWY_INLINE WindowArgs Local(const WindowArgs& t) {
  WindowArgs l;
  l.taps = t.taps, l.offset = t.offset, l.x_row = t.x_row;
  l.rows = t.rows, l.columns = t.columns;
  l.rows_before = t.rows_before, l.columns_before = t.columns_before;
  l.outputs = t.outputs, l.items = t.items;
  l.x_step = t.x_step, l.y_step = t.y_step;
  l.y = t.y;
  l.one = t.one, l.last = t.last, l.divisor = t.divisor, l.divisors = t.divisors;
  l.divides = t.divisor != 0;
  l.factor = ExactFactor(t.divisor);
  l.exact = l.factor != 0 && t.divisors == nullptr;
  l.index_distance = t.index_distance, l.positions = t.positions;
  l.position = t.position, l.position_row = t.position_row;
  l.position_step = t.position_step, l.item_positions = t.item_positions;
  l.first = t.first;
  l.image_row = t.image_row, l.image_step = t.image_step;
  l.image_height = t.image_height, l.image_width = t.image_width;
  l.pads_left = t.pads_left, l.pads_right = t.pads_right;
  l.inner = t.inner;
  l.prefetch = t.prefetch, l.prefetch_step = t.prefetch_step, l.y_ahead = t.y_ahead;
  l.above = t.above, l.middle = t.middle, l.x_column = t.x_column;
  l.x_line = t.x_line, l.inputs = t.inputs, l.before = t.before;
  l.y_row = t.y_row, l.indices_row = t.indices_row, l.scratch = t.scratch;
  l.index = t.index, l.indices = t.indices, l.indices_step = t.indices_step;
  return l;
}

// Outputs that follow each other become items of one.
HWY_INLINE void Flatten(WindowArgs& t) {
  const bool alike = t.divisors == nullptr && t.position_step == 0 &&
                     (t.indices == nullptr || t.indices_step == t.items);
  if (t.x_step == t.items && t.y_step == t.items && alike) {
    t.items *= t.outputs;
    t.outputs = 1;
  }
}

// All items of all outputs of a line, as many vectors at a time as possible. The last vector, if it
// is not whole, begins inside the one before.
template <class Reduction>
HWY_INLINE void WindowsOfLine(const WindowArgs& t) {
  constexpr int kVecs = Reduction::kMaxVecs;
  const auto lanes = static_cast<int64_t>(hn::Lanes(WindowD()));
  for (int64_t o = 0; o < t.outputs; ++o) {
    const ptrdiff_t x = t.offset + o * t.x_step;
    ptrdiff_t i = 0;
    for (; i + kVecs * lanes <= t.items; i += kVecs * lanes) {
      Reduction::template Run<kVecs>(t, {o, i, x + i}, AllLanes());
    }
    if constexpr (kVecs > 4) {
      for (; i + 4 * lanes <= t.items; i += 4 * lanes) {
        Reduction::template Run<4>(t, {o, i, x + i}, AllLanes());
      }
    }
    for (; i + 2 * lanes <= t.items; i += 2 * lanes) {
      Reduction::template Run<2>(t, {o, i, x + i}, AllLanes());
    }
    if (i + lanes <= t.items) {
      Reduction::template Run<1>(t, {o, i, x + i}, AllLanes());
      i += lanes;
    }
    if (i == t.items) continue;
    if (i == 0) {
      Reduction::template Run<1>(t, {o, 0, x}, FirstLanes{static_cast<size_t>(t.items)});
    } else {
      i = t.items - lanes;
      Reduction::template Run<1>(t, {o, i, x + i}, AllLanes());
    }
  }
}

template <class Reduction>
void Windows(const WindowArgs& args) {
  const KernelScope scope;
  WindowArgs t = Local(args);
  Flatten(t);
  const typename Reduction::Taps taps(args);
  t.taps = taps.all;
  for (int64_t line = 0; line < args.lines; ++line) {
    WindowsOfLine<Reduction>(t);
    t.offset += args.x_line;
    t.y += args.y_row;
    t.indices += args.indices_row;
    t.position += args.position_line;
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
