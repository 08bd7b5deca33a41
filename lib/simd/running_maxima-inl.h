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
// maxima the earlier stays, with its index. Lanes are items, which lie side by side.
#if defined(WINDROW_LIB_SIMD_RUNNING_MAXIMA_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_RUNNING_MAXIMA_INL_H_
#undef WINDROW_LIB_SIMD_RUNNING_MAXIMA_INL_H_
#else
#define WINDROW_LIB_SIMD_RUNNING_MAXIMA_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/simd/running_lines-inl.h"
#include "lib/simd/window_indices-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// The maximum of two stretches of which `b` comes later. With care, a NaN in it wins.
template <bool kIndices, bool kCareful>
HWY_INLINE void JoinLater(WindowV b, [[maybe_unused]] WindowVI b_index, WindowV& a,
                          [[maybe_unused]] WindowVI& a_index) {
  if constexpr (kIndices) {
    const WindowDI di;
    auto better = hn::Gt(b, a);
    if constexpr (kCareful) better = hn::Or(better, hn::IsNaN(b));
    a_index = hn::IfThenElse(hn::RebindMask(di, better), b_index, a_index);
  }
  a = kCareful ? CarefulMax(b, a) : LaterMax(b, a);
}

// The maxima of one or two vectors of items, and where they are.
#define WINDROW_MAXIMA WindowV &m0, WindowV &m1, WindowVI &i0, WindowVI &i1

// One line of one or two vectors of items. kDown: the second pass, of which the results are the
// last ones, and in which indices are read beside the values; in the first they are positions.
template <bool kDown, bool kIndices, bool kCareful, int kVecs, class Access>
class Line {
 public:
  // `below`: the second vector is of the next line, rather than the next one of this.
  HWY_INLINE Line(const WindowArgs& t, int64_t line, int64_t item, bool below, Access access)
      : access_(access),
        x_(t.taps[0] + t.offset + line * t.x_row + item),
        scratch_(t.scratch),
        y_(t.y + line * t.y_row + item),
        index_(t.index == nullptr ? nullptr : t.index + line * t.indices_row + item),
        indices_(t.indices == nullptr ? nullptr : t.indices + line * t.indices_row + item),
        lanes_(static_cast<ptrdiff_t>(hn::Lanes(WindowD()))),
        x_next_(below ? t.x_row : lanes_),
        y_next_(below ? t.y_row : lanes_),
        index_next_(below ? t.indices_row : lanes_),
        x_step_(t.x_step),
        y_step_(t.y_step),
        indices_step_(t.indices_step),
        index_distance_(t.index_distance),
        inputs_(t.inputs),
        outputs_(t.outputs),
        before_(t.before),
        length_(t.columns),
        position_(t.position + static_cast<int32_t>(line) * t.position_row),
        position_step_(t.position_step),
        position_next_(below ? t.position_row : 0),
        y_ahead_(t.y_step * static_cast<ptrdiff_t>(sizeof(float))),
        one_(t.one) {}

