// Running maxima: those of all windows of some length along a line of pixels, a pixel apart, in
// three joins an output however long the windows are. The algorithm of van Herk ("A fast algorithm
// for local minimum and maximum filters on rectangular and octagonal kernels", 1992) and of Gil and
// Werman ("Computing 2-D min, median, and max filters", 1993):
//
//   the line is cut into blocks as long as a window
//   backwards in a block:   suffix[p] = maximum of [p, end of the block)
//   forwards in the next:   prefix = maximum of [its begin, p];  y = join of suffix and prefix
//
// Windows end at the line's ends, so that there is no padding. To join is associative: of equal
// maxima the earlier stays, with its index. Lanes are items, which lie side by side; two vectors of
// them go together, side by side in a line or below each other.
#if defined(WINDROW_LIB_SIMD_VAN_HERK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_VAN_HERK_INL_H_
#undef WINDROW_LIB_SIMD_VAN_HERK_INL_H_
#else
#define WINDROW_LIB_SIMD_VAN_HERK_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/simd/lanes-inl.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/pool_ops-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// The maxima of one or two vectors of items, and where they are.
#define WINDROW_MAXIMA PoolV &m0, PoolV &m1, PoolVI &i0, PoolVI &i1

// One line of one or two vectors of items. kDown: the second pass, of which the results are the
// last ones, and in which indices are read beside the values; in the first they are positions.
template <bool kDown, bool kIndices, int kVecs, class Access>
class Line {
 public:
  // `below`: the second vector is of the next line, rather than the next one of this.
  HWY_INLINE Line(const RunningArgs& t, int64_t line, int64_t item, bool below, Access access)
      : t_(t),
        access_(access),
        x_(t.x + line * t.x_line + item),
        y_(t.y + line * t.y_line + item),
        index_(line * (t.index.narrow != nullptr ? t.y_line : t.index.line) + item),
        lanes_(static_cast<ptrdiff_t>(PoolLanes())),
        x_next_(below ? t.x_line : lanes_),
        y_next_(below ? t.y_line : lanes_),
        index_next_(below ? (t.index.narrow != nullptr ? t.y_line : t.index.line) : lanes_),
        position_(t.index.position + static_cast<int32_t>(line) * t.index.of_line),
        position_next_(below ? t.index.of_line : 0),
        one_(UnknownOne()) {}

  // Adds what shows a NaN to `seen`.
  HWY_INLINE void Run(PoolV& seen) const {
    const PoolD d;
    const int64_t length = t_.length, inputs = t_.inputs, outputs = t_.outputs;
    PoolV m0 = hn::Zero(d), m1 = m0, s0 = m0, s1 = m0;
    PoolVI i0 = hn::Zero(PoolDI()), i1 = i0;
    // Windows that begin where the line does, or before.
    Start(0, m0, m1, i0, i1);
    See(m0, m1, s0, s1);
    const int64_t head = std::min(t_.before + 1, outputs);
    int64_t end = std::min(length - t_.before, inputs);
    for (int64_t p = 1; p < end; ++p) Append(p, m0, m1, i0, i1, s0, s1);
    Emit(0, m0, m1, i0, i1);
    int64_t o = 1;
    for (const int64_t grow = std::min(head, 1 + inputs - end); o < grow; ++o) {
      Append(end + o - 1, m0, m1, i0, i1, s0, s1);
      Emit(o, m0, m1, i0, i1);
    }
    for (; o < head; ++o) Emit(o, m0, m1, i0, i1);
    // The others: at a time those that begin past the first position of a block, up to that of
    // the next.
    for (int64_t begin = 0; o < outputs; o += length, begin += length) {
      const int64_t count = std::min(length, outputs - o);
      end = begin + length;
      if (end >= inputs) {
        EmitSuffixes(o, begin, count, m0, m1, i0, i1);
        break;
      }
      KeepSuffixes(begin, end, count, m0, m1, i0, i1);
      Start(end, m0, m1, i0, i1);
      See(m0, m1, s0, s1);
      const int64_t joined = std::min(count, length - 1), next = std::min(joined, inputs - end);
      if (joined > 0) EmitJoined(o, 1, m0, m1, i0, i1);
      int64_t s = 2;
      for (; s <= next; ++s) {
        Append(end + s - 1, m0, m1, i0, i1, s0, s1);
        EmitJoined(o + s - 1, s, m0, m1, i0, i1);
      }
      for (; s <= joined; ++s) EmitJoined(o + s - 1, s, m0, m1, i0, i1);
      if (count < length) break;
      // The window that is the next block.
      if (joined > 0 && end + joined < inputs) Append(end + joined, m0, m1, i0, i1, s0, s1);
      Emit(o + length - 1, m0, m1, i0, i1);
    }
    seen = hn::Add(seen, hn::Add(s0, s1));
  }

