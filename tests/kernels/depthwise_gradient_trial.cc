// The gradient by weights of depthwise convolution.
#include <algorithm>
#include <vector>

#include "tests/kernels/trials.h"

namespace windrow::test {

using internal::DepthwiseGradientArgs;

Trial DepthwiseGradientTrial(Fixture& s, internal::DepthwiseGradientFn kernel, int taps, int vecs) {
  const int64_t channels = int64_t{vecs} * s.lanes(), columns = s.Between(1, 20, 56);
  DepthwiseGradientArgs t{};
  t.rows = s.Between(0, 4, 8);
  std::vector<int64_t> begin, end;
  for (int k = 0; k < taps; ++k) {
    begin.push_back(s.Between(0, columns, 0));
    end.push_back(s.Between(begin.back(), columns, columns));
  }
  t.begin = s.Input(begin);
  t.end = s.Input(end);
  t.x_tap = s.Between(channels, channels + 3, channels);
  t.x_column = s.Between(1, 3, 1) * t.x_tap;
  t.x_row = columns * t.x_column + s.Between(0, 5, 0);
  const int64_t rows = std::max<int64_t>(t.rows, 1);
  t.x = s.Input((rows - 1) * t.x_row + (columns - 1) * t.x_column + (taps - 1) * t.x_tap + channels,
                Role::kInput);
  t.dy_column = s.Between(channels, channels + 3, channels);
  t.dy_row = columns * t.dy_column + s.Between(0, 5, 0);
  t.dy = s.Input((rows - 1) * t.dy_row + (columns - 1) * t.dy_column + channels, Role::kWeights);
  t.chain_tap = s.Between(channels, channels + 3, channels);
  t.chains = s.Output((taps - 1) * t.chain_tap + channels, Role::kBias);
  s.AllowAnyNaN();

  const auto chain = [&s, t, columns](int64_t k, int64_t lane) {
    float* const to = t.chains + k * t.chain_tap + lane;
    float sum = *to;
    for (int64_t row = 0; row < t.rows; ++row) {
      for (int64_t column = 0; column < columns; ++column) {
        if (column < t.begin[k] || column >= t.end[k]) continue;
        sum = s.MultiplyAdd(t.x[row * t.x_row + column * t.x_column + k * t.x_tap + lane],
                            t.dy[row * t.dy_row + column * t.dy_column + lane], sum);
      }
    }
    s.Expected(to) = sum;
  };
  return {.reference =
              [=] {
                for (int64_t k = 0; k < taps; ++k) {
                  for (int64_t lane = 0; lane < channels; ++lane) chain(k, lane);
                }
              },
          .kernel = [kernel, t] { kernel(t); },
          .work = static_cast<double>(t.rows * columns * taps * channels)};
}

}  // namespace windrow::test
