// Padding wider than half a window, with the answers of ONNX's and Caffe's own examples.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/pool/variants.h"
#include "windrow/pool2d.h"
#include "windrow/tensor.h"

namespace windrow::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// 1, 2, 3, ... row by row.
Tensor Counted(const Shape& shape, Layout layout) {
  Tensor x(shape, Layout::kNchw);
  for (int64_t i = 0; i < shape.elements(); ++i) x.data()[i] = static_cast<float>(i + 1);
  Tensor in_layout(shape, layout);
  Copy(x, in_layout);
  return in_layout;
}

// A window's taps in one plane of such an x: their sum, their largest, and how many.
struct Taps {
  double sum = 0;
  float max = -kInfinity;
  int64_t count = 0;
};

Taps TapsOf(const Shape& x, int64_t first, int64_t top, int64_t left, Size2 kernel, Size2 step) {
  Taps taps;
  for (int64_t i = 0; i < kernel.h; ++i) {
    for (int64_t j = 0; j < kernel.w; ++j) {
      const int64_t h = top + i * step.h, w = left + j * step.w;
      if (h < 0 || h >= x.h() || w < 0 || w >= x.w()) continue;
      const auto v = static_cast<float>(first + h * x.w() + w + 1);
      taps.sum += static_cast<double>(v);
      taps.max = std::max(taps.max, v);
      ++taps.count;
    }
  }
  return taps;
}

// ONNX's averagepool_2d_pads, averagepool_2d_pads_count_include_pad and maxpool_2d_pads: 3 x 3 with
// two pixels of padding on each side.
TEST(PoolPadding, OfTwoPixelsForThree) {
  const Shape in(1, 3, 28, 28), out(1, 3, 30, 30);
  const Padding pads = Padding::Sides(2, 2, 2, 2);
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    const Tensor x = Counted(in, layout);
    const Tensor max = MaxPool2d({.kernel_size = 3, .stride = 1, .padding = pads}).Run(x);
    AvgPool2dOptions o{.kernel_size = 3, .stride = 1, .padding = pads};
    const Tensor with_pad = AvgPool2d(o).Run(x);
    o.count_include_pad = false;
    const Tensor without = AvgPool2d(o).Run(x);
    ASSERT_EQ(max.shape(), out);
    for (int64_t c = 0; c < 3; ++c) {
      for (int64_t h = 0; h < 30; ++h) {
        for (int64_t w = 0; w < 30; ++w) {
          const Taps taps = TapsOf(in, c * 28 * 28, h - 2, w - 2, 3, 1);
          ASSERT_EQ(max.at(0, c, h, w), taps.max);
          ASSERT_EQ(with_pad.at(0, c, h, w), static_cast<float>(taps.sum) / 9.0f);
          ASSERT_EQ(without.at(0, c, h, w),
                    static_cast<float>(taps.sum) / static_cast<float>(taps.count));
        }
      }
    }
  }
}

// Caffe's GoogLeNet as ONNX has it: pool1/3x3_s2 with pads 0 0 2 2, which stands for ceil_mode.
TEST(PoolPadding, OfGoogLeNet) {
  const Shape in(1, 4, 112, 112), out(1, 4, 56, 56);
  const Padding pads = Padding::Sides(0, 2, 0, 2);
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    const Tensor x = Counted(in, layout);
    const Tensor y = MaxPool2d({.kernel_size = 3, .stride = 2, .padding = pads}).Run(x);
    const Tensor ceil = MaxPool2d({.kernel_size = 3, .stride = 2, .ceil_mode = true}).Run(x);
    ASSERT_EQ(y.shape(), out);
    ASSERT_EQ(ceil.shape(), out);
    for (int64_t i = 0; i < out.elements(); ++i) ASSERT_EQ(y.data()[i], ceil.data()[i]);
    EXPECT_EQ(y.at(0, 0, 55, 55), 112.0f * 112.0f);
  }
}

// ONNX's averagepool_2d_dilations: 2 x 2 with dilation 2 on 4 x 4.
TEST(PoolPadding, AveragesWithDilation) {
  const AvgPool2d pool({.kernel_size = 2, .stride = 1, .ceil_mode = true, .dilation = 2});
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    const Tensor y = pool.Run(Counted(Shape(1, 1, 4, 4), layout));
    ASSERT_EQ(y.shape(), Shape(1, 1, 2, 2));
    EXPECT_EQ(std::vector<float>(y.data(), y.data() + 4), (std::vector<float>{6, 7, 10, 11}));
  }
}

// A window of padding alone, between whose taps the whole image lies, in every algorithm that takes
// it: -inf without an index, and 0 or, where nothing is counted, NaN.
TEST(PoolPadding, WindowsOfPaddingAlone) {
  const Shape in(1, 2, 1, 2), out(1, 2, 1, 4);
  const Padding pads = Padding::Sides(0, 0, 3, 3);
  // Windows at -3, -2, -1 and 0 of two taps, 4 apart: at 1; none; none; at 0.
  constexpr int kWithout[] = {1, 2};
  const uint32_t nan = 0x7FC00000u;
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    const Tensor x = Counted(in, layout);
    for (const std::string& algorithm : PoolAlgorithmsToTest()) {
      try {
        const MaxPool2d max({.kernel_size = {1, 2},
                             .stride = 1,
                             .padding = pads,
                             .dilation = {1, 4},
                             .algorithm = algorithm});
        Tensor y(out, layout);
        std::vector<int64_t> indices(8, 7);
        max.Run({.x = x, .y = y, .indices = IndexView(indices.data(), out, layout)});
        const IndexView at(indices.data(), out, layout);
        for (const int w : kWithout) {
          EXPECT_EQ(y.at(0, 1, 0, w), -kInfinity) << algorithm;
          EXPECT_EQ(at.at(0, 1, 0, w), -1) << algorithm;
        }
        EXPECT_EQ(y.at(0, 1, 0, 0), 4.0f);
        EXPECT_EQ(at.at(0, 1, 0, 0), 1);
      } catch (const std::invalid_argument& e) {
        EXPECT_NE(algorithm, "auto") << e.what();
      }
      AvgPool2dOptions o{.kernel_size = {1, 2}, .stride = 1, .padding = pads, .dilation = {1, 4}};
      o.algorithm = algorithm;
      const auto average = [&] { return AvgPool2d(o).Run(x); };
      try {
        EXPECT_EQ(average().at(0, 1, 0, 0), 2.0f) << algorithm;
        for (const int w : kWithout) EXPECT_EQ(average().at(0, 1, 0, w), 0.0f) << algorithm;
        o.divisor_override = -3;
        for (const int w : kWithout) EXPECT_TRUE(std::signbit(average().at(0, 1, 0, w)));
        o.divisor_override.reset();
        o.count_include_pad = false;
        EXPECT_EQ(average().at(0, 1, 0, 3), 3.0f) << algorithm;
        for (const int w : kWithout) {
          EXPECT_EQ(std::bit_cast<uint32_t>(average().at(0, 1, 0, w)), nan) << algorithm;
        }
      } catch (const std::invalid_argument& e) {
        EXPECT_NE(algorithm, "auto") << e.what();
      }
    }
  }
}

}  // namespace
}  // namespace windrow::test
