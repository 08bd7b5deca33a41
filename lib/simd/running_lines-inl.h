// How lines of pixels are cut into vectors of items, for reductions of windows a pixel apart.
//
//   for each two vectors of items, side by side in a line or below each other: the whole line
#if defined(WINDROW_LIB_SIMD_RUNNING_LINES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_RUNNING_LINES_INL_H_
#undef WINDROW_LIB_SIMD_RUNNING_LINES_INL_H_
#else
#define WINDROW_LIB_SIMD_RUNNING_LINES_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/lanes-inl.h"
#include "lib/simd/window-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// Lines that follow each other become items of one.
HWY_INLINE void MergeLines(WindowArgs& t) {
  const bool alike = t.position_row == 0 && t.divisors == nullptr &&
                     ((t.index == nullptr && t.indices == nullptr) || t.indices_row == t.items);
  if (alike && t.x_row == t.items && t.y_row == t.items) {
    t.items *= t.rows;
    t.rows = 1;
  }
}

// Calls Lines::Run<vectors>(args, line, item, whether the vectors are those of neighbouring lines,
// access).
template <class Lines>
void Running(const WindowArgs& args) {
  const KernelScope scope;
  WindowArgs t = Local(args);
  MergeLines(t);
  const auto lanes = static_cast<int64_t>(hn::Lanes(WindowD()));
  const int64_t pairs = t.items / (2 * lanes) * 2 * lanes;
  for (int64_t r = 0; r < t.rows; ++r) {
    for (int64_t i = 0; i < pairs; i += 2 * lanes) {
      Lines::template Run<2>(t, r, i, false, AllLanes());
    }
  }
  int64_t i = pairs;
  if (i + lanes <= t.items) {
    int64_t r = 0;
    for (; r + 2 <= t.rows; r += 2) Lines::template Run<2>(t, r, i, true, AllLanes());
    if (r < t.rows) Lines::template Run<1>(t, r, i, false, AllLanes());
    i += lanes;
  }
  if (i == t.items) return;
  for (int64_t r = 0; r < t.rows; ++r) {
    if (i == 0) {
      Lines::template Run<1>(t, r, 0, false, FirstLanes{static_cast<size_t>(t.items)});
    } else {  // the last vector begins inside the one before
      Lines::template Run<1>(t, r, t.items - lanes, false, AllLanes());
    }
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
