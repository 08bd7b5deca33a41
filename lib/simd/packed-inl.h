// Strips of pairs (pairs-inl.h) of planes so narrow that a vector holds several rows of outputs.
//
//   for each few rows of outputs: all pairs of their input rows, two vectors of them
//     top, bottom = the pairs of every window's upper and lower row;  y = their reduction
//
// Rows follow each other in x and in y without a gap, from plane to plane too.
#if defined(WINDROW_LIB_SIMD_PACKED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_PACKED_INL_H_
#undef WINDROW_LIB_SIMD_PACKED_INL_H_
#else
#define WINDROW_LIB_SIMD_PACKED_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/pairs-inl.h"
#include "lib/simd/window-inl.h"
#include "lib/simd/window_indices-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// Lane i of the result is lane place[i] of low and high, one after the other.
HWY_INLINE WindowV LookUp(WindowV low, WindowV high, WindowVI place) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  return WindowV{_mm512_permutex2var_ps(low.raw, place.raw, high.raw)};
#else
  const WindowD d;
  const WindowDI di;
  const auto lanes = static_cast<int32_t>(hn::Lanes(d));
  const auto after = hn::Gt(place, hn::Set(di, lanes - 1));
  const auto lane =
      hn::IndicesFromVec(d, hn::IfThenElse(after, hn::Sub(place, hn::Set(di, lanes)), place));
  return hn::IfThenElse(hn::RebindMask(d, after), hn::TableLookupLanes(high, lane),
                        hn::TableLookupLanes(low, lane));
#endif
}

// The first and second taps of all pairs of as many input rows.
HWY_INLINE void LoadPackedPairs(const float* x, AllLanes, WindowV& first0, WindowV& second0,
                                WindowV& first1, WindowV& second1) {
  LoadPairs(x, AllLanes(), first0, second0);
  LoadPairs(x + 2 * hn::Lanes(WindowD()), AllLanes(), first1, second1);
}

// Those of `part` outputs, more than half a vector of them.
HWY_INLINE void LoadPackedPairs(const float* x, FirstLanes part, WindowV& first0, WindowV& second0,
                                WindowV& first1, WindowV& second1) {
  const size_t lanes = hn::Lanes(WindowD());
  LoadPairs(x, AllLanes(), first0, second0);
  LoadPairs(x + 2 * lanes, FirstLanes{2 * part.count - lanes}, first1, second1);
}

// Where the upper pair of each output is among those of the input rows.
HWY_INLINE WindowVI PackedPlaces(const WindowArgs& t) {
  const WindowDI di;
  HWY_ALIGN int32_t place[HWY_MAX_BYTES / sizeof(int32_t)];
  const auto lanes = static_cast<int32_t>(hn::Lanes(di)), items = static_cast<int32_t>(t.items);
  for (int32_t i = 0, row = 0, column = 0; i < lanes; ++i) {
    place[i] = row + column;
    if (++column == items) column = 0, row += 2 * items;
    if (row + column + items >= 2 * lanes) row = column = 0;  // past the last whole row
  }
  return hn::Load(di, place);
}

struct SumPacked {
  static constexpr bool kIndices = false;
  // Outputs from `output` on. `access` says what may be read and written: a vector of them, or
  // some.
  template <class Access>
  static HWY_INLINE void Take(const WindowArgs& t, const float* x, WindowVI top, WindowVI bottom,
                              WindowVI, int64_t output, Access access) {
    const WindowD d;
    const WindowV zero = hn::Zero(d);
    WindowV a0 = zero, b0 = zero, a1 = zero, b1 = zero;
    LoadPackedPairs(x + 4 * output, access, a0, b0, a1, b1);
    const WindowV low = hn::Add(hn::Add(zero, a0), b0), high = hn::Add(hn::Add(zero, a1), b1);
    const WindowV sum = SumPairs::Join(LookUp(low, high, top), LookUp(low, high, bottom));
    access.Store(d, SumPairs::Result(t, output, sum, access), t.y + output);
  }
};

struct MaxPacked {
  static constexpr bool kIndices = false;
  template <class Access>
  static HWY_INLINE void Take(const WindowArgs& t, const float* x, WindowVI top, WindowVI bottom,
                              WindowVI, int64_t output, Access access) {
    const WindowD d;
    const WindowV one = hn::Set(d, t.one);
    WindowV a0 = one, b0 = one, a1 = one, b1 = one;
    LoadPackedPairs(x + 4 * output, access, a0, b0, a1, b1);
    WindowV low = LaterMax(b0, a0), high = LaterMax(b1, a1);
    WindowV max = hn::Mul(LaterMax(LookUp(low, high, bottom), LookUp(low, high, top)), one);
    const WindowV seen = hn::Add(AddBeside(a0, b0, one), AddBeside(a1, b1, one));
    if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Eq(seen, seen)))) {
      low = CarefulMax(b0, a0), high = CarefulMax(b1, a1);
      max = CarefulMax(LookUp(low, high, bottom), LookUp(low, high, top));
      max = CanonicalNaN(hn::Mul(max, one));
    }
    access.Store(d, max, t.y + output);
  }
};

