// Strips, which read planes where they lie.
#include <algorithm>
#include <limits>

#include "tests/kernels/pool_trials.h"
#include "tests/kernels/pool_windows.h"

namespace windrow::test {
namespace {

using internal::StripArgs;

// Squares of windows in planes, the first column's `left` pixels before them.
struct Squares {
  int64_t side, stride, left;
};

// Where the windows are: each has a tap in its plane.
void DrawWindows(Fixture& s, StripArgs& t, Squares& squares) {
  const auto [side, stride, left] = squares;
  internal::StripPlace& place = t.place;
  t.planes = s.Between(1, 5, 2);
  t.rows = s.Between(1, 5, 14);
  t.items = s.Between(1, s.OneIn(2) ? 20 : 3 * s.lanes(), 56);
  const bool pads = side == 3;
  const int64_t right = pads ? s.Between(0, 1, 1) : 0;
  place.pads_left = left > 0;
  place.pads_right = right > 0;
  place.width = (t.items - 1) * stride + side - left - right;
  if (right == 0) place.width += s.Between(0, 3, 0);
  place.row = s.Between(pads ? 1 - side : 0, 3, pads ? -1 : 0);
  const int64_t last = place.row + (t.rows - 1) * stride;  // the last windows' first row
  const int64_t below = pads ? s.Between(0, side - 1, 1) : 0;
  place.height = std::max(last + side - below, std::max<int64_t>(last, 0) + 1) + s.Between(0, 1, 0);
}

// Calls f with every window: its place and its taps, in planes whose first is at `x`.
template <typename F>
void ForEachWindow(const StripArgs& t, const Squares& squares, const float* x, const F& f) {
  for (int64_t i = 0; i < t.planes * t.rows * t.items; ++i) {
    const int64_t item = i % t.items, o = i / t.items % t.rows, plane = i / t.items / t.rows;
    const auto taps = [&](const auto& take) {
      for (int64_t tap = 0; tap < squares.side * squares.side; ++tap) {
        const int64_t row = tap / squares.side, column = tap % squares.side;
        const int64_t h = t.place.row + o * squares.stride + row;
        const int64_t w = item * squares.stride - squares.left + column;
        if (h < 0 || h >= t.place.height || w < 0 || w >= t.place.width) continue;
        take(row, column, x[plane * t.x_plane + h * t.x_row + w], h * t.place.width + w);
      }
    };
    f(ResultAt{.y = t.y + plane * t.y_plane + o * t.y_row + item,
               .narrow = nullptr,
               .indices = t.indices != nullptr
                              ? t.indices + plane * t.indices_plane + o * t.indices_row + item
                              : nullptr},
      taps);
  }
}

}  // namespace

Trial StripTrial(Fixture& s, internal::StripFn kernel, Reduction reduction, int side, int stride) {
  StripArgs t{};
  Squares squares{.side = side, .stride = stride, .left = side == 3 ? s.Between(0, 1, 1) : 0};
  DrawWindows(s, t, squares);
  t.x_row = t.place.width + Gap(s);
  t.x_plane = t.place.height * t.x_row + Gap(s);
  const float* const x =
      DrawPixels(s, (t.planes - 1) * t.x_plane + (t.place.height - 1) * t.x_row + t.place.width,
                 /*indices_beside=*/false);
  t.x = x + t.place.row * t.x_row + (side == 3 ? 1 - squares.left : 0);
  t.prefetch = {.x = reinterpret_cast<uintptr_t>(x),
                .x_step = s.Between(0, 99, 0),
                .y_ahead = s.Between(0, 99, 0)};
  t.y_row = t.items + Gap(s);
  t.y_plane = t.rows * t.y_row + Gap(s);
  t.y = s.Output<float>((t.planes - 1) * t.y_plane + (t.rows - 1) * t.y_row + t.items);
  if (reduction == Reduction::kAverage) t.divisor = DrawDivisor(s);
  if (reduction == Reduction::kMaxIndices) {
    t.indices_row = t.items + Gap(s);
    t.indices_plane = t.rows * t.indices_row + Gap(s);
    t.indices = s.Output<int64_t>((t.planes - 1) * t.indices_plane + (t.rows - 1) * t.indices_row +
                                  t.items);
  }
  Seen seen;
  if (t.place.pads_left || t.place.pads_right) {
    seen.Take(-std::numeric_limits<float>::infinity());  // what is read there
  }
  return PoolTrial(
      s, kernel, t, reduction, t.divisor, [=](const auto& f) { ForEachWindow(t, squares, x, f); },
      t.planes * t.rows * t.items * side * side, seen);
}

}  // namespace windrow::test
