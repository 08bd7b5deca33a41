// What the gradients of poolings promise besides their bits.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/pool/gradient_harness.h"
#include "tests/support/expect_throw.h"
#include "tests/support/placed.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

TEST(PoolGradientApi, Examples) {
  const Tensor dy(Shape(1, 1, 2, 2), std::vector<float>{1, 2, 3, 4});
  Tensor dx(Shape(1, 1, 3, 3));
  const AvgPool2d average({.kernel_size = 2, .stride = 1});
  average.Backward(dy, dx);
  EXPECT_TRUE(SameBits(dx, Tensor(dx.shape(), std::vector<float>{0.25f, 0.75f, 0.5f, 1, 2.5f, 1.5f,
                                                                 0.75f, 1.75f, 1})));
  const MaxPool2d max({.kernel_size = 2, .stride = 1});
  const std::vector<int64_t> indices{4, 4, 4, 5};
  max.Backward(dy, ConstIndexView(indices.data(), dy.shape(), Layout::kNchw), dx);
  EXPECT_TRUE(SameBits(dx, Tensor(dx.shape(), std::vector<float>{0, 0, 0, 0, 6, 4, 0, 0, 0})));
  const AdaptiveAvgPool2d global({.output_size = 1});
  const Tensor nine(Shape(1, 1, 1, 1), std::vector<float>{9});
  global.Backward(nine, dx);
  EXPECT_TRUE(SameBits(dx, Tensor(dx.shape(), std::vector<float>(9, 1.0f))));
}

// dx is written whole, and sums begin at +0.
TEST(PoolGradientApi, WritesWhatNoWindowHolds) {
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    for (const std::string& algorithm : PoolBackwardAlgorithms()) {
      const MaxPool2d max({.kernel_size = 1, .stride = 3, .backward = algorithm});
      const AvgPool2d average({.kernel_size = 1, .stride = 3, .backward = algorithm});
      Tensor dy(Shape(2, 3, 2, 2), layout), dx(Shape(2, 3, 5, 6), layout);
      std::fill_n(dy.data(), dy.shape().elements(), -0.0f);
      const PoolOutputs outputs = RunPool(max,
                                          {.reduction = Reduction::kMaxIndices,
                                           .mb = 2,
                                           .c = 3,
                                           .ih = 5,
                                           .iw = 6,
                                           .kernel = 1,
                                           .stride = 3,
                                           .index_layout = Layout::kNchw},
                                          Tensor(dx.shape()));
      const Tensor zeros(dx.shape());
      std::fill_n(dx.data(), dx.shape().elements(), kNaN);
      average.Backward(dy, dx);
      EXPECT_TRUE(SameBits(dx, zeros)) << algorithm;
      std::fill_n(dx.data(), dx.shape().elements(), kNaN);
      max.Backward(dy, ConstIndexView(outputs.indices.data(), dy.shape(), Layout::kNchw), dx);
      EXPECT_TRUE(SameBits(dx, zeros)) << algorithm;
    }
  }
}

TEST(PoolGradientApi, NaNIsCanonical) {
  Tensor dy(Shape(1, 1, 1, 2));
  dy.data()[0] = std::bit_cast<float>(0xFFC12345u);
  dy.data()[1] = 2;
  for (const std::string& algorithm : PoolBackwardAlgorithms()) {
    Tensor dx(Shape(1, 1, 1, 4));
    AvgPool2d({.kernel_size = {1, 2}, .backward = algorithm}).Backward(dy, dx);
    EXPECT_EQ(std::bit_cast<uint32_t>(dx.data()[0]), 0x7FC00000u) << algorithm;
    EXPECT_EQ(std::bit_cast<uint32_t>(dx.data()[1]), 0x7FC00000u) << algorithm;
    EXPECT_EQ(dx.data()[2], 1);
  }
}

