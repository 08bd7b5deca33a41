// Running maxima: all windows along lines, a pixel apart.
#include <algorithm>
#include <bit>
#include <vector>

#include "tests/kernels/pool_trials.h"
#include "tests/kernels/pool_windows.h"

namespace windrow::test {
namespace {

using internal::RunningArgs;

// Lines of pixels, one after the other or side by side.
struct Placing {
  ptrdiff_t line, step;
  int64_t extent;
};

Placing DrawPlacing(Fixture& s, int64_t items, int64_t lines, int64_t pixels) {
  Placing p{};
  if (s.OneIn(2)) {
    p.line = items + Gap(s);
    p.step = lines * p.line + Gap(s);
  } else {
    p.step = items + Gap(s);
    p.line = pixels * p.step + Gap(s);
  }
  p.extent = (lines - 1) * p.line + (pixels - 1) * p.step + items;
  return p;
}

void DrawLines(Fixture& s, bool indices_beside, RunningArgs& t) {
  t.lines = s.Between(1, 4, 14);
  t.items = s.Between(1, s.lanes() * (s.OneIn(3) ? 6 : 3), 64);
  t.inputs = s.Between(1, 20, 28);
  t.length = s.OneIn(8) ? s.Between(60, 200, 9) : s.Between(1, 9, 9);
  t.before = s.Between(0, std::min<int64_t>(t.length - 1, 30), 4);
  t.outputs = s.Between(1, t.inputs + t.before, t.inputs);
  const Placing from = DrawPlacing(s, t.items, t.lines, t.inputs);
  t.x_line = from.line, t.x_step = from.step;
  t.x = DrawPixels(s, from.extent, indices_beside);
  if (indices_beside) t.index.distance = from.extent;
  const auto floats = static_cast<size_t>(internal::SuffixFloats(t.length, t.inputs, s.lanes()));
  t.scratch = s.Input(std::vector<float>(floats));
}

void DrawResults(Fixture& s, bool indices, bool down, RunningArgs& t) {
  const Placing to = DrawPlacing(s, t.items, t.lines, t.outputs);
  t.y_line = to.line, t.y_step = to.step;
  t.y = s.Output<float>(to.extent);
  if (!indices) return;
  if (!down) {
    const auto number = [&s] { return static_cast<int32_t>(s.Between(0, 9999, 0)); };
    t.index.position = number(), t.index.of_row = number();
    t.index.of_line = s.OneIn(3) ? 0 : number();
  }
  const Placing at = DrawPlacing(s, t.items, t.lines, t.outputs);
  t.index.line = at.line, t.index.step = at.step;
  if (!down || s.OneIn(2)) {
    t.index.narrow = s.Output<int32_t>(at.extent);
  } else {
    t.index.indices = s.Output<int64_t>(at.extent);
  }
}

// Calls f with every window: its place and its taps.
template <typename F>
void ForEachWindow(const RunningArgs& t, const F& f) {
  const internal::IndexArgs& index = t.index;
  for (int64_t i = 0; i < t.lines * t.outputs * t.items; ++i) {
    const int64_t item = i % t.items, o = i / t.items % t.outputs, l = i / t.items / t.outputs;
    const ptrdiff_t y = l * t.y_line + o * t.y_step + item;
    const ptrdiff_t at = l * index.line + o * index.step + item;
    const auto taps = [&](const auto& take) {
      const int64_t begin = o - t.before, end = std::min(begin + t.length, t.inputs);
      for (int64_t p = std::max<int64_t>(begin, 0); p < end; ++p) {
        const float* const tap = t.x + l * t.x_line + p * t.x_step + item;
        take(0, p, *tap,
             index.distance != 0 ? std::bit_cast<int32_t>(tap[index.distance])
                                 : index.position + l * index.of_line + p * index.of_row);
      }
    };
    f(ResultAt{.y = t.y + y,
               .narrow = index.narrow != nullptr ? index.narrow + at : nullptr,
               .indices = index.indices != nullptr ? index.indices + at : nullptr},
      taps);
  }
}

}  // namespace

Trial RunningTrial(Fixture& s, internal::RunningFn kernel, bool indices, bool down) {
  RunningArgs t{};
  DrawLines(s, indices && down, t);
  DrawResults(s, indices, down, t);
  return PoolTrial(
      s, kernel, t, indices ? Reduction::kMaxIndices : Reduction::kMax, /*divisor=*/0,
      [t](const auto& f) { ForEachWindow(t, f); }, t.lines * t.outputs * t.items * t.length);
}

}  // namespace windrow::test