 private:
  HWY_INLINE PoolV Value(int64_t p, int v) const {
    return access_.Load(PoolD(), x_ + p * t_.x_step + v * x_next_);
  }
  HWY_INLINE PoolVI Index(int64_t p, int v) const {
    const PoolDI di;
    if constexpr (!kIndices) return hn::Zero(di);
    if constexpr (kDown) {
      const float* const at = x_ + p * t_.x_step + v * x_next_ + t_.index.distance;
      return access_.Load(di, reinterpret_cast<const int32_t*>(at));
    }
    return hn::Set(di, position_ + static_cast<int32_t>(p) * t_.index.of_row + v * position_next_);
  }
  HWY_INLINE void Start(int64_t p, WINDROW_MAXIMA) const {
    m0 = Value(p, 0), i0 = Index(p, 0);
    if constexpr (kVecs > 1) m1 = Value(p, 1), i1 = Index(p, 1);
  }
  HWY_INLINE void See(PoolV v0, PoolV v1, PoolV& s0, PoolV& s1) const {
    const PoolV one = hn::Set(PoolD(), one_);
    s0 = AddBeside(s0, v0, one);
    if constexpr (kVecs > 1) s1 = AddBeside(s1, v1, one);
  }
  // One position more: after the others,
  HWY_INLINE void Append(int64_t p, WINDROW_MAXIMA, PoolV& s0, PoolV& s1) const {
    const PoolV v0 = Value(p, 0);
    PoolV v1 = v0;
    TakeMax<kIndices>(v0, Index(p, 0), m0, i0);
    if constexpr (kVecs > 1) {
      v1 = Value(p, 1);
      TakeMax<kIndices>(v1, Index(p, 1), m1, i1);
    }
    See(v0, v1, s0, s1);
  }
  // or before them.
  HWY_INLINE void Prepend(int64_t p, WINDROW_MAXIMA) const {
    PoolV v = Value(p, 0);
    PoolVI index = Index(p, 0);
    TakeMax<kIndices>(m0, i0, v, index);
    m0 = v, i0 = index;
    if constexpr (kVecs > 1) {
      v = Value(p, 1), index = Index(p, 1);
      TakeMax<kIndices>(m1, i1, v, index);
      m1 = v, i1 = index;
    }
  }

  // The suffixes of a block that `count` windows have, to scratch memory, ...
  HWY_INLINE void KeepSuffixes(int64_t begin, int64_t end, int64_t count, WINDROW_MAXIMA) const {
    int64_t p = end - 1;
    if (p == begin) return;
    Start(p, m0, m1, i0, i1);
    while (p > begin + count) Prepend(--p, m0, m1, i0, i1);
    for (;; Prepend(--p, m0, m1, i0, i1)) {
      Keep(p - begin, m0, m1, i0, i1);
      if (p == begin + 1) break;
    }
  }
  // ... and of the last block, which are results.
  HWY_INLINE void EmitSuffixes(int64_t o, int64_t begin, int64_t count, WINDROW_MAXIMA) const {
    int64_t p = t_.inputs - 1;
    Start(p, m0, m1, i0, i1);
    while (p > begin + count) Prepend(--p, m0, m1, i0, i1);
    for (;; Prepend(--p, m0, m1, i0, i1)) {
      Emit(o + p - begin - 1, m0, m1, i0, i1);
      if (p == begin + 1) break;
    }
  }

