// The examples of a deep-learning course's chapter on convolution, through the public API.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "tests/support/numbers.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

Tensor Transposed(const Tensor& t) {
  const Shape& s = t.shape();
  Tensor result(Shape(s.n(), s.c(), s.w(), s.h()));
  for (int64_t h = 0; h < s.h(); ++h) {
    for (int64_t w = 0; w < s.w(); ++w) result.at(0, 0, w, h) = t.at(0, 0, h, w);
  }
  return result;
}

TEST(Examples, CrossCorrelation) {
  const Tensor y = Corr2d(Matrix(3, 3, Range(0, 9)), Matrix(2, 2, Range(0, 4)));
  EXPECT_EQ(y.shape(), Shape(1, 1, 2, 2));
  EXPECT_EQ(ValuesOf(y), (Numbers{19, 25, 37, 43}));
}

// White with a black band in columns 2 to 5.
Tensor Band() {
  Tensor x(Shape(1, 1, 6, 8));
  for (int64_t h = 0; h < 6; ++h) {
    for (int64_t w = 0; w < 8; ++w) x.at(0, 0, h, w) = w < 2 || w > 5 ? 1.0f : 0.0f;
  }
  return x;
}

TEST(Examples, VerticalEdges) {
  const Tensor x = Band(), k = Matrix(1, 2, {1, -1}), minus_k = Matrix(1, 2, {-1, 1});
  Numbers edges, opposite;
  for (int row = 0; row < 6; ++row) {
    edges.insert(edges.end(), {0, 1, 0, 0, 0, -1, 0});
    opposite.insert(opposite.end(), {0, -1, 0, 0, 0, 1, 0});
  }
  EXPECT_EQ(ValuesOf(Corr2d(x, k)), edges);
  EXPECT_EQ(ValuesOf(Corr2d(x, minus_k)), opposite);
  const Tensor none = Corr2d(Transposed(x), k);
  EXPECT_EQ(none.shape(), Shape(1, 1, 8, 5));
  EXPECT_EQ(ValuesOf(none), Numbers(40, 0.0f));
}

TEST(Examples, Diagonal) {
  Tensor eye(Shape(1, 1, 8, 8)), zeros_on_diagonal(Shape(1, 1, 8, 8));
  Tensor expected(Shape(1, 1, 8, 7)), negated(Shape(1, 1, 8, 7));
  for (int64_t h = 0; h < 8; ++h) {
    for (int64_t w = 0; w < 8; ++w) {
      eye.at(0, 0, h, w) = h == w ? 1.0f : 0.0f;
      zeros_on_diagonal.at(0, 0, h, w) = h == w ? 0.0f : 1.0f;
      if (w == 7) continue;
      const float value = h == w ? 1.0f : h == w + 1 ? -1.0f : 0.0f;
      expected.at(0, 0, h, w) = value;
      negated.at(0, 0, h, w) = -value;
    }
  }
  const Tensor k = Matrix(1, 2, {1, -1});
  EXPECT_EQ(ValuesOf(Corr2d(eye, k)), ValuesOf(expected));
  EXPECT_EQ(ValuesOf(Corr2d(zeros_on_diagonal, k)), ValuesOf(negated));
  EXPECT_EQ(ValuesOf(Corr2d(Transposed(eye), k)), ValuesOf(expected));
  EXPECT_EQ(ValuesOf(Corr2d(eye, Transposed(k))), ValuesOf(Transposed(expected)));
}

TEST(Examples, TheLayerAddsItsBias) {
  Conv2dOptions o;
  o.in_channels = o.out_channels = 1;
  o.kernel_size = 2;
  const Conv2d layer(o, Range(0, 4), Numbers{0.5f});
  EXPECT_EQ(ValuesOf(layer.Run(Matrix(3, 3, Range(0, 9)))), (Numbers{19.5f, 25.5f, 37.5f, 43.5f}));
}

// Three channels, each 2 x 3, rising by one to the right and downwards.
Tensor ThreeChannels() {
  return Tensor(Shape(1, 3, 2, 3), Numbers{0, 1, 2, 1, 2, 3, 3, 4, 5, 4, 5, 6, 6, 7, 8, 7, 8, 9});
}

const Numbers kThreeChannelFilter{0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5};

TEST(Examples, InputChannelsAreSummed) {
  const Tensor y = Corr2d(ThreeChannels(), Tensor(Shape(1, 3, 2, 2), kThreeChannelFilter));
  EXPECT_EQ(y.shape(), Shape(1, 1, 1, 2));
  EXPECT_EQ(ValuesOf(y), (Numbers{153, 183}));
}

TEST(Examples, OutputChannelsEachHaveAFilter) {
  Conv2dOptions o;
  o.in_channels = o.out_channels = 3;
  o.kernel_size = 2;
  Numbers filters;
  for (const float more : {0.0f, 1.0f, 2.0f}) {
    for (const float w : kThreeChannelFilter) filters.push_back(w + more);
  }
  const Tensor y = Conv2d(o, filters).Run(ThreeChannels());
  EXPECT_EQ(y.shape(), Shape(1, 3, 1, 2));
  EXPECT_EQ(ValuesOf(y), (Numbers{153, 183, 201, 243, 249, 303}));
}

TEST(Examples, PaddingAndStride) {
  struct Case {
    Size2 kernel;
    Padding padding;
    Size2 stride;
    Shape output;
  };
  const Case cases[] = {{3, 1, 1, {1, 1, 8, 8}},
                        {{5, 3}, {2, 1}, 1, {1, 1, 8, 8}},
                        {3, 1, 2, {1, 1, 4, 4}},
                        {{3, 5}, {0, 1}, {3, 4}, {1, 1, 2, 2}}};
  for (const Case& c : cases) {
    Conv2dOptions o;
    o.in_channels = o.out_channels = 1;
    o.kernel_size = c.kernel;
    o.padding = c.padding;
    o.stride = c.stride;
    // Of ones, each output counts the pixels of the image under the kernel.
    const Conv2d conv(o, Numbers(static_cast<size_t>(c.kernel.h * c.kernel.w), 1.0f));
    const Tensor y = conv.Run(Matrix(8, 8, Numbers(64, 1.0f)));
    ASSERT_EQ(y.shape(), c.output);
    const auto inside = [](int64_t first, int64_t taps) {
      return std::min<int64_t>(first + taps, 8) - std::max<int64_t>(first, 0);
    };
    for (int64_t h = 0; h < y.shape().h(); ++h) {
      for (int64_t w = 0; w < y.shape().w(); ++w) {
        const int64_t pixels = inside(h * c.stride.h - c.padding.top(), c.kernel.h) *
                               inside(w * c.stride.w - c.padding.left(), c.kernel.w);
        EXPECT_EQ(y.at(0, 0, h, w), static_cast<float>(pixels));
      }
    }
  }
}

}  // namespace
}  // namespace windrow::test
