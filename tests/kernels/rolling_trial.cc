// Rolling tiles: kernels three rows high.
#include "tests/kernels/epilogue.h"
#include "tests/kernels/trials.h"

namespace windrow::test {
namespace {

using internal::kRollingRows;
using internal::RollingArgs;

void DrawInputs(Fixture& s, int columns, RollingArgs& t) {
  const int64_t row = s.Between(t.channels, 50, 32 * t.channels), count = t.height + 2;
  const float* const x = s.Input(count * row, Role::kInput);
  std::vector<const float*> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(s.OneIn(5) ? nullptr : x + i * row);
  t.rows = s.Input(rows);
  std::vector<ptrdiff_t> places;
  for (int64_t i = 0; i < t.kernel_w * columns; ++i) {
    places.push_back(s.OneIn(6) ? -1 : s.Between(0, row - t.channels, i % columns * t.channels));
  }
  t.columns = s.Input(places);
  t.zeros = s.Input(std::vector<float>(static_cast<size_t>(t.channels)));
}

// A skipped zero and a multiplied one are the same.
float Sum(const Fixture& s, int columns, const RollingArgs& t, int64_t row, int64_t column,
          int64_t lane) {
  float sum = t.bias[lane] + 0.0f;
  for (int64_t kh = 0; kh < kRollingRows; ++kh) {
    for (int64_t kw = 0; kw < t.kernel_w; ++kw) {
      const ptrdiff_t place = t.columns[kw * columns + column];
      const float* const from = t.rows[row + kh];
      const float* const x = from == nullptr || place < 0 ? t.zeros : from + place;
      for (int64_t c = 0; c < t.channels; ++c) {
        const float* const w = t.weights + ((kh * t.kernel_w + kw) * t.channels + c) * s.lanes();
        sum = s.MultiplyAdd(x[c], w[lane], sum);
      }
    }
  }
  return sum;
}

}  // namespace

Trial RollingTrial(Fixture& s, internal::RollingFn tile, int columns) {
  RollingArgs t{};
  t.height = s.Between(1, 6, 28);
  t.kernel_w = s.Between(1, 4, 3);
  t.channels = s.Between(1, 5, 16);
  DrawInputs(s, columns, t);
  t.skip_padding = s.finite() && s.OneIn(2);
  t.weights = s.Input(kRollingRows * t.kernel_w * t.channels * s.lanes(), Role::kWeights);
  t.bias = s.Input(s.lanes(), Role::kBias);
  t.tail = static_cast<int>(s.OneIn(2) ? s.Between(1, s.lanes(), 0) : s.lanes());
  t.y_column = s.Between(t.tail, t.tail + 5, t.tail);
  t.y_row = columns * t.y_column + s.Between(0, 5, 0);
  t.residual_row = t.y_row;
  t.residual_column = t.y_column;
  const int64_t floats = (t.height - 1) * t.y_row + (columns - 1) * t.y_column + t.tail;
  t.y = s.Output(floats, Role::kInput);
  DrawResidual(s, floats, true, t);
  DrawClamp(s, t);

  const auto output = [&s, t, columns](int64_t row, int64_t column, int64_t lane) {
    const ptrdiff_t at = row * t.y_row + column * t.y_column + lane;
    s.Expected(t.y + at) = Finished(t, Sum(s, columns, t, row, column, lane), at);
  };
  return {.reference =
              [=] {
                for (int64_t row = 0; row < t.height; ++row) {
                  for (int64_t column = 0; column < columns; ++column) {
                    for (int64_t lane = 0; lane < t.tail; ++lane) output(row, column, lane);
                  }
                }
              },
          .kernel = [tile, t] { tile(t); },
          .work = static_cast<double>(kRollingRows * t.kernel_w * t.channels * t.height * columns *
                                      s.lanes())};
}

}  // namespace windrow::test