  HWY_INLINE float* Suffix(int64_t s) const {
    return t_.scratch + s * (kIndices ? 2 : 1) * kVecs * lanes_;
  }
  HWY_INLINE void Keep(int64_t s, WINDROW_MAXIMA) const {
    const PoolD d;
    float* const to = Suffix(s);
    hn::StoreU(m0, d, to);
    if constexpr (kVecs > 1) hn::StoreU(m1, d, to + lanes_);
    if constexpr (kIndices) hn::StoreU(hn::BitCast(d, i0), d, to + kVecs * lanes_);
    if constexpr (kIndices && kVecs > 1) {
      hn::StoreU(hn::BitCast(d, i1), d, to + (kVecs + 1) * lanes_);
    }
  }
  HWY_INLINE void EmitJoined(int64_t o, int64_t s, WINDROW_MAXIMA) const {
    const PoolD d;
    const PoolDI di;
    const float* const from = Suffix(s);
    PoolV v0 = hn::LoadU(d, from), v1 = v0;
    PoolVI j0 = i0, j1 = i1;
    if constexpr (kIndices) j0 = hn::BitCast(di, hn::LoadU(d, from + kVecs * lanes_));
    TakeMax<kIndices>(m0, i0, v0, j0);
    if constexpr (kVecs > 1) {
      v1 = hn::LoadU(d, from + lanes_);
      if constexpr (kIndices) j1 = hn::BitCast(di, hn::LoadU(d, from + (kVecs + 1) * lanes_));
      TakeMax<kIndices>(m1, i1, v1, j1);
    }
    Emit(o, v0, v1, j0, j1);
  }

  HWY_INLINE void Emit(int64_t o, PoolV m0, PoolV m1, PoolVI i0, PoolVI i1) const {
    EmitVector(o, 0, m0, i0);
    if constexpr (kVecs > 1) EmitVector(o, 1, m1, i1);
  }
  HWY_INLINE void EmitVector(int64_t o, int v, PoolV max, PoolVI index) const {
    const PoolD d;
    if constexpr (kDown) max = hn::Mul(max, hn::Set(d, one_));
    float* const y = y_ + o * t_.y_step + v * y_next_;
    access_.Store(d, max, y);
    if constexpr (!kIndices) return;
    if (!kDown || t_.index.narrow != nullptr) {  // scratch memory
      int32_t* const to = t_.index.narrow + index_ + o * t_.y_step + v * index_next_;
      return access_.Store(PoolDI(), index, to);
    }
    const ptrdiff_t ahead = t_.y_step * static_cast<ptrdiff_t>(sizeof(float));  // the next line's
    int64_t* const to = t_.index.indices + index_ + o * t_.index.step + v * index_next_;
    PrefetchStore(y, ahead);
    PrefetchIndices(to, 2 * ahead);
    StoreIndices(index, to, access_);
  }

  const RunningArgs& t_;
  const Access access_;
  const float* const x_;
  float* const y_;
  const ptrdiff_t index_, lanes_;
  const ptrdiff_t x_next_, y_next_, index_next_;  // to the second vector's
  const int32_t position_, position_next_;
  const float one_;
};
#undef WINDROW_MAXIMA

template <bool kDown, bool kIndices>
bool RunningMaxima(const RunningArgs& args) {
  const KernelScope scope;
  RunningArgs t = args;
  const bool narrow = t.index.narrow != nullptr, indices = t.index.indices != nullptr;
  // Lines that follow each other become items of one.
  if (t.x_line == t.items && t.y_line == t.items && t.index.of_line == 0 &&
      (!indices || narrow || t.index.line == t.items)) {
    t.items *= t.lines, t.lines = 1;
  }
  PoolV seen = hn::Zero(PoolD());
  const auto run = [&]<int kVecs>(int64_t line, int64_t item, bool below, auto access) HWY_ATTR {
    Line<kDown, kIndices, kVecs, decltype(access)>(t, line, item, below, access).Run(seen);
  };
  const int64_t lanes = PoolLanes(), pairs = t.items / (2 * lanes) * 2 * lanes;
  for (int64_t l = 0; l < t.lines; ++l) {
    for (int64_t i = 0; i < pairs; i += 2 * lanes) {
      run.template operator()<2>(l, i, false, AllLanes());
    }
  }
  int64_t i = pairs;
  if (i + lanes <= t.items) {
    int64_t l = 0;
    for (; l + 2 <= t.lines; l += 2) run.template operator()<2>(l, i, true, AllLanes());
    if (l < t.lines) run.template operator()<1>(l, i, false, AllLanes());
    i += lanes;
  }
  if (i == t.items) return IsNumber(seen);
  for (int64_t l = 0; l < t.lines; ++l) {
    if (i == 0) {
      run.template operator()<1>(l, 0, false, FirstLanes{static_cast<size_t>(t.items)});
    } else {  // the last vector begins inside the one before
      run.template operator()<1>(l, t.items - lanes, false, AllLanes());
    }
  }
  return IsNumber(seen);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
