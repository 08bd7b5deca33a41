// The second part: channels, padding and stride.
#include "tools/examples.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

// count x channels x h x w, values counting up by 1 in each matrix and by `step` from one matrix to
// the next.
std::vector<float> Stacked(int64_t matrices, int64_t size, float step) {
  std::vector<float> values;
  for (int64_t m = 0; m < matrices; ++m) {
    for (int64_t i = 0; i < size; ++i) {
      values.push_back(static_cast<float>(m) * step + static_cast<float>(i));
    }
  }
  return values;
}

Tensor ThreeChannels() {
  return Tensor(Shape(1, 3, 2, 3),
                std::vector<float>{0, 1, 2, 1, 2, 3, 3, 4, 5, 4, 5, 6, 6, 7, 8, 7, 8, 9});
}

std::vector<Check> InputChannels() {
  const Tensor k(Shape(1, 3, 2, 2), Stacked(3, 4, 1));
  return {
      {"three channels of 2x3, K of 3x2x2", Corr2d(ThreeChannels(), k), Matrix(1, 2, {153, 183})}};
}

std::vector<Check> OutputChannels() {
  Conv2dOptions o;
  o.in_channels = o.out_channels = 3;
  o.kernel_size = 2;
  std::vector<float> weights;
  for (int64_t out = 0; out < 3; ++out) {
    for (const float w : Stacked(3, 4, 1)) weights.push_back(w + static_cast<float>(out));
  }
  return {{"the kernels K, K + 1 and K + 2", Conv2d(o, weights).Run(ThreeChannels()),
           Tensor(Shape(1, 3, 1, 2), std::vector<float>{153, 183, 201, 243, 249, 303})}};
}

// A 1x1 convolution is a matrix of weights times a matrix whose columns are pixels.
std::vector<Check> OneByOne() {
  const int64_t in = 3, out = 2, pixels = 9;
  const Tensor x(Shape(1, in, 3, 3), Scattered(in * pixels, 3));
  const std::vector<float> w = Scattered(out * in, 4);
  std::vector<float> product;
  for (int64_t i = 0; i < out; ++i) {
    for (int64_t p = 0; p < pixels; ++p) {
      float sum = 0;
      for (int64_t c = 0; c < in; ++c) {
        sum += w[static_cast<size_t>(i * in + c)] * x.data()[c * pixels + p];
      }
      product.push_back(sum);
    }
  }
  Conv2dOptions o;
  o.in_channels = in;
  o.out_channels = out;
  o.kernel_size = 1;
  o.numerics = Numerics::kPortable;
  return {{"a 2x3 matrix of weights times 3x9 pixels, random values", Conv2d(o, w).Run(x),
           Tensor(Shape(1, out, 3, 3), product)}};
}

// Written out: a sum over the taps inside the picture.
Tensor ByHand(const Tensor& x, const Tensor& k, Size2 padding, Size2 stride, const Shape& shape) {
  Tensor y(shape);
  for (int64_t i = 0; i < shape.h(); ++i) {
    for (int64_t j = 0; j < shape.w(); ++j) {
      for (int64_t a = 0; a < k.shape().h(); ++a) {
        for (int64_t b = 0; b < k.shape().w(); ++b) {
          const int64_t h = i * stride.h - padding.h + a, w = j * stride.w - padding.w + b;
          if (h < 0 || h >= x.shape().h() || w < 0 || w >= x.shape().w()) continue;
          y.at(0, 0, i, j) += x.at(0, 0, h, w) * k.at(0, 0, a, b);
        }
      }
    }
  }
  return y;
}

std::vector<Check> PaddingAndStride() {
  const Tensor x = Matrix(8, 8, Counting(64));
  const auto check = [&x](const char* what, Size2 kernel, Size2 padding, Size2 stride,
                          Size2 output) {
    const Tensor k = Matrix(kernel.h, kernel.w, Counting(kernel.h * kernel.w));
    Conv2dOptions o;
    o.in_channels = o.out_channels = 1;
    o.kernel_size = kernel;
    o.padding = Padding(padding.h, padding.w);
    o.stride = stride;
    return Check{what, Conv2d(o, ValuesOf(k)).Run(x),
                 ByHand(x, k, padding, stride, Shape(1, 1, output.h, output.w))};
  };
  return {
      check("kernel 3, padding 1: 8x8", 3, 1, 1, {8, 8}),
      check("kernel (5, 3), padding (2, 1): 8x8", {5, 3}, {2, 1}, 1, {8, 8}),
      check("kernel 3, padding 1, stride 2: 4x4", 3, 1, 2, {4, 4}),
      check("kernel (3, 5), padding (0, 1), stride (3, 4): 2x2", {3, 5}, {0, 1}, {3, 4}, {2, 2}),
  };
}

constexpr Example kChannelExamples[] = {
    {"E7", "several input channels", InputChannels},
    {"E8", "several output channels", OutputChannels},
    {"E9", "1x1 convolution as matrix multiplication", OneByOne},
    {"E10", "padding and stride, 8x8 input", PaddingAndStride},
};

}  // namespace

std::span<const Example> ChannelExamples() { return kChannelExamples; }

}  // namespace windrow::tool
