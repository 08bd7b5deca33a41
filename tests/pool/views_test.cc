// Views that no tensor has: rows of x that are one row or overlap, outputs one column wide with any
// pitch. Each in exactly as much memory as it spans, between inaccessible pages.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/conv/variants.h"
#include "tests/pool/variants.h"
#include "tests/support/guarded_buffer.h"
#include "tests/support/mxcsr.h"
#include "windrow/pool2d.h"

namespace windrow::test {
namespace {

struct Call {
  const char* name;
  bool average;
  Size2 kernel, stride;
  Padding padding;
  Shape x, y;
  Layout layout;
  Strides xs, ys;
};

std::vector<Call> Calls() {
  const Layout nchw = Layout::kNchw, nhwc = Layout::kNhwc;
  std::vector<Call> all;
  for (const bool average : {false, true}) {
    all.push_back({"OneColumnWithAPitch",
                   average,
                   3,
                   1,
                   0,
                   Shape(1, 228, 8, 3),
                   Shape(1, 228, 6, 1),
                   nhwc,
                   {5472, 1, 684, 228},
                   {1536, 1, 256, 128}});
    all.push_back({"RowsOverlapInBlocks",
                   average,
                   2,
                   2,
                   0,
                   Shape(1, 1, 8, 400000),
                   Shape(1, 1, 4, 200000),
                   nchw,
                   {0, 0, 25000, 1},
                   {800000, 800000, 200000, 1}});
    all.push_back({"PairsOfRowsOverlap",
                   average,
                   2,
                   2,
                   0,
                   Shape(3, 9, 7, 12),
                   Shape(3, 9, 3, 6),
                   nchw,
                   {756, 84, 3, 1},
                   {162, 18, 6, 1}});
    for (const int64_t row : {0, 1, 4, 20, 23}) {
      all.push_back({"RowsAgain",
                     average,
                     Size2(5, 3),
                     1,
                     Padding(2, 0),
                     Shape(1, 1, 12, 20),
                     Shape(1, 1, 12, 18),
                     nchw,
                     {0, 0, row, 1},
                     {216, 216, 18, 1}});
      all.push_back({"PixelsAgain",
                     average,
                     3,
                     1,
                     1,
                     Shape(2, 5, 6, 7),
                     Shape(2, 5, 6, 7),
                     nhwc,
                     {0, 1, row, row / 4},
                     {210, 1, 35, 5}});
    }
  }
  return all;
}

int64_t SpanOf(const Shape& s, const Strides& st) {
  return 1 + (s.n() - 1) * st.n + (s.c() - 1) * st.c + (s.h() - 1) * st.h + (s.w() - 1) * st.w;
}

AnyPooling Make(const Call& c, const std::string& target, const std::string& algorithm) {
  if (c.average) {
    AvgPool2dOptions o{.kernel_size = c.kernel, .stride = c.stride, .padding = c.padding};
    o.target = target, o.algorithm = algorithm;
    return AvgPool2d(o);
  }
  MaxPool2dOptions o{.kernel_size = c.kernel, .stride = c.stride, .padding = c.padding};
  o.target = target, o.algorithm = algorithm;
  return MaxPool2d(o);
}

class PoolViews : public testing::TestWithParam<std::string> {};

TEST_P(PoolViews, SameBitsAsTheReference) {
  for (const Call& c : Calls()) {
    GuardedBuffer x_memory, y_memory;
    const auto xs = x_memory.Take<float>(SpanOf(c.x, c.xs), Edge::kEnd);
    for (size_t i = 0; i < xs.size(); ++i) xs[i] = static_cast<float>(i * 7919 % 1000) / 16;
    const ConstTensorView x(xs.data(), c.x, c.layout, c.xs);
    Tensor expected(c.y, c.layout);
    Make(c, GetParam(), "reference").Run(x, expected);
    for (const std::string& algorithm : PoolAlgorithmsToTest()) {
      const auto ys = y_memory.Take<float>(SpanOf(c.y, c.ys), Edge::kEnd);
      const TensorView y(ys.data(), c.y, c.layout, c.ys);
      try {
        Make(c, GetParam(), algorithm).Run(x, y);
      } catch (const std::invalid_argument& e) {
        ASSERT_TRUE(IsRefusal(e, algorithm)) << e.what();
        continue;
      }
      EXPECT_TRUE(SameBits(expected, y)) << c.name << " " << algorithm << " row " << c.xs.h;
    }
  }
}

// Sums whose last step is flushed to -0, of windows that lie inside and of those that reach over
// the edge.
TEST_P(PoolViews, FlushedSumsHaveOneSign) {
  if (!kCanFlush) GTEST_SKIP() << "no control of denormals here";
  const ScopedControlBits scoped(kFlushToZero);
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    Tensor x(Shape(1, 16, 6, 20), layout);
    for (int64_t c = 0; c < 16; ++c) {
      for (int64_t h = 0; h < 6; ++h) {
        for (int64_t w = 0; w < 20; ++w) {
          x.at(0, c, h, w) = h % 2 == 0 ? 0x1.8p-126F : -0x1.cp-126F;
        }
      }
    }
    for (const int64_t high : {2, 3, 5}) {
      for (const int64_t pad : {int64_t{0}, high / 2}) {
        AvgPool2dOptions o{.kernel_size = Size2(high, 1), .stride = 1, .padding = Padding(pad, 0)};
        o.target = GetParam();
        o.algorithm = "reference";
        const Tensor expected = AvgPool2d(o).Run(x);
        for (o.algorithm = ""; const std::string& algorithm : PoolAlgorithmsToTest()) {
          o.algorithm = algorithm;
          Tensor y(expected.shape(), layout);
          try {
            AvgPool2d(o).Run(x, y);
          } catch (const std::invalid_argument& e) {
            ASSERT_TRUE(IsRefusal(e, algorithm)) << e.what();
            continue;
          }
          EXPECT_TRUE(SameBits(expected, y)) << algorithm << " " << high << " " << pad;
        }
      }
    }
  }
}

// The same of one tap, whose sum is nothing but additions of 0.
TEST_P(PoolViews, FlushedTapsHaveOneSign) {
  if (!kCanFlush) GTEST_SKIP() << "no control of denormals here";
  const ScopedControlBits scoped(kFlushToZero);
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    for (const int64_t side : {1, 5}) {
      Tensor x(Shape(2, 16, side, side), layout);
      std::fill_n(x.data(), x.shape().elements(), -0x1p-130F);
      AvgPool2dOptions o{.kernel_size = 1};
      o.target = GetParam();
      for (const std::string& algorithm : PoolAlgorithms()) {
        o.algorithm = algorithm;
        Tensor y(x.shape(), layout);
        try {
          AvgPool2d(o).Run(x, y);
        } catch (const std::invalid_argument& e) {
          ASSERT_TRUE(IsRefusal(e, algorithm)) << e.what();
          continue;
        }
        EXPECT_TRUE(SameBits(Tensor(x.shape(), layout), y)) << algorithm << " " << side;
      }
    }
  }
}

