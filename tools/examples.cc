// The first part: cross-correlation with one channel.
#include "tools/examples.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>

#include "windrow/windrow.h"

namespace windrow::tool {

bool Check::ok() const {
  if (computed.shape() != expected.shape()) return false;
  const std::span<const float> a = ValuesOf(computed), b = ValuesOf(expected);
  if (tolerance == 0) return std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
  return std::equal(a.begin(), a.end(), b.begin(),
                    [&](double x, double y) { return std::abs(x - y) <= tolerance * std::abs(y); });
}

Tensor Matrix(int64_t h, int64_t w, std::span<const float> values) {
  return Tensor(Shape(1, 1, h, w), values);
}

Tensor Matrix(int64_t h, int64_t w, std::initializer_list<float> values) {
  return Matrix(h, w, std::span<const float>(values.begin(), values.size()));
}

Tensor Transposed(const Tensor& matrix) {
  const Shape& s = matrix.shape();
  Tensor t(Shape(1, 1, s.w(), s.h()));
  for (int64_t i = 0; i < s.w(); ++i) {
    for (int64_t j = 0; j < s.h(); ++j) t.at(0, 0, i, j) = matrix.at(0, 0, j, i);
  }
  return t;
}

std::span<const float> ValuesOf(const Tensor& t) {
  return {t.data(), static_cast<size_t>(t.shape().elements())};
}

std::vector<float> Counting(int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

std::vector<float> Scattered(int64_t count, uint32_t seed) {
  std::vector<float> values(static_cast<size_t>(count));
  for (float& v : values) {
    seed = seed * 1664525u + 1013904223u;  // the constants of Numerical Recipes
    v = static_cast<float>(static_cast<int32_t>(seed >> 8) - (1 << 23)) * 0x1p-23f;
  }
  return values;
}

namespace {

// h x w: bands of ones outside columns 2..5.
Tensor Stripes() {
  Tensor x = Matrix(6, 8, std::vector<float>(48, 1.0f));
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t j = 2; j < 6; ++j) x.at(0, 0, i, j) = 0;
  }
  return x;
}

Tensor RowsOf(int64_t h, std::initializer_list<float> row) {
  std::vector<float> values;
  for (int64_t i = 0; i < h; ++i) values.insert(values.end(), row);
  return Matrix(h, static_cast<int64_t>(row.size()), values);
}

// A matrix of `rest` with `diagonal` on the diagonal and `below` just below it.
Tensor Diagonal(int64_t h, int64_t w, float diagonal, float below, float rest) {
  Tensor x(Shape(1, 1, h, w));
  for (int64_t i = 0; i < h; ++i) {
    for (int64_t j = 0; j < w; ++j) {
      x.at(0, 0, i, j) = i == j ? diagonal : i == j + 1 ? below : rest;
    }
  }
  return x;
}

// The layer of the chapter, written by its reader: a kernel and a bias.
class LearnersConv2D {
 public:
  LearnersConv2D(const Tensor& weight, float bias) : weight_(weight), bias_(bias) {}
  Tensor Forward(const Tensor& x) const {
    Tensor y = Corr2d(x, weight_);
    for (int64_t i = 0; i < y.shape().elements(); ++i) y.data()[i] += bias_;
    return y;
  }

