// Maxima of windows of 3 x 3, a pixel apart, with their indices, of planes without gaps: rows
// follow each other, so that vectors run on from one into the next and none is part empty, x, y and
// the indices are touched in the order of memory, and a pixel's place is its index.
//
//   for each vector of the input rows: the maximum of each pixel and its neighbours in its row, and
//     where it is, to scratch memory
//   for each vector of outputs: y, index = the first of the greatest of three such rows
//
// As in strip_indices-inl.h, a block that shows a NaN is done again on a slow path, and so are the
// windows whose maximum is -inf, if their first tap is on padding.
#if defined(WINDROW_LIB_SIMD_DENSE_INDICES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_DENSE_INDICES_INL_H_
#undef WINDROW_LIB_SIMD_DENSE_INDICES_INL_H_
#else
#define WINDROW_LIB_SIMD_DENSE_INDICES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/simd/neighbours-inl.h"
#include "lib/simd/strip_indices-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// The same block of each of some planes. Rows are counted from the one above the first output,
// which may be padding; there are two more than of outputs.
class DenseBlocks {
 public:
  explicit HWY_INLINE DenseBlocks(const WindowArgs& args)
      : t_(Local(args)),
        width_(t_.items),
        lanes_(static_cast<int64_t>(hn::Lanes(WindowD()))),
        begin_(t_.image_row < 0 ? width_ : 0),
        end_(std::min(t_.outputs + 2, t_.image_height - t_.image_row) * width_),
        last_column_((end_ - lanes_) % width_),
        max_(t_.scratch),
        index_(reinterpret_cast<int32_t*>(t_.scratch + t_.index_distance)) {}

  HWY_INLINE void Run(int64_t planes) {
    Pad(0, begin_);
    Pad(end_, (t_.outputs + 2) * width_);
    for (; planes > 0; --planes) {
      if (HWY_UNLIKELY(!MaximaOfRows())) {
        AllCarefully<NeighbourTaps<1>>(t_, 0, width_);
      } else if (HWY_UNLIKELY(!MaximaOfWindows())) {
        PaddedCarefully<NeighbourTaps<1>>(t_, 0, width_);
      }
      NextPlanes(t_, 1);
    }
  }

 private:
  // What no window takes, for all planes.
  HWY_INLINE void Pad(int64_t begin, int64_t end) const {
    std::fill(max_ + begin, max_ + end, kLowest);
    std::fill(index_ + begin, index_ + end, 0);
  }

  // False if there may be a NaN.
  HWY_INLINE bool MaximaOfRows() const {
    const WindowD d;
    const float* const x = t_.taps[0] + t_.offset;
    WindowV seen = hn::Zero(d);
    // Beyond the first vector and the last one may be no memory, and there is no neighbour.
    const int64_t last = end_ - lanes_;
    WindowV middle = hn::LoadU(d, x + begin_);
    const WindowV after = begin_ < last ? hn::LoadU(d, x + begin_ + 1) : ShiftDown(middle);
    MaximaOfThree(begin_, 0, ShiftUp(middle, kLowest), middle, after, seen);
    int64_t column = 0;
    for (int64_t p = begin_ + lanes_; p < last; p += lanes_) {
      column += lanes_;
      if (column >= width_) column -= width_;
      middle = hn::LoadU(d, x + p);
      MaximaOfThree(p, column, hn::LoadU(d, x + p - 1), middle, hn::LoadU(d, x + p + 1), seen);
    }
    if (begin_ < last) {
      middle = hn::LoadU(d, x + last);
      const WindowV before = hn::LoadU(d, x + last - 1);
      MaximaOfThree(last, last_column_, before, middle, ShiftDown(middle), seen);
    }
    return hn::AllTrue(d, hn::Eq(seen, seen));
  }
  HWY_INLINE WindowV ShiftDown(WindowV v) const {
    return HWY_NAMESPACE::ShiftDown(v, static_cast<ptrdiff_t>(lanes_), kLowest);
  }

  // `column` is the first lane's. The neighbour before a row is of no account, nor the one after.
  HWY_INLINE void MaximaOfThree(int64_t p, int64_t column, WindowV left, WindowV middle,
                                WindowV right, WindowV& seen) const {
    const WindowD d;
    const WindowDI di;
    const WindowV lowest = hn::Set(d, kLowest);
    const uint8_t* const bits = t_.inner + column * kInnerBytes;
    WindowV max = hn::IfThenElse(hn::LoadMaskBits(d, bits), left, lowest);
    right = hn::IfThenElse(hn::LoadMaskBits(d, bits + kInnerBytes), right, lowest);
    seen = AddBeside(seen, middle, hn::Set(d, t_.one));
    const auto place = static_cast<int32_t>(t_.image_row * width_ + p);
    const WindowVI left_place = hn::Add(hn::Iota(di, -1), hn::Set(di, place));
    WindowVI index = left_place;
    TakeLater(middle, hn::Add(left_place, hn::Set(di, 1)), max, index);
    TakeLater(right, hn::Add(left_place, hn::Set(di, 2)), max, index);
    hn::StoreU(max, d, max_ + p);
    hn::StoreU(index, di, index_ + p);
  }

  // False if one is -inf.
  HWY_INLINE bool MaximaOfWindows() const {
    const WindowD d;
    WindowV least = hn::Zero(d);
    const int64_t last = t_.outputs * width_ - lanes_;
    for (int64_t o = 0; o < last; o += lanes_) MaximaOfThreeRows(o, least);
    MaximaOfThreeRows(last, least);
    return hn::AllTrue(d, hn::Gt(least, hn::Set(d, kLowest)));
  }

  HWY_INLINE void MaximaOfThreeRows(int64_t o, WindowV& least) const {
    const WindowD d;
    const WindowDI di;
    const float* const max_row = max_ + o;
    const int32_t* const index_row = index_ + o;
    WindowV max = hn::LoadU(d, max_row);
    WindowVI index = hn::LoadU(di, index_row);
    for (int64_t row = 1; row < 3; ++row) {
      TakeLater(hn::LoadU(d, max_row + row * width_), hn::LoadU(di, index_row + row * width_), max,
                index);
    }
    least = hn::Min(least, max);
    float* const y = t_.y + o;
    int64_t* const indices = t_.indices + o;
    PrefetchStore(y, kLine);
    PrefetchIndices(indices, 2 * kLine);
    hn::StoreU(hn::Mul(max, hn::Set(d, t_.one)), d, y);
    StoreIndices(index, indices, AllLanes());
  }

  WindowArgs t_;
  const int64_t width_, lanes_;
  const int64_t begin_, end_;  // pixels of the rows that are none of padding
  const int64_t last_column_;  // of the last vector
  float* const max_;
  int32_t* const index_;
};

inline void DenseIndices(const WindowArgs& args) {
  const KernelScope scope;
  DenseBlocks(args).Run(args.lines);
}

// Null where a vector is one float, and never part empty.
constexpr WindowFn DenseIndicesOrNull() {
#if HWY_TARGET == HWY_SCALAR
  return nullptr;
#else
  return &DenseIndices;
#endif
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