// The indices of a maximum; none if the algorithm does not do it.
std::vector<int64_t> IndicesOf(const MaxPool2dOptions& o, const Tensor& x) try {
  const MaxPool2d pooling(o);
  Tensor y(pooling.OutputShape(x.shape()), x.layout());
  std::vector<int64_t> indices(static_cast<size_t>(y.shape().elements()), -7);
  pooling.Run({.x = x, .y = y, .indices = IndexView(indices.data(), y.shape(), x.layout())});
  return indices;
} catch (const std::invalid_argument& e) {
  EXPECT_TRUE(IsRefusal(e, o.algorithm)) << e.what();
  return {};
}

// The index of a maximum of -inf is its first tap's that is not padding, whichever other pixels are
// -inf: all, all but a few, or a few.
TEST_P(PoolViews, MinusInfinityHasTheFirstIndex) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  const auto is_lowest = [](int pattern, int64_t i) {
    return pattern == 0 || (pattern == 1) == (i % 37 != 5);
  };
  MaxPool2dOptions all[] = {{.kernel_size = 3, .stride = 1, .padding = 1},
                            {.kernel_size = 3, .stride = 2, .padding = 1},
                            {.kernel_size = 3, .stride = 3, .padding = 1},
                            {.kernel_size = 2, .stride = 1, .padding = 1},
                            {.kernel_size = 2, .stride = 2, .padding = 0},
                            {.kernel_size = 5, .stride = 1, .padding = 2},
                            {.kernel_size = 3, .stride = 1, .padding = 1, .dilation = Size2(1, 2)}};
  for (int pattern = 0; pattern < 3; ++pattern) {
    for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
      for (const int64_t width : {5, 7, 14, 19, 33, 70}) {
        Tensor x(Shape(2, 5, 13, width), layout);
        for (int64_t i = 0; i < x.shape().elements(); ++i) {
          x.data()[i] = is_lowest(pattern, i) ? kLowest : static_cast<float>(i * 7919 % 1000);
        }
        for (MaxPool2dOptions& o : all) {
          o.target = GetParam();
          o.algorithm = "reference";
          const std::vector<int64_t> expected = IndicesOf(o, x);
          for (const std::string& algorithm : PoolAlgorithmsToTest()) {
            o.algorithm = algorithm;
            const std::vector<int64_t> indices = IndicesOf(o, x);
            EXPECT_TRUE(indices.empty() || indices == expected)
                << algorithm << ' ' << ToString(layout) << " width " << width << " kernel "
                << o.kernel_size.h << " stride " << o.stride.h << " pattern " << pattern;
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PoolViews, testing::ValuesIn(UsableNames()));

}  // namespace
}  // namespace windrow::test
