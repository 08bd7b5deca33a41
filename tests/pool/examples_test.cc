// The pooling examples of a deep-learning course's chapter, and PyTorch's answers in corner cases.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "tests/support/numbers.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

// 0 to 15 as 4 x 4.
Tensor X() { return Matrix(4, 4, Range(0, 16)); }

TEST(PoolExamples, TheOneLineFunction) {
  const Tensor x = Matrix(3, 3, Range(0, 9));
  const Tensor max = Pool2d(x, 2);
  EXPECT_EQ(max.shape(), Shape(1, 1, 2, 2));
  EXPECT_EQ(ValuesOf(max), (Numbers{4, 5, 7, 8}));
  EXPECT_EQ(ValuesOf(Pool2d(x, 2, PoolMode::kMax)), (Numbers{4, 5, 7, 8}));
  EXPECT_EQ(ValuesOf(Pool2d(x, 2, PoolMode::kAvg)), (Numbers{2, 3, 5, 6}));
  EXPECT_EQ(ValuesOf(Pool2d(x, {1, 3}, PoolMode::kAvg)), (Numbers{1, 4, 7}));
}

TEST(PoolExamples, TheStrideIsTheWindows) {
  const Tensor y = MaxPool2d({.kernel_size = 3}).Run(X());
  EXPECT_EQ(y.shape(), Shape(1, 1, 1, 1));
  EXPECT_EQ(ValuesOf(y), Numbers{10});
}

TEST(PoolExamples, PaddingAndStride) {
  const MaxPool2d pool({.kernel_size = 3, .stride = 2, .padding = 1});
  EXPECT_EQ(ValuesOf(pool.Run(X())), (Numbers{5, 7, 13, 15}));
  const Tensor y =
      MaxPool2d({.kernel_size = {2, 3}, .stride = {2, 3}, .padding = Padding(1, 1)}).Run(X());
  EXPECT_EQ(y.shape(), Shape(1, 1, 3, 2));
  EXPECT_EQ(ValuesOf(y), (Numbers{1, 3, 9, 11, 13, 15}));
}

TEST(PoolExamples, ChannelsArePooledAlone) {
  Numbers both = Range(0, 16);
  const Numbers more = Range(1, 16);
  both.insert(both.end(), more.begin(), more.end());
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    const Tensor x(Shape(1, 2, 4, 4), both, layout);
    const Tensor y = MaxPool2d({.kernel_size = 3, .stride = 2, .padding = 1}).Run(x);
    EXPECT_EQ(y.shape(), Shape(1, 2, 2, 2));
    EXPECT_EQ(ValuesOf(y), (Numbers{5, 7, 13, 15, 6, 8, 14, 16})) << ToString(layout);
  }
}

TEST(PoolExamples, AveragesCountPaddingOrNot) {
  AvgPool2dOptions o{.kernel_size = 3, .stride = 2, .padding = 1};
  EXPECT_EQ(ValuesOf(AvgPool2d(o).Run(X())), (Numbers{1.1111112f, 2.6666667f, 5.6666665f, 10}));
  o.count_include_pad = false;
  EXPECT_EQ(ValuesOf(AvgPool2d(o).Run(X())), (Numbers{2.5f, 4, 8.5f, 10}));
  o.count_include_pad = true;
  o.ceil_mode = true;
  const Tensor y = AvgPool2d(o).Run(Matrix(4, 4, Range(1, 16)));
  EXPECT_EQ(y.shape(), Shape(1, 1, 3, 3));
  EXPECT_EQ(ValuesOf(y), (Numbers{1.5555556f, 3.3333333f, 2, 6.3333335f, 11, 6, 4.5f, 7.5f, 4}));
}

TEST(PoolExamples, CeilModeLooksPastTheImage) {
  const AvgPool2d pool({.kernel_size = 2, .stride = 3, .ceil_mode = true});
  EXPECT_EQ(ValuesOf(pool.Run(Matrix(7, 7, Range(0, 49)))),
            (Numbers{4, 7, 9.5f, 25, 28, 30.5f, 42.5f, 45.5f, 48}));
  // A fourth window would start on the padding.
  const MaxPool2d max({.kernel_size = 4, .stride = 4, .padding = 2, .ceil_mode = true});
  EXPECT_EQ(max.OutputShape({1, 1, 9, 9}), Shape(1, 1, 3, 3));
}

TEST(PoolExamples, NaNWins) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    const Tensor x(Shape(1, 1, 3, 3), Numbers{nan, 1, 2, 3, 4, nan, 6, 7, 8}, layout);
    Tensor y(Shape(1, 1, 2, 2), layout);
    std::vector<int64_t> indices(4, -7);
    MaxPool2d({.kernel_size = 2, .stride = 1})
        .Run({.x = x, .y = y, .indices = IndexView(indices.data(), y.shape(), layout)});
    EXPECT_EQ(indices, (std::vector<int64_t>{0, 5, 7, 5}));
    const Numbers values = ValuesOf(y);
    for (const size_t i : {size_t{0}, size_t{1}, size_t{3}})
      EXPECT_TRUE(std::isnan(values[i])) << i;
    EXPECT_EQ(values[2], 7);
  }
}

TEST(PoolExamples, AdaptiveWindowsOverlap) {
  const AdaptiveAvgPool2d pool({.output_size = {3, 4}});
  EXPECT_EQ(ValuesOf(pool.Run(Matrix(5, 7, Range(0, 35)))),
            (Numbers{4, 5.5f, 7.5f, 9, 14.5f, 16, 18, 19.5f, 25, 26.5f, 28.5f, 30}));
  const AdaptiveMaxPool2d max({.output_size = {3, 4}});
  EXPECT_EQ(ValuesOf(max.Run(Matrix(5, 7, Range(0, 35)))),
            (Numbers{8, 10, 12, 13, 22, 24, 26, 27, 29, 31, 33, 34}));
}

}  // namespace
}  // namespace windrow::test