// An index of its plane that its window does not hold is no element, and so is -1.
TEST(PoolGradientApi, IndicesBesideTheirWindow) {
  const Tensor dy(Shape(1, 1, 2, 2), std::vector<float>{1, 2, 4, 8});
  for (const std::string& algorithm : PoolBackwardAlgorithms()) {
    for (const Size2 dilation : {Size2(1), Size2(2, 1), Size2(1, 2)}) {
      const MaxPool2d max(
          {.kernel_size = 2, .stride = 2, .dilation = dilation, .backward = algorithm});
      Tensor dx(Shape(1, 1, dilation.h == 2 ? 5 : 4, dilation.w == 2 ? 5 : 4));
      const int64_t w = dx.shape().w();
      // Beside the first tap, below the window, none, and the last tap.
      const std::vector<int64_t> indices{dilation.w == 1 ? 2 : 1, 3 * w + 2, -1,
                                         (2 + dilation.h) * w + 2 + dilation.w};
      max.Backward(dy, ConstIndexView(indices.data(), dy.shape(), Layout::kNchw), dx);
      Tensor expected(dx.shape());
      expected.data()[indices[3]] = 8;
      EXPECT_TRUE(SameBits(dx, expected)) << algorithm << ' ' << dilation.h << 'x' << dilation.w;
    }
  }
}

TEST(PoolGradientApi, EmptyTensorsDoNothing) {
  for (const Shape& shape : {Shape(0, 3, 5, 5), Shape(2, 0, 5, 5)}) {
    const Shape out(shape.n(), shape.c(), 2, 2);
    const PoolBackwardArgs args{.dy = ConstTensorView(nullptr, out, Layout::kNchw),
                                .dx = TensorView(nullptr, shape, Layout::kNchw)};
    const AvgPool2d average({.kernel_size = 2});
    EXPECT_NO_THROW(average.Backward(args));
    EXPECT_NO_THROW((void)average.WorkspaceBytes(args, 2));
    EXPECT_EQ(average.Explain(args).output, shape);
  }
}

TEST(PoolGradientApi, ExplainsItself) {
  const AvgPool2d average({.kernel_size = 3, .stride = 2, .padding = 1});
  const Tensor dy(Shape(1, 16, 10, 10));
  Tensor dx(Shape(1, 16, 20, 20));
  const PoolBackwardArgs args{.dy = dy, .dx = dx};
  const Explanation e = average.Explain(args);
  EXPECT_EQ(e.algorithm, "rows");
  EXPECT_EQ(e.target, average.target());
  EXPECT_EQ(e.output, dx.shape());
  EXPECT_FALSE(e.tile.empty());
  EXPECT_EQ(e.candidates.size(), PoolBackwardAlgorithms().size());
  EXPECT_EQ(PoolBackwardAlgorithms().back(), "reference");
  const AvgPool2d forced({.kernel_size = 3, .stride = 2, .padding = 1, .backward = "reference"});
  EXPECT_EQ(forced.Explain(args).algorithm, "reference");
  EXPECT_EQ(forced.options().backward, "reference");
  EXPECT_TRUE(Throws([] { AvgPool2d({.kernel_size = 3, .backward = "magic"}); },
                     {"\"magic\"", "pooling backward", "rows", "reference"}));
}

// The gradient of a maximum in one flat memory, of which nothing may be written if it is misused.
class PoolGradientMisuse : public testing::Test {
 protected:
  static constexpr int64_t kX = 4 * 5 * 5, kY = 4 * 3 * 3;
  PoolGradientMisuse() {
    args_.dy = ConstTensorView(memory_.data() + kX, kOutput, Layout::kNhwc);
    args_.dx = TensorView(memory_.data(), kInput, Layout::kNhwc);
    args_.indices = ConstIndexView(Indices(), kOutput, Layout::kNhwc);
  }
  int64_t* Indices() { return reinterpret_cast<int64_t*>(memory_.data() + kX + 2 * kY); }
  testing::AssertionResult Rejected(std::initializer_list<std::string> facts) {
    const std::vector<float> before = memory_;
    const testing::AssertionResult result = Throws([&] { max_.Backward(args_); }, facts);
    return SameMemory<float>(memory_, before) ? result
                                              : testing::AssertionFailure() << "memory was written";
  }

