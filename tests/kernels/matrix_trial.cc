// Copies and transpositions: the bits, NaNs' too.
#include <cstring>

#include "tests/kernels/trials.h"

namespace windrow::test {
namespace {

// to[row * row_step + column * column_step] = from[row * from_row + column], where to_row is the
// longer step.
Trial MatrixTrial(Fixture& s, MatrixFn kernel, bool transpose) {
  const int64_t rows = s.Between(1, 70, 64), columns = s.Between(1, 70, 64);
  const ptrdiff_t from_row = columns + s.Between(0, 9, 0);
  const int64_t to_rows = transpose ? columns : rows, to_columns = transpose ? rows : columns;
  const ptrdiff_t to_row = to_columns + s.Between(0, 9, 0);
  const float* const from = s.Input((rows - 1) * from_row + columns, Role::kInput);
  float* const to = s.Output<float>((to_rows - 1) * to_row + to_columns);
  return {.reference =
              [=, &s] {
                for (int64_t row = 0; row < rows; ++row) {
                  for (int64_t column = 0; column < columns; ++column) {
                    const ptrdiff_t at = transpose ? column * to_row + row : row * to_row + column;
                    std::memcpy(&s.Expected(to + at), from + row * from_row + column,
                                sizeof(float));
                  }
                }
              },
          .kernel = [=] { kernel(from, from_row, rows, columns, to, to_row); },
          .work = static_cast<double>(rows * columns)};
}

}  // namespace

Trial CopyTrial(Fixture& s, MatrixFn copy) { return MatrixTrial(s, copy, false); }
Trial TransposeTrial(Fixture& s, MatrixFn transpose) { return MatrixTrial(s, transpose, true); }

}  // namespace windrow::test
