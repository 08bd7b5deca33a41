// What copies for pooling: the bits, NaNs' too.
#include <cstring>

#include "tests/kernels/pool_trials.h"

namespace windrow::test {

Trial DeinterleaveTrial(Fixture& s, DeinterleaveFn deinterleave) {
  const int64_t rows = s.Between(1, 4, 16), pairs = s.Between(1, 70, 56);
  const ptrdiff_t from_row = s.Between(1, 2 * pairs + 9, 2 * pairs);
  const ptrdiff_t to_row = pairs + s.Between(0, 9, 0);
  const float* const from = s.Input((rows - 1) * from_row + 2 * pairs, Role::kInput);
  const int64_t floats = (rows - 1) * to_row + pairs;
  float *const even = s.Output<float>(floats), *const odd = s.Output<float>(floats);
  return {.reference =
              [=, &s] {
                for (int64_t i = 0; i < rows * pairs; ++i) {
                  const float* const pair = from + i / pairs * from_row + i % pairs * 2;
                  const ptrdiff_t at = i / pairs * to_row + i % pairs;
                  std::memcpy(&s.Expected(even + at), pair, sizeof(float));
                  std::memcpy(&s.Expected(odd + at), pair + 1, sizeof(float));
                }
              },
          .kernel = [=] { deinterleave(from, from_row, rows, pairs, even, odd, to_row); },
          .work = static_cast<double>(2 * rows * pairs)};
}

Trial TransposeIndicesTrial(Fixture& s, TransposeIndicesFn transpose) {
  const int64_t rows = s.Between(1, 140, 64), columns = s.Between(1, 40, 64);
  const ptrdiff_t from_row = columns + s.Between(0, 9, 0), to_row = rows + s.Between(0, 9, 0);
  std::vector<int32_t> indices(static_cast<size_t>((rows - 1) * from_row + columns));
  for (int32_t& index : indices) index = static_cast<int32_t>(s.Between(0, INT32_MAX, 7));
  const int32_t* const from = s.Input(indices);
  int64_t* const to = s.Output<int64_t>((columns - 1) * to_row + rows);
  return {.reference =
              [=, &s] {
                for (int64_t i = 0; i < rows * columns; ++i) {
                  const int64_t row = i / columns, column = i % columns;
                  s.Expected(to + column * to_row + row) = from[row * from_row + column];
                }
              },
          .kernel = [=] { transpose(from, from_row, rows, columns, to, to_row); },
          .work = static_cast<double>(rows * columns)};
}

}  // namespace windrow::test
