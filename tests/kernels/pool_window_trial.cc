// Windows of lanes side by side.
#include <algorithm>
#include <bit>
#include <vector>

#include "tests/kernels/pool_trials.h"
#include "tests/kernels/pool_windows.h"

namespace windrow::test {
namespace {

using internal::IndexArgs;
using internal::kPartTaps;
using internal::TapAxis;
using internal::WindowArgs;

// Rows, or columns, of a window: `known`, all in one part, or, if that is 0, any.
void DrawExtent(Fixture& s, int known, bool parts, TapAxis& axis) {
  axis.count = known != 0 ? known : s.Between(1, parts ? 140 : 5, 5);
  axis.first_part = s.Between(known != 0 ? known : 1, kPartTaps, kPartTaps);
  if (known == 0 && s.OneIn(8)) axis.first_part = axis.count;  // one part, however long
}

// A number of tap i, not that of its neighbours, so that parts begin at multiples of kPartTaps.
int64_t NumberOf(int64_t i, const TapAxis& axis) {
  return i < axis.first_part ? 1 + i % 2 : i - axis.first_part + kPartTaps;
}

// So many floats or indices that lines and outputs, so far apart, are in.
int64_t Floats(const WindowArgs& t, ptrdiff_t line, ptrdiff_t output) {
  return (t.lines - 1) * line + (t.outputs - 1) * output + t.items;
}

// Columns of taps as far apart as each other, or anywhere in x.
void DrawTaps(Fixture& s, bool indices_beside, WindowArgs& t) {
  const bool apart = s.OneIn(2);
  t.columns.distance = s.Between(0, 40, t.items);
  std::vector<ptrdiff_t> places;
  for (int64_t i = 0; i < t.columns.count; ++i) {
    places.push_back(apart ? s.Between(0, 40, 0) : i * t.columns.distance);
  }
  const int64_t floats = *std::max_element(places.begin(), places.end()) +
                         (t.rows.count - 1) * t.rows.distance + Floats(t, t.x_line, t.x_step);
  const float* const x = DrawPixels(s, floats, indices_beside, t.pass.second);
  if (indices_beside) t.index.distance = floats;
  if (!apart) {
    t.x = x;
    return;
  }
  std::vector<const float*> taps;
  for (const ptrdiff_t place : places) taps.push_back(x + place);
  t.taps = s.Input(taps);
}

// `dense`: all steps are those of outputs that follow each other, as if they were items of one.
void DrawIndices(Fixture& s, bool dense, WindowArgs& t) {
  IndexArgs& index = t.index;
  const auto number = [&s] { return static_cast<int32_t>(s.Between(0, 9999, 0)); };
  const auto step = [&] { return dense || s.OneIn(2) ? 0 : number(); };
  if (!t.pass.second) {
    index.position = number(), index.of_row = number(), index.of_column = number();
    index.of_line = step(), index.of_output = step();
  }
  index.step = t.items + (dense ? 0 : Gap(s));
  index.line = t.outputs * index.step + (dense ? 0 : Gap(s));
  if (s.OneIn(3)) {
    index.narrow = s.Output<int32_t>(Floats(t, index.line, index.step));
  } else {
    index.indices = s.Output<int64_t>(Floats(t, index.line, index.step));
  }
}

// Calls f with every window: its place and its taps.
template <typename F>
void ForEachWindow(const WindowArgs& t, const F& f) {
  const IndexArgs& index = t.index;
  for (int64_t i = 0; i < t.lines * t.outputs * t.items; ++i) {
    const int64_t item = i % t.items, o = i / t.items % t.outputs, l = i / t.items / t.outputs;
    const ptrdiff_t y = l * t.y_line + o * t.y_step + item;
    const ptrdiff_t x = l * t.x_line + o * t.x_step + item;
    const ptrdiff_t at = l * index.line + o * index.step + item;
    const int64_t position = index.position + l * index.of_line + o * index.of_output;
    const auto taps = [&](const auto& take) {
      for (int64_t row = 0; row < t.rows.count; ++row) {
        for (int64_t column = 0; column < t.columns.count; ++column) {
          const float* const first =
              t.taps != nullptr ? t.taps[column] : t.x + column * t.columns.distance;
          const float* const tap = first + x + row * t.rows.distance;
          take(NumberOf(row, t.rows), NumberOf(column, t.columns), *tap,
               t.pass.second && index.distance != 0
                   ? std::bit_cast<int32_t>(tap[index.distance])
                   : position + row * index.of_row + column * index.of_column);
        }
      }
    };
    f(ResultAt{.y = t.y + y,
               .narrow = index.narrow != nullptr ? index.narrow + at : nullptr,
               .indices = index.indices != nullptr ? index.indices + at : nullptr},
      taps);
  }
}

}  // namespace

Trial WindowTrial(Fixture& s, internal::WindowFn kernel, Reduction reduction, int known_rows,
                  int known_columns) {
  const bool sum = reduction == Reduction::kAverage, indices = reduction == Reduction::kMaxIndices;
  const bool parts = sum && s.OneIn(4), dense = s.OneIn(3);
  const bool rows = known_rows == 0 && s.OneIn(2);
  WindowArgs t{};
  DrawExtent(s, known_rows, parts && rows, t.rows);
  DrawExtent(s, known_columns, parts && !rows, t.columns);
  if (!sum) t.pass = {};
  // A first pass has seen NaNs.
  t.pass.second = known_rows == 1 && s.finite() && s.OneIn(2);
  t.lines = s.Between(1, parts ? 1 : 3, 1);
  t.outputs = s.Between(1, parts ? 2 : 5, 14);
  t.items = s.OneIn(5) ? s.lanes() * s.Between(1, 4, 8)
                       : s.Between(1, s.lanes() * (s.OneIn(3) ? 12 : 3), 8 * s.lanes());
  t.rows.distance = s.Between(0, 50, 16 * t.items);
  t.x_step = dense || s.OneIn(2) ? t.items : s.Between(0, 50, t.items);
  t.x_line = dense || s.OneIn(2) ? t.outputs * t.items : s.Between(0, 50, 0);
  t.y_step = t.items + (dense ? 0 : Gap(s));
  t.y_line = t.outputs * t.y_step + (dense ? 0 : Gap(s));
  t.pass.last = !s.OneIn(3);
  DrawTaps(s, indices && t.pass.second, t);
  t.y = s.Output<float>(Floats(t, t.y_line, t.y_step));
  if (sum && t.pass.last) t.pass.divisor = DrawDivisor(s);
  if (sum && !t.pass.last) s.AllowAnyNaN();
  if (indices) DrawIndices(s, dense, t);
  return PoolTrial(
      s, kernel, t, reduction, t.pass.divisor, [t](const auto& f) { ForEachWindow(t, f); },
      t.lines * t.outputs * t.items * t.rows.count * t.columns.count);
}

}  // namespace windrow::test