  // False if there may be a NaN, which only the NaN-safe one sees; y is to be written again then.
  HWY_INLINE bool Run() const {
    const WindowD d;
    WindowV m0 = hn::Zero(d), m1 = m0, s0 = m0, s1 = m0;
    WindowVI i0 = hn::Zero(WindowDI()), i1 = i0;
    // Windows that begin where the line does, or before.
    Start(0, m0, m1, i0, i1);
    See(m0, m1, s0, s1);
    const int64_t head = std::min(before_ + 1, outputs_);
    int64_t end = std::min(length_ - before_, inputs_);
    for (int64_t p = 1; p < end; ++p) Append(p, m0, m1, i0, i1, s0, s1);
    Emit(0, m0, m1, i0, i1);
    int64_t o = 1;
    for (const int64_t grow = std::min(head, 1 + inputs_ - end); o < grow; ++o) {
      Append(end + o - 1, m0, m1, i0, i1, s0, s1);
      Emit(o, m0, m1, i0, i1);
    }
    for (; o < head; ++o) Emit(o, m0, m1, i0, i1);
    // The others: at a time those that begin past the first position of a block, up to that of
    // the next.
    for (int64_t begin = 0; o < outputs_; o += length_, begin += length_) {
      const int64_t count = std::min(length_, outputs_ - o);
      end = begin + length_;
      if (end >= inputs_) {
        EmitSuffixes(o, begin, count, m0, m1, i0, i1);
        break;
      }
      KeepSuffixes(begin, end, count, m0, m1, i0, i1);
      Start(end, m0, m1, i0, i1);
      See(m0, m1, s0, s1);
      const int64_t joined = std::min(count, length_ - 1), next = std::min(joined, inputs_ - end);
      if (joined > 0) EmitJoined(o, 1, m0, m1, i0, i1);
      int64_t s = 2;
      for (; s <= next; ++s) {
        Append(end + s - 1, m0, m1, i0, i1, s0, s1);
        EmitJoined(o + s - 1, s, m0, m1, i0, i1);
      }
      for (; s <= joined; ++s) EmitJoined(o + s - 1, s, m0, m1, i0, i1);
      if (count < length_) break;
      // The window that is the next block.
      if (joined > 0 && end + joined < inputs_) Append(end + joined, m0, m1, i0, i1, s0, s1);
      Emit(o + length_ - 1, m0, m1, i0, i1);
    }
    if constexpr (kCareful) return true;
    const WindowV seen = hn::Add(s0, s1);
    return hn::AllTrue(d, hn::Eq(seen, seen));
  }

