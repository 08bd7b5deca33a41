// Rolling as in pool_rolling-inl.h, of maxima with their indices: those of the rows above wait in
// cache beside their values.
#if defined(WINDROW_LIB_SIMD_POOL_ROLLING_INDICES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_POOL_ROLLING_INDICES_INL_H_
#undef WINDROW_LIB_SIMD_POOL_ROLLING_INDICES_INL_H_
#else
#define WINDROW_LIB_SIMD_POOL_ROLLING_INDICES_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/window_indices-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// The greatest of one row's taps, the first of which is at `position` of the image.
template <class Extent, class Access>
HWY_INLINE void RowIndices(const WindowArgs& t, ptrdiff_t at, int32_t position, WindowV& max,
                           WindowVI& index, WindowV& seen, Access access) {
  const WindowD d;
  const WindowDI di;
  const WindowV one = hn::Set(d, t.one);
  max = access.Load(d, t.taps[0] + at);
  index = hn::Set(di, t.positions[0] + position);
  WindowV sum = max;
  for (int64_t j = 1; j < Extent::Columns(t); ++j) {
    const WindowV x = access.Load(d, t.taps[j] + at);
    TakeLater(x, hn::Set(di, t.positions[j] + position), max, index);
    sum = AddBeside(sum, x, one);
  }
  seen = AddBeside(seen, sum, one);
}

// The results of all rows again, where a NaN was seen.
template <class Access>
HWY_NOINLINE void RollIndicesCarefully(const WindowArgs& t, int64_t output, int64_t item,
                                       Access access) {
  const ptrdiff_t at = t.offset + output * t.x_step + item;
  WindowArgs window = t;
  window.index_distance = 0;
  MaxIndices<Extent<0, 0>>::Run<1>(window, {output, item, at}, access);
  WindowArgs row = window;
  row.rows = 1;
  row.last = false;
  row.position += 2 * t.position_row;
  row.y = t.above;
  row.y_step = t.items;
  row.index = reinterpret_cast<int32_t*>(t.above + t.index_distance);
  MaxIndices<Extent<0, 0>>::Run<1>(row, {output, item, at + 2 * t.x_row}, access);
}

template <class Extent, int kStride, class Access>
HWY_INLINE void RollIndicesItems(const WindowArgs& t, int64_t output, int64_t item, Access access) {
  const WindowD d;
  const WindowDI di;
  const ptrdiff_t at = t.offset + output * t.x_step + item, place = output * t.items + item;
  const int32_t position = t.position + static_cast<int32_t>(output) * t.position_step;
  const auto kept_index = [&](const float* kept) HWY_ATTR {
    return access.Load(di, reinterpret_cast<const int32_t*>(kept + t.index_distance) + place);
  };
  const WindowV one = hn::Set(d, t.one);
  WindowV max = access.Load(d, t.above + place), seen = max, middle = max, below = max;
  WindowVI index = kept_index(t.above), middle_index = index, below_index = index;
  if constexpr (kStride == 1) {
    middle = access.Load(d, t.middle + place);
    middle_index = kept_index(t.middle);
    seen = AddBeside(seen, middle, one);
  } else {
    RowIndices<Extent>(t, at + t.x_row, position + t.position_row, middle, middle_index, seen,
                       access);
  }
  RowIndices<Extent>(t, at + 2 * t.x_row, position + 2 * t.position_row, below, below_index, seen,
                     access);
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Eq(seen, seen)))) {
    return RollIndicesCarefully(t, output, item, access);
  }
  TakeLater(middle, middle_index, max, index);
  TakeLater(below, below_index, max, index);
  float* const y = t.y + output * t.y_step + item;
  int64_t* const indices = t.indices + output * t.indices_step + item;
  PrefetchOutputs(y);
  PrefetchIndices(indices, 8 * kLine);
  access.Store(d, below, t.above + place);
  access.Store(di, below_index, reinterpret_cast<int32_t*>(t.above + t.index_distance) + place);
  access.Store(d, hn::Mul(max, one), y);
  StoreIndices(index, indices, access);
}

template <class Extent, int kStride>
void RollIndices(const WindowArgs& args) {
  const KernelScope scope;
  WindowArgs t = Local(args);
  const typename Extent::Taps taps(args);
  t.taps = taps.all;
  const auto lanes = static_cast<int64_t>(hn::Lanes(WindowD()));
  for (int64_t o = 0; o < t.outputs; ++o) {
    int64_t i = 0;
    for (; i + lanes <= t.items; i += lanes) {
      RollIndicesItems<Extent, kStride>(t, o, i, AllLanes());
    }
    if (i < t.items) {
      RollIndicesItems<Extent, kStride>(t, o, i, FirstLanes{static_cast<size_t>(t.items - i)});
    }
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
