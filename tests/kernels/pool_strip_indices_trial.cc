// Strips with indices, of padded rows: taps on padding are -inf, and no maximum.
#include <algorithm>
#include <limits>

#include "tests/kernels/pool_trials.h"
#include "tests/kernels/pool_windows.h"

namespace windrow::test {
namespace {

using internal::WindowArgs;

// Where a tap is in the image; none if on padding.
int64_t PlaceInImage(const WindowArgs& t, int64_t row, int64_t column, int64_t item) {
  const int64_t h = t.image_row + row, w = t.item_positions[item] + column * t.position_step;
  const bool inside = h >= 0 && h < t.image_height && w >= 0 && w < t.image_width;
  return inside ? h * t.image_width + w : -1;
}

// Every window has a tap in the image.
void DrawImage(Fixture& s, WindowArgs& t) {
  t.image_row = s.Between(1 - t.rows, 2, 0);
  const int64_t last = t.image_row + (t.outputs - 1) * t.image_step;  // window's first row
  t.image_height = std::max<int64_t>(last, 0) + s.Between(1, t.rows, t.rows);
  t.position_step = static_cast<int32_t>(s.Between(1, 3, 1));
  t.image_width = t.position_step + s.Between(0, 20, 100);
  std::vector<int32_t> positions;
  for (int64_t i = 0; i < t.items; ++i) {
    const int64_t low = -(t.columns - 1) * t.position_step;
    positions.push_back(static_cast<int32_t>(s.Between(low, t.image_width - 1, 0)));
  }
  t.item_positions = s.Input(positions);
}

// Each column of taps has rows of its own.
void DrawPaddedRows(Fixture& s, WindowArgs& t) {
  const int64_t rows = (t.outputs - 1) * t.image_step + t.rows;
  t.x_row = t.items + s.Between(0, 9, 0);
  t.x_step = t.image_step * t.x_row;
  t.x_line = t.columns * rows * t.x_row;
  t.offset = s.Between(0, 9, 0);
  float* const x = s.Input(t.offset + t.lines * t.x_line, Role::kInput);
  std::vector<const float*> taps;
  for (int64_t column = 0; column < t.columns; ++column) {
    taps.push_back(x + column * rows * t.x_row);
    for (int64_t at = 0; at < t.lines * rows * t.items; ++at) {
      const int64_t item = at % t.items, row = at / t.items % rows, line = at / t.items / rows;
      if (PlaceInImage(t, row, column, item) >= 0) continue;
      x[(taps.back() - x) + t.offset + line * t.x_line + row * t.x_row + item] =
          -std::numeric_limits<float>::infinity();
    }
  }
  t.taps = s.Input(taps);
}

Best Max(const Window& w) {
  Best max{0, -1};
  for (int64_t row = 0; row < w.t.rows; ++row) {
    for (int64_t column = 0; column < w.t.columns; ++column) {
      const int64_t at = PlaceInImage(w.t, w.output * w.t.image_step + row, column, w.item);
      if (at < 0) continue;
      if (max.index < 0) max = {w.Tap(row, column), at};
      max.Take(w.Tap(row, column), at);
    }
  }
  return max;
}

}  // namespace

Trial StripIndicesTrial(Fixture& s, internal::WindowFn kernel, int rows, int columns, int stride) {
  WindowArgs t{};
  t.rows = rows;
  t.columns = columns != 0 ? columns : s.Between(1, 5, 5);
  t.lines = s.Between(1, 2, 1);
  t.outputs = s.Between(1, 5, 14);
  t.items = s.Between(1, 3 * s.lanes(), 8 * s.lanes());
  t.image_step = stride;
  DrawImage(s, t);
  DrawPaddedRows(s, t);
  t.one = 1;
  t.last = true;
  t.prefetch_step = s.Between(0, 99, 0);
  t.y_ahead = s.Between(0, 99, 0);
  t.y_step = t.items + s.Between(0, 9, 0);
  t.y_row = t.outputs * t.y_step + s.Between(0, 9, 0);
  t.y = s.Output<float>(Extent(t, t.y_row, t.y_step));
  t.indices_step = t.items + s.Between(0, 9, 0);
  t.indices_row = t.outputs * t.indices_step + s.Between(0, 9, 0);
  t.indices = s.Output<int64_t>(Extent(t, t.indices_row, t.indices_step));
  const auto set = [&s](const Window& w) {
    const Best max = Max(w);
    s.Expected(w.y()) = max.canonical();
    s.Expected(w.index()) = max.index;
  };
  return {.reference = [t, set] { ForEachWindow(t, set); },
          .kernel = [kernel, t] { kernel(t); },
          .work = static_cast<double>(t.lines * t.outputs * t.items * t.rows * t.columns)};
}

}  // namespace windrow::test