template <bool kCareful>
HWY_INLINE void TakeLaterOf(WindowV x, int32_t x_offset, WindowV& max, WindowVI& offset) {
  const WindowDI di;
  auto better = hn::Gt(x, max);
  if constexpr (kCareful) better = hn::Or(better, hn::IsNaN(x));
  offset = hn::IfThenElse(hn::RebindMask(di, better), hn::Set(di, x_offset), offset);
  max = hn::IfThenElse(better, x, max);
}

struct MaxIndicesPacked {
  static constexpr bool kIndices = true;
  template <class Access>
  static HWY_INLINE void Take(const WindowArgs& t, const float* x, WindowVI top, WindowVI bottom,
                              WindowVI position, int64_t output, Access access) {
    const WindowD d;
    const WindowV one = hn::Set(d, t.one);
    WindowV a0 = one, b0 = one, a1 = one, b1 = one;
    LoadPackedPairs(x + 4 * output, access, a0, b0, a1, b1);
    const WindowV first = LookUp(a0, a1, top), second = LookUp(b0, b1, top);
    const WindowV third = LookUp(a0, a1, bottom), fourth = LookUp(b0, b1, bottom);
    WindowV max = first;
    WindowVI offset = position;
    Find<false>(t, first, second, third, fourth, max, offset);
    const WindowV seen = hn::Add(AddBeside(first, second, one), AddBeside(third, fourth, one));
    if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Eq(seen, seen)))) {
      Find<true>(t, first, second, third, fourth, max, offset);
      max = CanonicalNaN(max);
    }
    PrefetchOutputs(t.y + output);
    PrefetchIndices(t.indices + output, 16 * kLine);
    access.Store(d, max, t.y + output);
    StoreIndices(hn::Add(position, offset), t.indices + output, access);
  }

 private:
  // `offset` is from the first tap.
  template <bool kCareful>
  static HWY_INLINE void Find(const WindowArgs& t, WindowV first, WindowV second, WindowV third,
                              WindowV fourth, WindowV& max, WindowVI& offset) {
    const auto width = static_cast<int32_t>(2 * t.items);
    max = first, offset = hn::Zero(WindowDI());
    TakeLaterOf<kCareful>(second, 1, max, offset);
    TakeLaterOf<kCareful>(third, width, max, offset);
    TakeLaterOf<kCareful>(fourth, width + 1, max, offset);
    max = hn::Mul(max, hn::Set(WindowD(), t.one));
  }
};

// Where, in its plane, the first tap of each output is whose row begins at image_row.
HWY_INLINE WindowVI PackedPositions(const WindowArgs& t, int64_t image_row) {
  const WindowDI di;
  HWY_ALIGN int32_t position[HWY_MAX_BYTES / sizeof(int32_t)];
  int64_t row = image_row, column = 0;
  for (size_t i = 0; i < hn::Lanes(di); ++i) {
    position[i] = static_cast<int32_t>(2 * (row * t.items + column));
    if (++column == t.items) column = 0, row += 2;
    if (row == t.image_height) row = 0;
  }
  return hn::Load(di, position);
}

// The same of the outputs that are `step` further.
HWY_INLINE WindowVI NextPositions(const WindowArgs& t, WindowVI position, WindowVI step) {
  const WindowDI di;
  const auto plane = static_cast<int32_t>(2 * t.items * t.image_height);
  const WindowVI next = hn::Add(position, step);
  return hn::IfThenElse(hn::Gt(next, hn::Set(di, plane - 1)), hn::Sub(next, hn::Set(di, plane)),
                        next);
}

// As many outputs at a time as make up whole rows; the last ones begin inside the ones before.
template <class Reduction>
void Packed(const WindowArgs& args) {
  const KernelScope scope;
  const WindowArgs t = Local(args);
  const WindowDI di;
  const float* const x = args.taps[0];
  const auto lanes = static_cast<int64_t>(hn::Lanes(di)), rows = lanes / t.items;
  const int64_t some = rows * t.items, all = t.outputs * t.items;
  const FirstLanes part{static_cast<size_t>(some)};
  const WindowVI top = PackedPlaces(t);
  const WindowVI bottom = hn::Add(top, hn::Set(di, static_cast<int32_t>(t.items)));
  WindowVI position = top, step = top;
  if constexpr (Reduction::kIndices) {
    position = PackedPositions(t, t.image_row);
    step = hn::Set(di, static_cast<int32_t>(2 * rows % t.image_height * 2 * t.items));
  }
  int64_t o = 0;
  for (; o + lanes <= all; o += some) {
    Reduction::Take(t, x, top, bottom, position, o, AllLanes());
    if constexpr (Reduction::kIndices) position = NextPositions(t, position, step);
  }
  for (; o + some <= all; o += some) {
    Reduction::Take(t, x, top, bottom, position, o, part);
    if constexpr (Reduction::kIndices) position = NextPositions(t, position, step);
  }
  if (o == all) return;
  o = all - some;
  if constexpr (Reduction::kIndices) {
    position = PackedPositions(t, (t.image_row + 2 * (t.outputs - rows)) % t.image_height);
  }
  if (some == lanes) return Reduction::Take(t, x, top, bottom, position, o, AllLanes());
  Reduction::Take(t, x, top, bottom, position, o, part);
}

// Null where a vector is one float.
template <class Reduction>
constexpr WindowFn PackedOrNull() {
#if HWY_TARGET == HWY_SCALAR
  return nullptr;
#else
  return &Packed<Reduction>;
#endif
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