 private:
  Tensor weight_;
  float bias_;
};

Conv2dOptions OneChannel(Size2 kernel) {
  Conv2dOptions o;
  o.in_channels = o.out_channels = 1;
  o.kernel_size = kernel;
  return o;
}

std::vector<Check> CrossCorrelation() {
  const Tensor x = Matrix(3, 3, Counting(9)), k = Matrix(2, 2, Counting(4));
  return {{"corr2d(0..8 as 3x3, 0..3 as 2x2)", Corr2d(x, k), Matrix(2, 2, {19, 25, 37, 43})}};
}

std::vector<Check> Edges() {
  const Tensor x = Stripes(), k = Matrix(1, 2, {1, -1});
  return {
      {"a dark band, K = [1 -1]", Corr2d(x, k), RowsOf(6, {0, 1, 0, 0, 0, -1, 0})},
      {"K = [-1 1]", Corr2d(x, Matrix(1, 2, {-1, 1})), RowsOf(6, {0, -1, 0, 0, 0, 1, 0})},
      {"the band lying down, K = [1 -1]", Corr2d(Transposed(x), k), RowsOf(8, {0, 0, 0, 0, 0})},
  };
}

std::vector<Check> DiagonalEdges() {
  const Tensor x = Diagonal(8, 8, 1, 0, 0), k = Matrix(1, 2, {1, -1});
  const Tensor expected = Diagonal(8, 7, 1, -1, 0);
  return {
      {"the identity, K = [1 -1]", Corr2d(x, k), expected},
      {"transposed, K = [1 -1]", Corr2d(Transposed(x), k), expected},
      {"K transposed", Corr2d(x, Transposed(k)), Transposed(expected)},
      {"ones with a diagonal of zeros", Corr2d(Diagonal(8, 8, 0, 1, 1), k),
       Diagonal(8, 7, -1, 1, 0)},
  };
}

std::vector<Check> Layer() {
  const Tensor x = Matrix(3, 3, Counting(9)), k = Matrix(2, 2, Counting(4));
  const Tensor expected = Matrix(2, 2, {19.5, 25.5, 37.5, 43.5});
  const float bias[] = {0.5};
  return {
      {"corr2d(X, K) + 0.5, in a class of one's own", LearnersConv2D(k, 0.5).Forward(x), expected},
      {"Conv2d with the bias 0.5", Conv2d(OneChannel({2, 2}), ValuesOf(k), bias).Run(x), expected},
  };
}

// im2col: each window is a row of a matrix, the kernel a column vector. Both multiply, round and
// add in the same order, so they agree to the bit.
std::vector<Check> MatrixMultiplication() {
  const Tensor x = Matrix(4, 4, Scattered(16, 1)), k = Matrix(2, 2, Scattered(4, 2));
  std::array<std::array<float, 4>, 9> windows{};
  for (int64_t i = 0; i < 9; ++i) {
    for (int64_t j = 0; j < 4; ++j) {
      windows[static_cast<size_t>(i)][static_cast<size_t>(j)] =
          x.at(0, 0, i / 3 + j / 2, i % 3 + j % 2);
    }
  }
  std::vector<float> product;
  for (const auto& window : windows) {
    float sum = 0;
    for (size_t j = 0; j < 4; ++j) sum += window[j] * ValuesOf(k)[j];
    product.push_back(sum);
  }
  Conv2dOptions o = OneChannel({2, 2});
  o.numerics = Numerics::kPortable;
  return {{"a 9x4 matrix of windows times the kernel, random values", Conv2d(o, ValuesOf(k)).Run(x),
           Matrix(3, 3, product)}};
}

std::vector<Check> HandMadeKernels() {
  Tensor spot(Shape(1, 1, 5, 5)), step(Shape(1, 1, 4, 6));
  spot.at(0, 0, 2, 2) = 16;
  for (int64_t i = 0; i < 4; ++i) {
    for (int64_t j = 3; j < 6; ++j) step.at(0, 0, i, j) = 1;
  }
  const Tensor sobel = Matrix(3, 3, {-1, 0, 1, -2, 0, 2, -1, 0, 1});
  const float sixteenth = 0x1p-4f;
  std::vector<float> blur = {1, 2, 1, 2, 4, 2, 1, 2, 1};
  for (float& w : blur) w *= sixteenth;
  return {
      {"Laplacian of a spot", Corr2d(spot, Matrix(3, 3, {0, 1, 0, 1, -4, 1, 0, 1, 0})),
       Matrix(3, 3, {0, 16, 0, 16, -64, 16, 0, 16, 0})},
      {"blur of a spot", Corr2d(spot, Matrix(3, 3, blur)),
       Matrix(3, 3, {1, 2, 1, 2, 4, 2, 1, 2, 1})},
      {"Sobel across an edge", Corr2d(step, sobel), RowsOf(2, {0, 4, 4, 0})},
      {"Sobel along it", Corr2d(step, Transposed(sobel)), RowsOf(2, {0, 0, 0, 0})},
      {"first difference of squares, K = [-1 1]",
       Corr2d(Matrix(1, 6, {0, 1, 4, 9, 16, 25}), Matrix(1, 2, {-1, 1})),
       Matrix(1, 5, {1, 3, 5, 7, 9})},
      {"second, a kernel of 3: K = [1 -2 1]",
       Corr2d(Matrix(1, 6, {0, 1, 4, 9, 16, 25}), Matrix(1, 3, {1, -2, 1})),
       Matrix(1, 4, {2, 2, 2, 2})},
      {"third difference of cubes, a kernel of 4: K = [-1 3 -3 1]",
       Corr2d(Matrix(1, 6, {0, 1, 8, 27, 64, 125}), Matrix(1, 4, {-1, 3, -3, 1})),
       Matrix(1, 3, {6, 6, 6})},
  };
}

constexpr Example kExamples[] = {
    {"E1", "cross-correlation", CrossCorrelation},
    {"E2", "edges", Edges},
    {"E3", "diagonal edges", DiagonalEdges},
    {"E4", "a layer: kernel and bias", Layer},
    {"E5", "convolution as matrix multiplication", MatrixMultiplication},
    {"E6", "kernels made by hand", HandMadeKernels},
};

}  // namespace

std::span<const Example> CorrelationExamples() { return kExamples; }

std::vector<Example> Examples() {
  std::vector<Example> all;
  for (const auto part :
       {CorrelationExamples(), ChannelExamples(), PoolingExamples(), LearningExamples()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace windrow::tool