  const Shape kInput{1, 4, 5, 5}, kOutput{1, 4, 3, 3};
  const MaxPool2d max_{{.kernel_size = 3, .stride = 2, .padding = 1}};
  std::vector<float> memory_ = std::vector<float>(kX + 6 * kY, 0.0f);
  PoolBackwardArgs args_;
};

TEST_F(PoolGradientMisuse, TheGoodCallIsGood) { EXPECT_NO_THROW(max_.Backward(args_)); }

TEST_F(PoolGradientMisuse, MissingViews) {
  const PoolBackwardArgs good = args_;
  args_.dx = {};
  EXPECT_TRUE(Rejected({"no view dx"}));
  args_ = good, args_.dy = {};
  EXPECT_TRUE(Rejected({"no view dy"}));
  args_ = good, args_.indices = {};
  EXPECT_TRUE(Rejected({"no view of indices", "1x4x3x3"}));
  const AvgPool2d average({.kernel_size = 3, .stride = 2, .padding = 1});
  EXPECT_TRUE(Throws([&] { average.Backward(good); }, {"indices", "an average has none"}));
}

TEST_F(PoolGradientMisuse, Shapes) {
  args_.dy = ConstTensorView(memory_.data() + kX, Shape(1, 4, 3, 2), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"dy has the shape 1x4x3x2", "gives 1x4x3x3"}));
  args_.dy = ConstTensorView(memory_.data() + kX, kOutput, Layout::kNhwc);
  args_.indices = ConstIndexView(Indices(), Shape(1, 4, 3, 2), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"indices have the shape 1x4x3x2", "dy has 1x4x3x3"}));
}

TEST_F(PoolGradientMisuse, Overlaps) {
  const PoolBackwardArgs good = args_;
  args_.dy = ConstTensorView(memory_.data() + kX - 1, kOutput, Layout::kNhwc);
  EXPECT_TRUE(Rejected({"dx overlaps dy"}));
  args_ = good;
  args_.indices =
      ConstIndexView(reinterpret_cast<int64_t*>(memory_.data()), kOutput, Layout::kNhwc);
  EXPECT_TRUE(Rejected({"dx overlaps the indices"}));
  args_ = good;
  args_.dx = TensorView(memory_.data(), kInput, Layout::kNhwc, {100, 1, 20, 3});
  EXPECT_TRUE(Rejected({"elements of dx overlap each other", "1x4x5x5"}));
  args_ = good;
  const auto bytes = std::as_writable_bytes(std::span(memory_));
  args_.workspace = bytes.first(64);
  EXPECT_TRUE(Rejected({"workspace overlaps dx"}));
  args_.workspace = bytes.subspan(4 * kX, 64);
  EXPECT_TRUE(Rejected({"workspace overlaps dy"}));
  args_.workspace = bytes.subspan(4 * (kX + 2 * kY), 64);
  EXPECT_TRUE(Rejected({"workspace overlaps the indices"}));
  std::vector<std::byte> small(16);
  args_ = good, args_.workspace = small;
  EXPECT_TRUE(Rejected({"the workspace has 16 bytes"}));
}

TEST_F(PoolGradientMisuse, IndicesOutsideOfTheirPlane) {
  for (const std::string& algorithm : PoolBackwardAlgorithms()) {
    const MaxPool2d max({.kernel_size = 3, .stride = 2, .padding = 1, .backward = algorithm});
    for (const int64_t wrong : {int64_t{25}, int64_t{-2}, INT64_MAX, INT64_MIN}) {
      Indices()[17] = wrong;
      EXPECT_TRUE(Throws([&] { max.Backward(args_); },
                         {"an index " + std::to_string(wrong), "25 elements"}))
          << algorithm;
    }
    Indices()[17] = 0;
  }
}

}  // namespace
}  // namespace windrow::test
