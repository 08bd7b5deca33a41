// Sums of all windows of some length along a line of pixels, a pixel apart: what is loaded for one
// output is used for all of the four outputs whose windows hold it.
//
//   for each two vectors of items: for each four outputs: for each part of their windows:
//     for each position that these see: x = load; add x to those that hold it
//
// Windows end at the line's ends, so that there is no padding, but their parts are counted from
// where they would begin.
#if defined(WINDROW_LIB_SIMD_RUNNING_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_RUNNING_SUMS_INL_H_
#undef WINDROW_LIB_SIMD_RUNNING_SUMS_INL_H_
#else
#define WINDROW_LIB_SIMD_RUNNING_SUMS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/simd/running_lines-inl.h"
#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// Half of the additions on other pipes.
template <int kOutput>
HWY_INLINE WindowV RunningAdd(WindowV sum, WindowV x, WindowV one) {
  return kOutput % 2 == 0 ? hn::Add(sum, x) : AddBeside(sum, x, one);
}

// One line of one or two vectors of items.
template <int kVecs, bool kExact, class Access>
class SumLine {
 public:
  // `below`: the second vector is of the next line, rather than the next one of this.
  HWY_INLINE SumLine(const WindowArgs& t, int64_t line, int64_t item, bool below, Access access)
      : access_(access),
        x_(t.taps[0] + t.offset + line * t.x_row + item),
        y_(t.y + line * t.y_row + item),
        divisors_(t.divisors == nullptr ? nullptr : t.divisors + line),
        x_next_(below ? t.x_row : static_cast<ptrdiff_t>(hn::Lanes(WindowD()))),
        y_next_(below ? t.y_row : static_cast<ptrdiff_t>(hn::Lanes(WindowD()))),
        divisors_next_(below ? 1 : 0),
        x_step_(t.x_step),
        y_step_(t.y_step),
        divisors_step_(t.rows),
        inputs_(t.inputs),
        outputs_(t.outputs),
        before_(t.before),
        length_(t.columns),
        one_(t.one),
        t_(t) {}

  // Four windows at a time have a position in common. The last four begin inside those before.
  HWY_INLINE void Run() const {
    int64_t o = 0;
    if (length_ >= 4 && outputs_ >= 4) {
      for (; o + 4 <= outputs_; o += 4) Outputs<4>(o);
      if (o < outputs_) Outputs<4>(outputs_ - 4);
      return;
    }
    for (; o < outputs_; ++o) Outputs<1>(o);
  }

 private:
#define WINDROW_SUMS(name)                                                            \
  WindowV a##name##0 = hn::Zero(d), b##name##0 = a##name##0, c##name##0 = a##name##0, \
          e##name##0 = a##name##0;                                                    \
  WindowV a##name##1 = a##name##0, b##name##1 = a##name##0, c##name##1 = a##name##0,  \
          e##name##1 = a##name##0
#define WINDROW_ADD_PART(output)                                 \
  output##0 = output##_all0 = hn::Add(output##_all0, output##0); \
  output##1 = output##_all1 = hn::Add(output##_all1, output##1)
#define WINDROW_LOAD(position)                    \
  const float* const x = x_ + (position)*x_step_; \
  const WindowV v0 = access_.Load(d, x);          \
  [[maybe_unused]] WindowV v1 = v0;               \
  if constexpr (kVecs > 1) v1 = access_.Load(d, x + x_next_)
#define WINDROW_TAKE(output, k)                                            \
  if constexpr (kCount > k) output##0 = RunningAdd<k>(output##0, v0, one); \
  if constexpr (kCount > k && kVecs > 1) output##1 = RunningAdd<k>(output##1, v1, one)

