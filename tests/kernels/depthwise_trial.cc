// Depthwise blocks.
#include "tests/kernels/epilogue.h"
#include "tests/kernels/trials.h"

namespace windrow::test {

using internal::DepthwiseArgs;

Trial DepthwiseTrial(Fixture& s, internal::DepthwiseFn block, int kernel, int stride, int rows,
                     int columns) {
  const int64_t lanes = s.lanes(), taps = kernel * kernel;
  const int64_t high = (rows - 1) * stride + kernel, wide = (columns - 1) * stride + kernel;
  DepthwiseArgs t{};
  t.channels = lanes * s.Between(1, 3, 4);
  t.offset = s.Between(0, 9, 0);
  const int64_t pitch = s.Between(1, t.channels + 9, t.channels);
  const float* const x = s.Input(t.offset + (high * wide - 1) * pitch + t.channels, Role::kInput);
  std::vector<const float*> pixels;
  for (int64_t i = 0; i < high * wide; ++i) {
    pixels.push_back(x + (s.OneIn(9) ? s.Between(0, i, i) : i) * pitch);
  }
  t.pixels = s.Input(pixels);
  t.weights = s.Input(t.channels * taps, Role::kWeights);
  t.bias = s.Input(t.channels, Role::kBias);
  t.prefetch = s.Between(0, 999, 0);
  t.y_column = s.Between(t.channels, t.channels + 5, t.channels);
  t.y_row = columns * t.y_column + s.Between(0, 5, 0);
  t.residual_row = t.y_row;
  t.residual_column = t.y_column;
  const int64_t floats = (rows - 1) * t.y_row + (columns - 1) * t.y_column + t.channels;
  t.y = s.Output(floats, Role::kInput);
  DrawResidual(s, floats, true, t);
  DrawClamp(s, t);

  const auto output = [&s, t, lanes, taps, kernel, stride, wide](int64_t row, int64_t column,
                                                                 int64_t c) {
    float sum = t.bias[c] + 0.0f;
    for (int64_t kh = 0; kh < kernel; ++kh) {
      for (int64_t kw = 0; kw < kernel; ++kw) {
        const int64_t input = (row * stride + kh) * wide + column * stride + kw;
        const float* const w = t.weights + (c / lanes * taps + kh * kernel + kw) * lanes;
        sum = s.MultiplyAdd(t.pixels[input][t.offset + c], w[c % lanes], sum);
      }
    }
    const ptrdiff_t at = row * t.y_row + column * t.y_column + c;
    s.Expected(t.y + at) = Finished(t, sum, at);
  };
  return {.reference =
              [=] {
                for (int64_t row = 0; row < rows; ++row) {
                  for (int64_t column = 0; column < columns; ++column) {
                    for (int64_t c = 0; c < t.channels; ++c) output(row, column, c);
                  }
                }
              },
          .kernel = [block, t] { block(t); },
          .work = static_cast<double>(rows * columns * taps * t.channels)};
}

}  // namespace windrow::test