 private:
  HWY_INLINE WindowV Value(int64_t p, int v) const {
    return access_.Load(WindowD(), x_ + p * x_step_ + v * x_next_);
  }
  HWY_INLINE WindowVI Index(int64_t p, int v) const {
    const WindowDI di;
    if constexpr (!kIndices) return hn::Zero(di);
    if constexpr (kDown) {
      const float* const at = x_ + p * x_step_ + v * x_next_ + index_distance_;
      return access_.Load(di, reinterpret_cast<const int32_t*>(at));
    }
    return hn::Set(di, position_ + static_cast<int32_t>(p) * position_step_ + v * position_next_);
  }
  HWY_INLINE void Start(int64_t p, WINDROW_MAXIMA) const {
    m0 = Value(p, 0), i0 = Index(p, 0);
    if constexpr (kVecs > 1) m1 = Value(p, 1), i1 = Index(p, 1);
  }
  HWY_INLINE void See(WindowV v0, WindowV v1, WindowV& s0, WindowV& s1) const {
    const WindowV one = hn::Set(WindowD(), one_);
    if constexpr (!kCareful) s0 = AddBeside(s0, v0, one);
    if constexpr (!kCareful && kVecs > 1) s1 = AddBeside(s1, v1, one);
  }
  // One position more: after the others,
  HWY_INLINE void Append(int64_t p, WINDROW_MAXIMA, WindowV& s0, WindowV& s1) const {
    const WindowV v0 = Value(p, 0);
    WindowV v1 = v0;
    JoinLater<kIndices, kCareful>(v0, Index(p, 0), m0, i0);
    if constexpr (kVecs > 1) {
      v1 = Value(p, 1);
      JoinLater<kIndices, kCareful>(v1, Index(p, 1), m1, i1);
    }
    See(v0, v1, s0, s1);
  }
  // or before them.
  HWY_INLINE void Prepend(int64_t p, WINDROW_MAXIMA) const {
    WindowV v = Value(p, 0);
    WindowVI index = Index(p, 0);
    JoinLater<kIndices, kCareful>(m0, i0, v, index);
    m0 = v, i0 = index;
    if constexpr (kVecs > 1) {
      v = Value(p, 1), index = Index(p, 1);
      JoinLater<kIndices, kCareful>(m1, i1, v, index);
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
    int64_t p = inputs_ - 1;
    Start(p, m0, m1, i0, i1);
    while (p > begin + count) Prepend(--p, m0, m1, i0, i1);
    for (;; Prepend(--p, m0, m1, i0, i1)) {
      Emit(o + p - begin - 1, m0, m1, i0, i1);
      if (p == begin + 1) break;
    }
  }

  HWY_INLINE float* Suffix(int64_t s) const {
    return scratch_ + s * (kIndices ? 2 : 1) * kVecs * lanes_;
  }
  HWY_INLINE void Keep(int64_t s, WINDROW_MAXIMA) const {
    const WindowD d;
    float* const to = Suffix(s);
    hn::StoreU(m0, d, to);
    if constexpr (kVecs > 1) hn::StoreU(m1, d, to + lanes_);
    if constexpr (kIndices) hn::StoreU(hn::BitCast(d, i0), d, to + kVecs * lanes_);
    if constexpr (kIndices && kVecs > 1) {
      hn::StoreU(hn::BitCast(d, i1), d, to + (kVecs + 1) * lanes_);
    }
  }
  HWY_INLINE void EmitJoined(int64_t o, int64_t s, WINDROW_MAXIMA) const {
    const WindowD d;
    const WindowDI di;
    const float* const from = Suffix(s);
    WindowV v0 = hn::LoadU(d, from), v1 = v0;
    WindowVI j0 = i0, j1 = i1;
    if constexpr (kIndices) j0 = hn::BitCast(di, hn::LoadU(d, from + kVecs * lanes_));
    JoinLater<kIndices, kCareful>(m0, i0, v0, j0);
    if constexpr (kVecs > 1) {
      v1 = hn::LoadU(d, from + lanes_);
      if constexpr (kIndices) j1 = hn::BitCast(di, hn::LoadU(d, from + (kVecs + 1) * lanes_));
      JoinLater<kIndices, kCareful>(m1, i1, v1, j1);
    }
    Emit(o, v0, v1, j0, j1);
  }

  HWY_INLINE void Emit(int64_t o, WindowV m0, WindowV m1, WindowVI i0, WindowVI i1) const {
    EmitVector(o, 0, m0, i0);
    if constexpr (kVecs > 1) EmitVector(o, 1, m1, i1);
  }
  HWY_INLINE void EmitVector(int64_t o, int v, WindowV max, WindowVI index) const {
    const WindowD d;
    if constexpr (kDown) max = hn::Mul(max, hn::Set(d, one_));
    if constexpr (kCareful) max = CanonicalNaN(max);
    float* const y = y_ + o * y_step_ + v * y_next_;
    access_.Store(d, max, y);
    if constexpr (!kIndices) return;
    const ptrdiff_t at = o * indices_step_ + v * index_next_;
    if (kDown && index_ == nullptr) {  // the result, and no scratch memory
      PrefetchStore(y, y_ahead_);
      PrefetchIndices(indices_ + at, 2 * y_ahead_);
      return StoreIndices(index, indices_ + at, access_);
    }
    access_.Store(WindowDI(), index, index_ + at);
  }

  const Access access_;
  const float* const x_;
  float* const scratch_;
  float* const y_;
  int32_t* const index_;
  int64_t* const indices_;
  const ptrdiff_t lanes_, x_next_, y_next_, index_next_;  // the latter to the second vector
  const ptrdiff_t x_step_, y_step_, indices_step_, index_distance_;
  const int64_t inputs_, outputs_, before_, length_;
  const int32_t position_, position_step_, position_next_;
  const ptrdiff_t y_ahead_;  // to those of the next line, in bytes
  const float one_;
};
#undef WINDROW_MAXIMA

template <bool kDown, bool kIndices, class Access>
HWY_NOINLINE void RunCarefully(const WindowArgs& t, int64_t line, int64_t item, Access access) {
  Line<kDown, kIndices, true, 1, Access>(t, line, item, false, access).Run();
}

template <bool kDown, bool kIndices>
struct MaxLines {
  template <int kVecs, class Access>
  static HWY_INLINE void Run(const WindowArgs& t, int64_t line, int64_t item, bool below,
                             Access access) {
    const Line<kDown, kIndices, false, kVecs, Access> lines(t, line, item, below, access);
    if (HWY_LIKELY(lines.Run())) return;
    const auto lanes = static_cast<int64_t>(hn::Lanes(WindowD()));
    RunCarefully<kDown, kIndices>(t, line, item, access);
    if (kVecs > 1) {
      RunCarefully<kDown, kIndices>(t, line + below, below ? item : item + lanes, access);
    }
  }
};

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
