// Tiles of planes.
#include "tests/kernels/epilogue.h"
#include "tests/kernels/trials.h"

namespace windrow::test {
namespace {

using internal::PlanarArgs;

ptrdiff_t Column(const PlanarArgs& t, int64_t kw) {
  return t.columns == nullptr ? kw : t.columns[kw];
}

// Rows of inputs, some of them the same, for so many rows of outputs.
void DrawRows(Fixture& s, int rows, int64_t width, PlanarArgs& t) {
  t.column = s.Between(0, 9, 0);
  ptrdiff_t last = 0;
  for (int64_t kw = 0; kw < t.kernel_w; ++kw) last = std::max(last, Column(t, kw));
  const int64_t count = (rows - 1) * t.row_stride + (t.kernel_h - 1) * t.row_dilation + 1;
  const int64_t pitch = t.column + last + width;
  const float* const x = s.Input(count * pitch, Role::kInput);
  std::vector<const float*> pointers;
  for (int64_t i = 0; i < count; ++i) pointers.push_back(x + (s.OneIn(9) ? 0 : i) * pitch);
  t.rows = s.Input(pointers);
}

float Sum(const Fixture& s, const PlanarArgs& t, int64_t row, int64_t column) {
  float sum = *t.bias + 0.0f;
  for (int64_t kh = 0; kh < t.kernel_h; ++kh) {
    const float* const x = t.rows[row * t.row_stride + kh * t.row_dilation] + t.column + column;
    for (int64_t kw = 0; kw < t.kernel_w; ++kw) {
      sum = s.MultiplyAdd(x[Column(t, kw)], t.weights[kh * t.kernel_w + kw], sum);
    }
  }
  return sum;
}

}  // namespace

Trial PlanarTrial(Fixture& s, internal::PlanarFn tile, PlanarKind kind, int vecs, int rows) {
  const bool apart = kind == PlanarKind::kApart, is_3x3 = kind == PlanarKind::k3x3;
  PlanarArgs t{};
  t.row_stride = apart ? s.Between(1, 3, 2) : 1;
  t.row_dilation = apart ? s.Between(1, 3, 1) : 1;
  t.kernel_h = is_3x3 ? 3 : apart ? s.Between(1, 4, 3) : s.Between(rows, rows + 3, rows);
  t.kernel_w = is_3x3 ? 3 : s.Between(1, 5, 5);
  if (!is_3x3) {
    std::vector<ptrdiff_t> columns;
    for (int64_t kw = 0; kw < t.kernel_w; ++kw) columns.push_back(s.Between(0, 9, kw));
    t.columns = s.Input(columns);
  }
  t.tiles = s.Between(1, 3, 4);
  const int64_t width = t.tiles * vecs * s.lanes();
  DrawRows(s, rows, width, t);
  t.weights = s.Input(t.kernel_h * t.kernel_w, Role::kWeights);
  t.bias = s.Input(1, Role::kBias);
  t.y_row = width + s.Between(0, 9, 0);
  t.residual_row = t.y_row;
  const int64_t floats = (rows - 1) * t.y_row + width;
  t.y = s.Output(floats, Role::kInput);
  DrawResidual(s, floats, true, t);
  DrawClamp(s, t);
  return {.reference =
              [&s, t, rows, width] {
                for (int64_t row = 0; row < rows; ++row) {
                  for (int64_t column = 0; column < width; ++column) {
                    const ptrdiff_t at = row * t.y_row + column;
                    s.Expected(t.y + at) = Finished(t, Sum(s, t, row, column), at);
                  }
                }
              },
          .kernel = [tile, t] { tile(t); },
          .work = static_cast<double>(rows * width * t.kernel_h * t.kernel_w)};
}

}  // namespace windrow::test
