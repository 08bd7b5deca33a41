// Tiles of planes.
#include <algorithm>

#include "tests/kernels/epilogue.h"
#include "tests/kernels/trials.h"

namespace windrow::test {
namespace {

using internal::PlanarArgs;

// Of the taps of a kernel row, anywhere.
void DrawColumns(Fixture& s, PlanarArgs& t) {
  std::vector<ptrdiff_t> columns;
  for (int64_t kw = 0; kw < t.kernel_w; ++kw) columns.push_back(s.Between(0, 9, kw));
  t.columns = s.Input(columns);
}

// Rows of inputs, some of them the same, for so many rows of outputs of some planes.
void DrawRows(Fixture& s, int64_t planes, int64_t rows, int64_t width, PlanarArgs& t) {
  t.column = s.Between(0, 9, 0);
  const ptrdiff_t last = *std::max_element(t.columns, t.columns + t.kernel_w);
  const int64_t count =
      planes * ((rows - 1) * t.row_stride + (t.kernel_h - 1) * t.row_dilation + 1);
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
      sum = s.MultiplyAdd(x[t.columns[kw]], t.weights[kh * t.kernel_w + kw], sum);
    }
  }
  return sum;
}

}  // namespace

Trial PlanarTrial(Fixture& s, internal::PlanarFn tile, PlanarKind kind, int vecs, int rows) {
  const bool apart = kind == PlanarKind::kApart;
  PlanarArgs t{};
  t.row_stride = apart ? s.Between(1, 3, 2) : 1;
  t.row_dilation = apart ? s.Between(1, 3, 1) : 1;
  t.kernel_h = apart ? s.Between(1, 4, 3) : s.Between(rows, rows + 3, rows);
  t.kernel_w = s.Between(1, 5, 5);
  DrawColumns(s, t);
  t.tiles = s.Between(1, 3, 4);
  const int64_t width = t.tiles * vecs * s.lanes();
  DrawRows(s, 1, rows, width, t);
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

// Planes whose tiles may begin inside the one before, or end in the next row or plane, which is
// written after them.
Trial PlanarRollingTrial(Fixture& s, internal::PlanarFn planes, int kernel, int stride, int vecs) {
  PlanarArgs t{};
  t.row_stride = stride;
  t.row_dilation = 1;
  t.kernel_h = t.kernel_w = kernel;
  DrawColumns(s, t);
  t.tiles = s.Between(1, 3, 1);
  t.height = s.Between(1, 9, 14);
  const int64_t tile = vecs * s.lanes();
  t.last = (t.tiles - 1) * tile - (t.tiles > 1 ? s.Between(0, tile - 1, 0) : 0);
  const int64_t width = t.last + tile;
  t.planes.count = s.Between(1, 3, 8);
  DrawRows(s, t.planes.count, t.height, width, t);
  t.planes.rows = (t.height - 1) * stride + kernel;
  t.planes.weights = kernel * kernel + s.Between(0, 9, 0);
  t.planes.bias = s.Between(0, 2, 1);
  t.weights = s.Input((t.planes.count - 1) * t.planes.weights + kernel * kernel, Role::kWeights);
  t.bias = s.Input((t.planes.count - 1) * t.planes.bias + 1, Role::kBias);
  const bool spills = t.tiles == 1 && s.OneIn(2), overlaps = t.last % tile != 0;
  t.y_row = spills ? s.Between(1, width, width) : width + s.Between(0, 9, 0);
  t.planes.y = t.height * t.y_row + s.Between(0, 9, 0);
  t.residual_row = t.y_row;
  t.planes.residual = t.planes.y;
  const int64_t floats = (t.planes.count - 1) * t.planes.y + (t.height - 1) * t.y_row + width;
  t.y = s.Output(floats, Role::kInput);
  if (!spills && !overlaps) DrawResidual(s, floats, true, t);
  DrawClamp(s, t);
  t.ahead = t.bias;  // nobody minds
  t.ahead_row = t.planes.ahead = s.Between(-99, 99, 0);
  const auto of_plane = [t](int64_t plane) {
    PlanarArgs p = t;
    p.rows += plane * t.planes.rows;
    p.weights += plane * t.planes.weights;
    p.bias += plane * t.planes.bias;
    return p;
  };
  return {.reference =
              [&s, t, width, of_plane] {
                for (int64_t plane = 0; plane < t.planes.count; ++plane) {
                  const PlanarArgs p = of_plane(plane);
                  for (int64_t row = 0; row < t.height; ++row) {
                    for (int64_t column = 0; column < width; ++column) {
                      const ptrdiff_t at = plane * t.planes.y + row * t.y_row + column;
                      s.Expected(t.y + at) = Finished(t, Sum(s, p, row, column), at);
                    }
                  }
                }
              },
          .kernel = [planes, t] { planes(t); },
          .work = static_cast<double>(t.planes.count * t.height * width * kernel * kernel)};
}

}  // namespace windrow::test
