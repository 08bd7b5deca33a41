// Strips that read an image where it lies: pairs, packed rows, neighbours, dense neighbours.
#include <algorithm>
#include <array>
#include <bit>

#include "lib/base/math.h"
#include "tests/kernels/pool_trials.h"
#include "tests/kernels/pool_windows.h"

namespace windrow::test {
namespace {

using internal::WindowArgs;

// Planes with windows `left` columns of padding before the first.
struct Images {
  WindowArgs t{};
  const float* x = nullptr;  // row 0 of the first plane
  int64_t stride = 1, left = 0;
  bool packed = false;  // rows of windows go on from plane to plane

  // Calls f(value, index) for the taps of row `row` of a window that are in the image.
  template <typename F>
  void ForTaps(const Window& w, int64_t row, const F& f) const {
    const int64_t h = t.image_row + w.output * stride + row;
    if (!packed && (h < 0 || h >= t.image_height)) return;
    for (int64_t column = 0; column < t.columns; ++column) {
      const int64_t at = w.item * stride - left + column;
      if (at < 0 || at >= t.image_width) continue;
      f(x[w.line * t.x_line + h * t.x_row + at], h % t.image_height * t.image_width + at);
    }
  }

  void Expect(Fixture& s, Reduction reduction) const {
    ForEachWindow(t, [&](const Window& w) {
      Best max{0, -1};
      float sum = 0;
      for (int64_t row = 0; row < t.rows; ++row) {
        float of_row = 0;
        ForTaps(w, row, [&](float value, int64_t index) {
          of_row += value;
          if (max.index < 0) max = {value, index};
          max.Take(value, index);
        });
        sum += of_row;
      }
      s.Expected(w.y()) = reduction == Reduction::kAverage ? w.Average(sum) : max.canonical();
      if (reduction == Reduction::kMaxIndices) s.Expected(w.index()) = max.index;
    });
  }
};

void DrawGeometry(Fixture& s, InPlace source, Images& m) {
  WindowArgs& t = m.t;
  const bool pairs = source == InPlace::kPairs || source == InPlace::kPacked;
  m.stride = pairs ? 2 : source == InPlace::kNeighboursTwo ? 2 : 1;
  t.rows = t.columns = pairs ? 2 : 3;
  t.items = s.Between(1, 3 * s.lanes(), 56);
  t.outputs = s.Between(1, 5, 14);
  t.lines = s.Between(1, 2, 1);
  if (pairs) {
    m.packed = source == InPlace::kPacked;
    if (m.packed) {
      t.items = s.Between(1, s.lanes() / 2, 7);
      t.outputs += internal::CeilDiv(s.lanes(), t.items);
      t.lines = 1;
    }
    t.image_width = 2 * t.items + (m.packed ? 0 : s.Between(0, 3, 0));
    t.image_height = m.packed ? 2 * s.Between(1, 4, 7) : 2 * t.outputs + s.Between(0, 2, 0);
    t.image_row = m.packed ? 2 * s.Between(0, t.image_height / 2 - 1, 0)
                           : s.Between(0, t.image_height - 2 * t.outputs, 0);
    return;
  }
  const bool dense = source == InPlace::kDense;
  if (dense) t.items += s.lanes();
  m.left = dense ? 1 : s.Between(0, 1, 1);
  const int64_t right = dense ? 1 : s.Between(0, 1, 1), reach = (t.items - 1) * m.stride + 3;
  t.image_width = std::max<int64_t>(reach - m.left - right, 1);
  t.pads_left = m.left > 0;
  t.pads_right = t.image_width < reach - m.left;
  if (!t.pads_right) t.image_width += dense ? 0 : s.Between(0, 3, 0);
  t.image_row = s.Between(-1, 2, -1);
  const int64_t end = t.image_row + (t.outputs - 1) * m.stride + 3;  // past the last row
  t.image_height = std::max<int64_t>(end - s.Between(0, 1, 1), t.image_row + 1);
  t.image_height = std::max<int64_t>(t.image_height, 1);
}

void DrawImages(Fixture& s, InPlace source, Images& m) {
  WindowArgs& t = m.t;
  const bool follow = m.packed || source == InPlace::kDense;
  t.x_row = t.image_width + (follow ? 0 : s.Between(0, 9, 0));
  const int64_t planes =
      m.packed ? (t.image_row + 2 * t.outputs + t.image_height - 1) / t.image_height : t.lines;
  t.x_line = t.image_height * t.x_row + (follow ? 0 : s.Between(0, 9, 0));
  float* const x = s.Input(planes * t.x_line, Role::kInput);
  m.x = x;
  const int64_t begin = std::max<int64_t>(t.image_row, 0);
  const float* const first = x + begin * t.x_row + (t.columns == 3 ? 1 - m.left : 0);
  t.taps = s.Input(std::vector<const float*>(static_cast<size_t>(t.columns), first));
  t.offset = (t.image_row - begin) * t.x_row;
  t.x_step = m.stride * t.x_row;
}

// Where the lanes of a dense vector have a left neighbour, by the column of its first lane.
const uint8_t* DrawInner(Fixture& s, int64_t width) {
  std::vector<int64_t> all;  // eight bytes a column
  for (int64_t column = 0; column <= width; ++column) {
    std::array<uint8_t, internal::kInnerBytes> bits;
    bits.fill(0xFF);
    const auto first = static_cast<size_t>((width - column) % width);
    if (first < static_cast<size_t>(s.lanes())) {
      bits[first / 8] = static_cast<uint8_t>(~(1u << (first % 8)));
    }
    all.push_back(std::bit_cast<int64_t>(bits));
  }
  return reinterpret_cast<const uint8_t*>(s.Input(all));
}

}  // namespace

Trial ImageTrial(Fixture& s, internal::WindowFn kernel, Reduction reduction, InPlace source) {
  Images m;
  WindowArgs& t = m.t;
  const bool follow = source == InPlace::kPacked || source == InPlace::kDense;
  DrawGeometry(s, source, m);
  DrawImages(s, source, m);
  t.one = 1;
  t.last = true;
  t.prefetch_step = s.Between(0, 99, 0);
  t.y_ahead = s.Between(0, 99, 0);
  t.y_step = t.items + (follow ? 0 : s.Between(0, 9, 0));
  t.y_row = t.outputs * t.y_step + s.Between(0, 9, 0);
  t.y = s.Output<float>(Extent(t, t.y_row, t.y_step));
  if (reduction == Reduction::kAverage) t.divisor = s.OneIn(2) ? 4 : 9;
  if (reduction == Reduction::kMaxIndices) {
    t.position_step = 1;
    t.image_step = m.stride;
    std::vector<int32_t> positions;
    for (int64_t i = 0; i < t.items; ++i) {
      positions.push_back(static_cast<int32_t>(i * m.stride - m.left));
    }
    t.item_positions = s.Input(positions);
    t.indices_step = t.items + (follow ? 0 : s.Between(0, 9, 0));
    t.indices_row = t.outputs * t.indices_step + s.Between(0, 9, 0);
    t.indices = s.Output<int64_t>(Extent(t, t.indices_row, t.indices_step));
  }
  if (source == InPlace::kDense) {
    const int64_t floats = internal::RoundUp((t.outputs + 2) * t.items, 16);
    t.inner = DrawInner(s, t.items);
    t.scratch = s.Input(std::vector<float>(static_cast<size_t>(2 * floats)));
    t.index_distance = floats;
  }
  return {.reference = [m, &s, reduction] { m.Expect(s, reduction); },
          .kernel = [kernel, t = m.t] { kernel(t); },
          .work = static_cast<double>(t.lines * t.outputs * t.items * t.rows * t.columns)};
}

}  // namespace windrow::test
