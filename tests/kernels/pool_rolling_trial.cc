// Rolling windows three rows high: what the rows above gave is there already.
#include <bit>

#include "tests/kernels/pool_trials.h"
#include "tests/kernels/pool_windows.h"

namespace windrow::test {
namespace {

using internal::WindowArgs;

float Bits(int64_t index) { return std::bit_cast<float>(static_cast<int32_t>(index)); }

// What one row of the windows gives: all values, then all indices.
std::vector<float> ResultsOf(const WindowArgs& t, Reduction reduction, int64_t row) {
  const auto count = static_cast<size_t>(t.outputs * t.items);
  std::vector<float> results(2 * count);
  ForEachWindow(t, [&](const Window& w) {
    const auto at = static_cast<size_t>(w.output * t.items + w.item);
    const Best max = w.Max(row, row + 1);
    results[at] = reduction == Reduction::kAverage ? w.Sum(row, row + 1) : max.canonical();
    results[count + at] = Bits(max.index);
  });
  return results;
}

}  // namespace

Trial PoolRollingTrial(Fixture& s, internal::WindowFn kernel, Reduction reduction, int stride,
                       int columns) {
  const bool sum = reduction == Reduction::kAverage, indices = reduction == Reduction::kMaxIndices;
  WindowArgs t{};
  t.rows = 3;
  t.columns = columns != 0 ? columns : s.Between(1, 5, 5);
  t.outputs = s.Between(1, 5, 14);
  t.items = s.Between(1, 3 * s.lanes(), 8 * s.lanes());
  t.x_row = s.Between(0, 50, 16 * t.items);
  t.x_step = s.OneIn(2) ? t.items : s.Between(0, 50, t.items);
  t.y_step = t.items + (s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  t.one = 1;
  t.last = true;
  DrawTaps(s, /*indices_beside=*/false, t);
  if (indices) DrawPositions(s, t);
  if (sum) DrawDivisor(s, t);
  if (sum) s.AllowAnyNaN();  // in what the rows give
  t.y = s.Output<float>(Extent(t, 0, t.y_step));
  const std::vector<float> third = ResultsOf(t, reduction, 2);
  t.above = s.Output(ResultsOf(t, reduction, 0));
  if (stride == 1) t.middle = s.Input(ResultsOf(t, reduction, 1));
  t.indices_step = t.items + s.Between(0, 9, 0);
  if (indices) t.indices = s.Output<int64_t>(Extent(t, 0, t.indices_step));
  // Set now: what has indices beside it here are the results above.
  const WindowArgs windows = t;
  t.index_distance = t.outputs * t.items;
  return {.reference =
              [&s, windows, third, sum, indices] {
                ForEachWindow(windows, [&](const Window& w) {
                  const Best max = w.Max(0, 3);
                  s.Expected(w.y()) = sum ? w.Average(w.Sum(0, 3)) : max.canonical();
                  if (indices) s.Expected(w.index()) = max.index;
                });
                const size_t count = indices ? third.size() : third.size() / 2;
                for (size_t i = 0; i < count; ++i) s.Expected(windows.above + i) = third[i];
              },
          .kernel = [kernel, t] { kernel(t); },
          .work = static_cast<double>(t.outputs * t.items * (stride + 1) * t.columns)};
}

}  // namespace windrow::test
