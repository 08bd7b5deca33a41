// Windows along lines, a pixel apart; and one window of many items.
#include <algorithm>
#include <bit>

#include "tests/kernels/pool_trials.h"
#include "tests/kernels/pool_windows.h"

namespace windrow::test {
namespace {

using internal::WindowArgs;

// Lines of pixels, one after the other or side by side.
struct Placing {
  ptrdiff_t row, step;
  int64_t extent;
};

Placing DrawPlacing(Fixture& s, int64_t items, int64_t lines, int64_t pixels) {
  Placing p{};
  if (s.OneIn(2)) {
    p.row = items + (s.OneIn(2) ? 0 : s.Between(0, 9, 0));
    p.step = lines * p.row + (s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  } else {
    p.step = items + (s.OneIn(2) ? 0 : s.Between(0, 9, 0));
    p.row = pixels * p.step + (s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  }
  p.extent = (lines - 1) * p.row + (pixels - 1) * p.step + items;
  return p;
}

// The taps of output `o` of a line are [begin, end).
struct LineWindow {
  int64_t begin, end;
  LineWindow(const WindowArgs& t, int64_t o)
      : begin(std::max<int64_t>(o - t.before, 0)),
        end(std::min(o - t.before + t.columns, t.inputs)) {}
};

// In parts that are counted from where the window would begin.
float SumOf(const WindowArgs& t, const float* x, int64_t o) {
  float sum = 0, part = 0;
  const LineWindow w(t, o);
  for (int64_t p = w.begin; p < w.end; ++p) {
    if ((p - (o - t.before)) % internal::kPartTaps == 0) sum += part, part = 0;
    part += x[p * t.x_step];
  }
  return sum + part;
}

Best MaxOf(const WindowArgs& t, const float* x, int64_t line, int64_t o) {
  const auto index = [&](int64_t p) -> int64_t {
    if (t.index_distance != 0) return std::bit_cast<int32_t>(x[p * t.x_step + t.index_distance]);
    return t.position + line * t.position_row + p * t.position_step;
  };
  const LineWindow w(t, o);
  Best max{x[w.begin * t.x_step], index(w.begin)};
  for (int64_t p = w.begin + 1; p < w.end; ++p) max.Take(x[p * t.x_step], index(p));
  return max;
}

void DrawLines(Fixture& s, bool indices_beside, WindowArgs& t) {
  t.rows = s.Between(1, 4, 14);
  t.items = s.Between(1, 3 * s.lanes(), 64);
  t.inputs = s.Between(1, 20, 28);
  t.columns = s.OneIn(8) ? s.Between(60, 200, 9) : s.Between(1, 9, 9);
  t.before = s.Between(0, std::min<int64_t>(t.columns - 1, 30), 4);
  t.outputs = s.Between(1, t.inputs + t.before, t.inputs);
  const Placing from = DrawPlacing(s, t.items, t.rows, t.inputs);
  t.x_row = from.row, t.x_step = from.step;
  t.offset = s.Between(0, 9, 0);
  const int64_t floats = t.offset + from.extent;
  float* const x = s.Input(indices_beside ? 2 * floats : floats, Role::kInput);
  for (int64_t i = 0; i < floats && indices_beside; ++i) {
    x[floats + i] = std::bit_cast<float>(static_cast<int32_t>(s.Between(0, 9999, 0)));
  }
  if (indices_beside) t.index_distance = floats;
  t.taps = s.Input(std::vector<const float*>{x});
  const Placing to = DrawPlacing(s, t.items, t.rows, t.outputs);
  t.y_row = to.row, t.y_step = to.step;
  t.y = s.Output<float>(to.extent);
  t.one = 1;
}

// Calls f(x of the line's item, line, output, item).
template <typename F>
void ForEachOutput(const WindowArgs& t, const F& f) {
  for (int64_t line = 0; line < t.rows; ++line) {
    for (int64_t o = 0; o < t.outputs; ++o) {
      for (int64_t i = 0; i < t.items; ++i) {
        f(t.taps[0] + t.offset + line * t.x_row + i, line, o, i);
      }
    }
  }
}

double WorkOf(const WindowArgs& t) {
  return static_cast<double>(t.rows * t.outputs * t.items * t.columns);
}

}  // namespace

Trial RunningSumTrial(Fixture& s, internal::WindowFn kernel) {
  WindowArgs t{};
  DrawLines(s, /*indices_beside=*/false, t);
  if (s.OneIn(3)) {
    s.AllowAnyNaN();
  } else if (s.OneIn(2)) {
    std::vector<float> divisors;
    for (int64_t i = 0; i < t.rows * t.outputs; ++i) {
      divisors.push_back(static_cast<float>(s.Between(1, 9, 9)));
    }
    t.divisors = s.Input(divisors);
  } else {
    t.divisor = s.OneIn(3) ? 0x1p-3f : static_cast<float>(s.Between(1, 12, 9));
  }
  const auto set = [t, &s](const float* x, int64_t line, int64_t o, int64_t item) {
    float sum = SumOf(t, x, o);
    const float divisor = t.divisors != nullptr ? t.divisors[o * t.rows + line] : t.divisor;
    if (divisor != 0) sum = Best{sum / divisor, 0}.canonical();
    s.Expected(t.y + line * t.y_row + o * t.y_step + item) = sum;
  };
  return {.reference = [t, set] { ForEachOutput(t, set); },
          .kernel = [kernel, t] { kernel(t); },
          .work = WorkOf(t)};
}

Trial RunningMaxTrial(Fixture& s, internal::WindowFn kernel, bool indices, bool down) {
  WindowArgs t{};
  DrawLines(s, indices && down, t);
  t.scratch = s.Input(std::vector<float>(
      static_cast<size_t>(internal::SuffixFloats(t.columns, t.inputs, s.lanes()))));
  if (!down) s.AllowAnyNaN();  // the results of a pass, not the last ones
  if (indices) {
    const auto number = [&s] { return static_cast<int32_t>(s.Between(0, 9999, 0)); };
    if (!down) t.position = number(), t.position_row = number(), t.position_step = number();
    const Placing to = DrawPlacing(s, t.items, t.rows, t.outputs);
    t.indices_row = to.row, t.indices_step = to.step;
    if (down && s.OneIn(2)) {
      t.indices = s.Output<int64_t>(to.extent);
    } else {
      t.index = s.Output<int32_t>(to.extent);
    }
  }
  const auto set = [t, &s](const float* x, int64_t line, int64_t o, int64_t item) {
    const Best max = MaxOf(t, x, line, o);
    s.Expected(t.y + line * t.y_row + o * t.y_step + item) = max.canonical();
    const ptrdiff_t at = line * t.indices_row + o * t.indices_step + item;
    if (t.index != nullptr) s.Expected(t.index + at) = static_cast<int32_t>(max.index);
    if (t.indices != nullptr) s.Expected(t.indices + at) = max.index;
  };
  return {.reference = [t, set] { ForEachOutput(t, set); },
          .kernel = [kernel, t] { kernel(t); },
          .work = WorkOf(t)};
}

Trial GlobalTrial(Fixture& s, internal::WindowFn kernel, bool sum, bool planes) {
  WindowArgs t{};
  t.rows = s.OneIn(9) ? s.Between(60, 140, 7) : s.Between(1, 9, 7);
  t.columns = s.OneIn(9) ? s.Between(60, 140, 7) : s.Between(1, 19, 7);
  t.items = planes ? s.Between(s.lanes(), 3 * s.lanes(), 512)
                   : s.Between(1, s.lanes() * (s.OneIn(3) ? 30 : 3), 512);
  t.rows_before = sum ? s.Between(0, internal::kPartTaps - 1, 0) : 0;
  t.columns_before = sum ? s.Between(0, internal::kPartTaps - 1, 0) : 0;
  t.outputs = 1;
  const auto gap = [&s] { return s.OneIn(2) ? 0 : s.Between(0, 9, 0); };
  t.x_column = planes ? 1 : t.items + gap();
  t.x_row = t.columns * t.x_column + gap();
  t.x_step = planes ? t.rows * t.x_row + gap() : 1;
  t.offset = s.Between(0, 9, 0);
  const float* const x = s.Input(t.offset + (t.rows - 1) * t.x_row + (t.columns - 1) * t.x_column +
                                     (t.items - 1) * t.x_step + 1,
                                 Role::kInput);
  t.taps = s.Input(std::vector<const float*>{x});
  t.one = 1;
  t.last = true;
  if (sum) t.divisor = static_cast<float>(s.Between(1, 49, 49));
  t.above = s.Input(std::vector<float>(static_cast<size_t>(internal::kGlobalSums * t.items)));
  t.y = s.Output<float>(t.items);
  // The same window with its items side by side, as Window reads it.
  const auto set = [t, x, &s, sum] {
    std::vector<float> pixels(static_cast<size_t>(t.rows * t.columns * t.items));
    std::vector<const float*> taps;
    for (int64_t c = 0; c < t.columns; ++c) taps.push_back(pixels.data() + c * t.items);
    for (int64_t i = 0; i < std::ssize(pixels); ++i) {
      const int64_t item = i % t.items, column = i / t.items % t.columns;
      pixels[static_cast<size_t>(i)] =
          x[t.offset + i / t.items / t.columns * t.x_row + column * t.x_column + item * t.x_step];
    }
    WindowArgs side_by_side = t;
    side_by_side.taps = taps.data();
    side_by_side.offset = 0;
    side_by_side.x_row = t.columns * t.items;
    ForEachWindow(side_by_side, [&](const Window& w) {
      s.Expected(w.y()) = sum ? w.Average(w.Sum(0, t.rows)) : w.Max(0, t.rows).canonical();
    });
  };
  return {.reference = set,
          .kernel = [kernel, t] { kernel(t); },
          .work = static_cast<double>(t.rows * t.columns * t.items)};
}

}  // namespace windrow::test
