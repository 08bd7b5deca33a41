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
// them go together.
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

// Calls op(..., v, m, i, s) for both vectors, or the one, of maxima m, where they are, i, and what
// shows a NaN, s.
#define WINDROW_EACH(op, ...)                                \
  {                                                          \
    op(__VA_ARGS__, 0, m0, i0, s0);                          \
    if constexpr (kVecs > 1) op(__VA_ARGS__, 1, m1, i1, s1); \
  }

// One line of one or two vectors of items. kDown: the second pass, of which the results are the
// last ones, and in which indices are read beside the values; in the first they are positions.
template <bool kDown, bool kIndices, int kVecs, class Access>
class Line {
 public:
  HWY_INLINE Line(const RunningArgs& t, int64_t line, int64_t item, Access access)
      : t_(t),
        access_(access),
        x_(t.x + line * t.x_line + item),
        y_(t.y + line * t.y_line + item),
        index_(line * t.index.line + item),
        lanes_(static_cast<ptrdiff_t>(PoolLanes())),
        position_(t.index.position + static_cast<int32_t>(line) * t.index.of_line),
        one_(UnknownOne()) {}

  // Adds what shows a NaN to `seen`.
  HWY_INLINE void Run(PoolV& seen) const {
    const PoolD d;
    const int64_t length = t_.length, inputs = t_.inputs, outputs = t_.outputs;
    PoolV m0 = hn::Zero(d), m1 = m0, s0 = m0, s1 = m0;
    PoolVI i0 = hn::Zero(PoolDI()), i1 = i0;
    // Windows that begin where the line does, or before.
    WINDROW_EACH(Load, 0);
    WINDROW_EACH(See, 0);
    const int64_t head = std::min(t_.before + 1, outputs);
    int64_t end = std::min(length - t_.before, inputs);
    for (int64_t p = 1; p < end; ++p) WINDROW_EACH(Append, p);
    int64_t o = 0;
    for (; o < head; ++o) {
      if (o > 0 && end + o <= inputs) WINDROW_EACH(Append, end + o - 1);
      WINDROW_EACH(Emit, o);
    }
    // The others: at a time those that begin past the first position of a block, up to that of
    // the next.
    for (int64_t begin = 0; o < outputs; o += length, begin += length) {
      const int64_t count = std::min(length, outputs - o);
      end = std::min(begin + length, inputs);
      // The suffixes that these windows have; of the last block they are results.
      for (int64_t p = end - 1; p > begin; --p) {
        if (p == end - 1) {
          WINDROW_EACH(Load, p);
        } else {
          WINDROW_EACH(Prepend, p);
        }
        if (p > begin + count) continue;
        if (end == inputs) {
          WINDROW_EACH(Emit, o + p - begin - 1);
        } else {
          WINDROW_EACH(Keep, p - begin);
        }
      }
      if (end == inputs) break;
      WINDROW_EACH(Load, end);
      WINDROW_EACH(See, end);
      const int64_t joined = std::min(count, length - 1);
      for (int64_t s = 1; s <= joined; ++s) {
        if (s > 1 && end + s <= inputs) WINDROW_EACH(Append, end + s - 1);
        WINDROW_EACH(EmitJoined, o + s - 1, s);
      }
      if (count < length) break;
      // The window that is the next block.
      if (joined > 0 && end + joined < inputs) WINDROW_EACH(Append, end + joined);
      WINDROW_EACH(Emit, o + length - 1);
    }
    seen = hn::Add(seen, hn::Add(s0, s1));
  }