  // `kCount` outputs from `output` on: one part of their windows after the other, but for those
  // that are all padding.
  template <int kCount>
  HWY_INLINE void Outputs(int64_t output) const {
    const WindowD d;
    const WindowV one = hn::Set(d, one_);
    const int64_t window = output - before_, stop = std::min(length_, inputs_ - window);
    int64_t part = std::max<int64_t>(1 - kCount - window, 0) / kPartTaps * kPartTaps;
    WINDROW_SUMS();
    WINDROW_SUMS(_all);
    for (; part < stop; part += kPartTaps) {
      const int64_t taps = std::min(kPartTaps, length_ - part);
      const int64_t start = window + part, end = start + taps;
      a0 = b0 = c0 = e0 = a1 = b1 = c1 = e1 = hn::Zero(d);
      // Those that the first windows alone have, ...
      if constexpr (kCount == 4) {
        if (Inside(start)) {
          WINDROW_LOAD(start);
          WINDROW_TAKE(a, 0);
        }
        if (Inside(start + 1)) {
          WINDROW_LOAD(start + 1);
          if (taps > 1) {
            WINDROW_TAKE(a, 0);
          }
          WINDROW_TAKE(b, 1);
        }
        if (Inside(start + 2)) {
          WINDROW_LOAD(start + 2);
          if (taps > 2) {
            WINDROW_TAKE(a, 0);
          }
          if (taps > 1) {
            WINDROW_TAKE(b, 1);
          }
          WINDROW_TAKE(c, 2);
        }
      }
      // ... that all have, ...
      for (int64_t p = std::max<int64_t>(start + kCount - 1, 0); p < std::min(end, inputs_); ++p) {
        WINDROW_LOAD(p);
        WINDROW_TAKE(a, 0);
        WINDROW_TAKE(b, 1);
        WINDROW_TAKE(c, 2);
        WINDROW_TAKE(e, 3);
      }
      // ... and the last ones.
      if constexpr (kCount == 4) {
        if (taps > 2 && Inside(end)) {
          WINDROW_LOAD(end);
          WINDROW_TAKE(b, 1);
          WINDROW_TAKE(c, 2);
          WINDROW_TAKE(e, 3);
        }
        if (taps > 1 && Inside(end + 1)) {
          WINDROW_LOAD(end + 1);
          WINDROW_TAKE(c, 2);
          WINDROW_TAKE(e, 3);
        }
        if (Inside(end + 2)) {
          WINDROW_LOAD(end + 2);
          WINDROW_TAKE(e, 3);
        }
      }
      if (length_ <= kPartTaps) break;
      WINDROW_ADD_PART(a);
      WINDROW_ADD_PART(b);
      WINDROW_ADD_PART(c);
      WINDROW_ADD_PART(e);
    }
    Emit(output, a0, a1);
    if constexpr (kCount > 1) Emit(output + 1, b0, b1);
    if constexpr (kCount > 2) Emit(output + 2, c0, c1);
    if constexpr (kCount > 3) Emit(output + 3, e0, e1);
  }
#undef WINDROW_SUMS
#undef WINDROW_ADD_PART
#undef WINDROW_LOAD
#undef WINDROW_TAKE

  HWY_INLINE bool Inside(int64_t position) const {
    return static_cast<uint64_t>(position) < static_cast<uint64_t>(inputs_);
  }
  HWY_INLINE void Emit(int64_t o, WindowV s0, WindowV s1) const {
    const WindowD d;
    float* const y = y_ + o * y_step_;
    access_.Store(d, Divided(o, 0, s0), y);
    if constexpr (kVecs > 1) access_.Store(d, Divided(o, 1, s1), y + y_next_);
  }
  HWY_INLINE WindowV Divided(int64_t o, int v, WindowV sum) const {
    const WindowD d;
    if (divisors_ != nullptr) {
      return Quotient(sum, hn::Set(d, divisors_[o * divisors_step_ + v * divisors_next_]));
    }
    return Average<kExact>(t_, sum);
  }

  const Access access_;
  const float* const x_;
  float* const y_;
  const float* const divisors_;
  const ptrdiff_t x_next_, y_next_, divisors_next_;  // to those of the second vector
  const ptrdiff_t x_step_, y_step_, divisors_step_;
  const int64_t inputs_, outputs_, before_, length_;
  const float one_;
  const WindowArgs& t_;
};

struct SumLines {
  template <int kVecs, class Access>
  static HWY_INLINE void Run(const WindowArgs& t, int64_t line, int64_t item, bool below,
                             Access access) {
    if (t.exact) return SumLine<kVecs, true, Access>(t, line, item, below, access).Run();
    SumLine<kVecs, false, Access>(t, line, item, below, access).Run();
  }
};

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
