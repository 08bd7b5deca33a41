// Windows of any kind, and strips of them.
#include "tests/kernels/pool_trials.h"
#include "tests/kernels/pool_windows.h"

namespace windrow::test {
namespace {

using internal::WindowArgs;

// Positions of taps, if no indices are beside them, and results: 64 bits wide, or 32 for a later
// pass.
void DrawIndices(Fixture& s, WindowArgs& t) {
  if (t.index_distance == 0) DrawPositions(s, t);
  if (t.position_step != 0 && s.OneIn(2)) {
    std::vector<int32_t> positions;
    for (int64_t i = 0; i < t.items; ++i) {
      positions.push_back(static_cast<int32_t>(s.Between(0, 99, 0)));
    }
    t.item_positions = s.Input(positions);
  }
  if (s.OneIn(3)) {
    t.lines = 1;
    t.index = s.Output<int32_t>(Extent(t, t.y_row, t.y_step));
    return;
  }
  t.indices_step = t.y_step == t.items ? t.items : t.items + s.Between(0, 9, 0);
  t.indices_row = t.outputs * t.indices_step + s.Between(0, 9, 0);
  t.indices = s.Output<int64_t>(Extent(t, t.indices_row, t.indices_step));
}

// For all but strips with indices.
Trial Finish(Fixture& s, internal::WindowFn kernel, Reduction reduction, WindowArgs t) {
  const bool sum = reduction == Reduction::kAverage, indices = reduction == Reduction::kMaxIndices;
  t.y_step = t.items + (s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  t.y_row = t.outputs * t.y_step + s.Between(0, 9, 0);
  t.one = 1;
  t.last = !s.OneIn(3);
  DrawTaps(s, indices && s.OneIn(3), t);
  t.y = s.Output<float>(Extent(t, t.y_row, t.y_step));
  if (sum) DrawDivisor(s, t);
  if (indices) DrawIndices(s, t);
  const auto set = [&s, sum, indices](const Window& w) {
    const WindowArgs& args = w.t;
    if (sum) {
      s.Expected(w.y()) = w.Average(w.Sum(0, args.rows));
      return;
    }
    Best max = w.Max(0, args.rows);
    s.Expected(w.y()) = max.canonical();
    if (!indices) return;
    if (args.item_positions != nullptr) max.index += args.item_positions[w.item];
    if (args.index != nullptr) {
      s.Expected(args.index + (w.y() - args.y)) = static_cast<int32_t>(max.index);
    } else {
      s.Expected(w.index()) = max.index;
    }
  };
  return {.reference = [t, set] { ForEachWindow(t, set); },
          .kernel = [kernel, t] { kernel(t); },
          .work = static_cast<double>(t.lines * t.outputs * t.items * t.rows * t.columns)};
}

WindowArgs Drawn(Fixture& s, int rows, int columns) {
  WindowArgs t{};
  t.rows = rows != 0 ? rows : s.Between(1, 5, 5);
  t.columns = columns != 0 ? columns : s.Between(1, 5, 5);
  t.lines = s.Between(1, 2, 1);
  t.outputs = s.Between(1, 5, 14);
  t.items = s.Between(1, s.lanes() * (s.OneIn(3) ? 12 : 3), 8 * s.lanes());
  t.x_line = s.Between(0, 50, 0);
  t.x_row = s.Between(0, 50, 16 * t.items);
  return t;
}

}  // namespace

Trial WindowTrial(Fixture& s, internal::WindowFn kernel, Reduction reduction, int rows, int columns,
                  bool parts) {
  WindowArgs t = Drawn(s, rows, columns);
  if (parts) {
    t.rows_before = s.Between(0, internal::kPartTaps - 1, 0);
    t.columns_before = s.Between(0, internal::kPartTaps - 1, 0);
  }
  t.x_step = s.OneIn(2) ? t.items : s.Between(0, 50, t.items);
  return Finish(s, kernel, reduction, t);
}

Trial StripTrial(Fixture& s, internal::WindowFn kernel, Reduction reduction, int rows, int columns,
                 int stride) {
  WindowArgs t = Drawn(s, rows, columns);
  t.x_step = stride * t.x_row;
  t.prefetch_step = s.Between(0, 99, 0);
  t.y_ahead = s.Between(0, 99, 0);
  return Finish(s, kernel, reduction, t);
}

}  // namespace windrow::test
