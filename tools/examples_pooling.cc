// The third part: pooling.
#include <limits>

#include "tools/examples.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Moves all values up by `step`.
Tensor Plus(Tensor t, float step) {
  for (int64_t i = 0; i < t.shape().elements(); ++i) t.data()[i] += step;
  return t;
}

// Each maximum's index, as numbers of a matrix.
Tensor IndicesOf(const MaxPool2d& pool, const Tensor& x) {
  auto [y, indices] = pool.RunWithIndices(x);
  for (int64_t i = 0; i < y.shape().elements(); ++i) {
    y.data()[i] = static_cast<float>(indices.data()[i]);
  }
  return y;
}

std::vector<Check> MaximumAndAverage() {
  const Tensor x = Matrix(3, 3, Counting(9));
  return {
      {"maximum of windows of 2x2, stride 1", Pool2d(x, 2), Matrix(2, 2, {4, 5, 7, 8})},
      {"average", Pool2d(x, 2, PoolMode::kAvg), Matrix(2, 2, {2, 3, 5, 6})},
  };
}

std::vector<Check> PoolingPaddingAndStride() {
  const Tensor x = Matrix(4, 4, Counting(16));
  std::vector<float> two = Counting(16);
  for (int i = 0; i < 16; ++i) two.push_back(static_cast<float>(i + 1));
  const MaxPool2d padded({.kernel_size = 3, .stride = 2, .padding = 1});
  return {
      {"window 3, the stride is the window", MaxPool2d({.kernel_size = 3}).Run(x),
       Matrix(1, 1, {10})},
      {"window 3, padding 1, stride 2", padded.Run(x), Matrix(2, 2, {5, 7, 13, 15})},
      {"window (2, 3), padding 1, stride (2, 3)",
       MaxPool2d({.kernel_size = {2, 3}, .stride = {2, 3}, .padding = 1}).Run(x),
       Matrix(3, 2, {1, 3, 9, 11, 13, 15})},
      {"channels X and X + 1, window 3, padding 1, stride 2",
       padded.Run(Tensor(Shape(1, 2, 4, 4), two)),
       Tensor(Shape(1, 2, 2, 2), std::vector<float>{5, 7, 13, 15, 6, 8, 14, 16})},
  };
}

// What divides an average: padding counts, what ceil_mode lets a window reach over it does not.
std::vector<Check> Divisors() {
  const Tensor x = Matrix(4, 4, Counting(16));
  AvgPool2dOptions o{.kernel_size = 3, .stride = 2, .padding = 1};
  AvgPool2dOptions without = o, ceil = o;
  without.count_include_pad = false;
  ceil.ceil_mode = true;
  return {
      {"average of 3x3, padding 1, stride 2", AvgPool2d(o).Run(x),
       Matrix(2, 2, {1.1111112f, 2.6666667f, 5.6666665f, 10})},
      {"count_include_pad = false", AvgPool2d(without).Run(x), Matrix(2, 2, {2.5f, 4, 8.5f, 10})},
      {"X + 1, ceil_mode", AvgPool2d(ceil).Run(Plus(x, 1)),
       Matrix(3, 3, {1.5555556f, 3.3333333f, 2, 6.3333335f, 11, 6, 4.5f, 7.5f, 4})},
      {"0..48 as 7x7, average of 2x2, stride 3, ceil_mode",
       AvgPool2d({.kernel_size = 2, .stride = 3, .ceil_mode = true})
           .Run(Matrix(7, 7, Counting(49))),
       Matrix(3, 3, {4, 7, 9.5f, 25, 28, 30.5f, 42.5f, 45.5f, 48})},
  };
}

std::vector<Check> CornerCases() {
  std::vector<Check> checks = Divisors();
  const Tensor with_nans = Matrix(3, 3, {kNan, 1, 2, 3, 4, kNan, 6, 7, 8});
  const MaxPool2d two({.kernel_size = 2, .stride = 1});
  checks.push_back(
      {"0..80 as 9x9, maximum of 4x4, padding 2, ceil_mode: no window starts past the input",
       MaxPool2d({.kernel_size = 4, .stride = 4, .padding = 2, .ceil_mode = true})
           .Run(Matrix(9, 9, Counting(81))),
       Matrix(3, 3, {10, 14, 17, 46, 50, 53, 73, 77, 80})});
  checks.push_back({"the maximum of a window with a NaN is NaN", two.Run(with_nans),
                    Matrix(2, 2, {kNan, kNan, 7, kNan})});
  checks.push_back({"its index", IndicesOf(two, with_nans), Matrix(2, 2, {0, 5, 7, 5})});
  checks.push_back({"0..34 as 5x7, adaptive average of 3x4",
                    AdaptiveAvgPool2d({.output_size = {3, 4}}).Run(Matrix(5, 7, Counting(35))),
                    Matrix(3, 4, {4, 5.5f, 7.5f, 9, 14.5f, 16, 18, 19.5f, 25, 26.5f, 28.5f, 30})});
  return checks;
}

constexpr Example kPoolingExamples[] = {
    {"E11", "pooling", MaximumAndAverage},
    {"E12", "pooling with padding and stride, 4x4 input", PoolingPaddingAndStride},
    {"E13", "pooling's corner cases, as PyTorch has them", CornerCases},
};

}  // namespace

std::span<const Example> PoolingExamples() { return kPoolingExamples; }

}  // namespace windrow::tool