 private:
  HWY_INLINE PoolV Value(int64_t p, int v) const {
    return access_.Load(PoolD(), x_ + p * t_.x_step + v * lanes_);
  }
  HWY_INLINE PoolVI Index(int64_t p, int v) const {
    const PoolDI di;
    if constexpr (!kIndices) return hn::Zero(di);
    if constexpr (kDown) {
      const float* const at = x_ + p * t_.x_step + v * lanes_ + t_.index.distance;
      return access_.Load(di, reinterpret_cast<const int32_t*>(at));
    }
    return hn::Set(di, position_ + static_cast<int32_t>(p) * t_.index.of_row);
  }
  HWY_INLINE void Load(int64_t p, int v, PoolV& m, PoolVI& i, PoolV&) const {
    m = Value(p, v), i = Index(p, v);
  }
  HWY_INLINE void See(int64_t, int, PoolV m, PoolVI, PoolV& s) const {
    s = AddBeside(s, m, hn::Set(PoolD(), one_));
  }
  // One position more: after the others,
  HWY_INLINE void Append(int64_t p, int v, PoolV& m, PoolVI& i, PoolV& s) const {
    const PoolV x = Value(p, v);
    TakeMax<kIndices>(x, Index(p, v), m, i);
    See(p, v, x, i, s);
  }
  // or before them.
  HWY_INLINE void Prepend(int64_t p, int v, PoolV& m, PoolVI& i, PoolV&) const {
    PoolV x = Value(p, v);
    PoolVI index = Index(p, v);
    TakeMax<kIndices>(m, i, x, index);
    m = x, i = index;
  }

  // Suffix s of a block, and after it its index, in scratch memory.
  HWY_INLINE float* Suffix(int64_t s, int v) const {
    return t_.scratch + (s * kVecs + v) * (kIndices ? 2 : 1) * lanes_;
  }
  HWY_INLINE void Keep(int64_t s, int v, PoolV m, PoolVI i, PoolV) const {
    const PoolD d;
    hn::StoreU(m, d, Suffix(s, v));
    if constexpr (kIndices) hn::StoreU(hn::BitCast(d, i), d, Suffix(s, v) + lanes_);
  }
  HWY_INLINE void EmitJoined(int64_t o, int64_t s, int v, PoolV m, PoolVI i, PoolV unused) const {
    const PoolD d;
    PoolV max = hn::LoadU(d, Suffix(s, v));
    PoolVI index = i;
    if constexpr (kIndices) index = hn::BitCast(PoolDI(), hn::LoadU(d, Suffix(s, v) + lanes_));
    TakeMax<kIndices>(m, i, max, index);
    Emit(o, v, max, index, unused);
  }

  HWY_INLINE void Emit(int64_t o, int v, PoolV max, PoolVI index, PoolV) const {
    const PoolD d;
    if constexpr (kDown) max = hn::Mul(max, hn::Set(d, one_));
    float* const y = y_ + o * t_.y_step + v * lanes_;
    access_.Store(d, max, y);
    if constexpr (!kIndices) return;
    const ptrdiff_t at = index_ + o * t_.index.step + v * lanes_;
    if (!kDown || t_.index.narrow != nullptr) {  // scratch memory
      return access_.Store(PoolDI(), index, t_.index.narrow + at);
    }
    const ptrdiff_t ahead = t_.y_step * static_cast<ptrdiff_t>(sizeof(float));  // the next line's
    PrefetchStore(y, ahead);
    PrefetchIndices(t_.index.indices + at, 2 * ahead);
    StoreIndices(index, t_.index.indices + at, access_);
  }

  const RunningArgs& t_;
  const Access access_;
  const float* const x_;
  float* const y_;
  const ptrdiff_t index_, lanes_;
  const int32_t position_;
  const float one_;
};
#undef WINDROW_EACH

template <bool kDown, bool kIndices>
bool RunningMaxima(const RunningArgs& args) {
  const KernelScope scope;
  RunningArgs t = args;
  // Lines that follow each other become items of one.
  if (t.x_line == t.items && t.y_line == t.items && t.index.of_line == 0 &&
      (!kIndices || t.index.line == t.items)) {
    t.items *= t.lines, t.lines = 1;
  }
  PoolV seen = hn::Zero(PoolD());
  for (int64_t l = 0; l < t.lines; ++l) {
    ForVectors<2>(t.items, [&]<int kVecs>(int64_t i, auto access) WINDROW_INLINE_LAMBDA {
      Line<kDown, kIndices, kVecs, decltype(access)>(t, l, i, access).Run(seen);
    });
  }
  return IsNumber(seen);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
