// Misuse of pooling: every message names the facts that disagree, and nothing has been written.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/pool/problem.h"
#include "tests/support/expect_throw.h"
#include "windrow/pool2d.h"
#include "windrow/tensor.h"

namespace windrow::test {
namespace {

MaxPool2dOptions GoodMax() { return {.kernel_size = 3, .stride = 2, .padding = 1}; }
AvgPool2dOptions GoodAverage() { return {.kernel_size = 3, .stride = 2, .padding = 1}; }

// That no maximum with these options can be built; where an average has them too, nor that.
testing::AssertionResult RejectedMax(const std::function<void(MaxPool2dOptions&)>& spoil,
                                     std::initializer_list<std::string> facts) {
  MaxPool2dOptions o = GoodMax();
  spoil(o);
  return Throws([&] { MaxPool2d{o}; }, facts);
}

testing::AssertionResult RejectedAverage(const std::function<void(AvgPool2dOptions&)>& spoil,
                                         std::initializer_list<std::string> facts) {
  AvgPool2dOptions o = GoodAverage();
  spoil(o);
  return Throws([&] { AvgPool2d{o}; }, facts);
}

#define WINDROW_EXPECT_REJECTED(spoil, ...)                                   \
  EXPECT_TRUE(RejectedMax([](auto& o) { spoil; }, __VA_ARGS__)) << "maximum"; \
  EXPECT_TRUE(RejectedAverage([](auto& o) { spoil; }, __VA_ARGS__)) << "average"

TEST(PoolMisuse, TheGoodOptionsAreGood) {
  EXPECT_NO_THROW(MaxPool2d{GoodMax()});
  EXPECT_NO_THROW(AvgPool2d{GoodAverage()});
  EXPECT_NO_THROW(AdaptiveMaxPool2d({.output_size = 1}));
  EXPECT_NO_THROW(AdaptiveAvgPool2d({.output_size = {AdaptivePool2dOptions::kAsInput, 3}}));
}

TEST(PoolMisuse, OptionsThatMustBeSet) {
  EXPECT_TRUE(Throws([] { MaxPool2d({}); }, {"kernel_size is 0x0", "at least 1"}));
  EXPECT_TRUE(Throws([] { AvgPool2d({}); }, {"kernel_size is 0x0", "at least 1"}));
  EXPECT_TRUE(Throws([] { AdaptiveMaxPool2d({}); }, {"output_size is 0x0", "at least 1"}));
  EXPECT_TRUE(Throws([] { AdaptiveAvgPool2d({}); }, {"output_size is 0x0", "at least 1"}));
}

TEST(PoolMisuse, OptionsOutOfRange) {
  WINDROW_EXPECT_REJECTED(o.kernel_size = Size2(3, -1), {"kernel_size is 3x-1", "at least 1"});
  WINDROW_EXPECT_REJECTED(o.stride = Size2(1, 0), {"stride is 1x0", "at least 1"});
  WINDROW_EXPECT_REJECTED(o.stride = -2, {"stride is -2x-2", "at least 1"});
  WINDROW_EXPECT_REJECTED(o.stride = int64_t{1} << 40, {"1099511627776", "at most"});
  WINDROW_EXPECT_REJECTED(o.kernel_size = int64_t{1} << 40, {"1099511627776", "at most"});
  WINDROW_EXPECT_REJECTED(o.dilation = 0, {"dilation is 0x0", "at least 1"});
  WINDROW_EXPECT_REJECTED(o.dilation = Size2(2, -3), {"dilation is 2x-3"});
  EXPECT_TRUE(RejectedAverage([](auto& o) { o.divisor_override = 0; },
                              {"divisor_override is 0", "cannot be divided"}));
  const auto adaptive = [](Size2 size) {
    return [size] { AdaptiveMaxPool2d({.output_size = size}); };
  };
  EXPECT_TRUE(Throws(adaptive({3, 0}), {"output_size is 3x0", "at least 1", "kAsInput"}));
  EXPECT_TRUE(Throws(adaptive({-2, 3}), {"output_size is -2x3", "at least 1"}));
  EXPECT_TRUE(Throws(adaptive(int64_t{1} << 40), {"1099511627776", "at most"}));
}

TEST(PoolMisuse, PaddingIsAtMostHalfTheKernel) {
  WINDROW_EXPECT_REJECTED(o.padding = 2, {"padding at the top is 2", "kernel's height 3", "half"});
  WINDROW_EXPECT_REJECTED(o.padding = Padding(1, 2), {"at the left is 2", "kernel's width 3"});
  WINDROW_EXPECT_REJECTED(o.padding = Padding(-1), {"top is -1", "negative"});
  WINDROW_EXPECT_REJECTED(o.kernel_size = 1, {"padding at the top is 1", "kernel's height 1"});
  WINDROW_EXPECT_REJECTED((o.padding = 2, o.dilation = 9), {"padding at the top is 2", "half"});
}

TEST(PoolMisuse, PaddingOfEachSideIsLessThanTheWindow) {
  WINDROW_EXPECT_REJECTED(o.padding = Padding::Sides(0, 3, 0, 0), {"bottom is 3", "height", "3"});
  WINDROW_EXPECT_REJECTED(o.padding = Padding::Sides(0, 0, 0, 5), {"right is 5", "width", "3"});
  WINDROW_EXPECT_REJECTED(o.padding = Padding::Sides(0, 0, -1, 0), {"left is -1", "negative"});
  WINDROW_EXPECT_REJECTED((o.padding = Padding::Sides(0, 0, 5, 0), o.dilation = {9, 2}),
                          {"left is 5", "covers, 5"});
  MaxPool2dOptions max = GoodMax();
  AvgPool2dOptions average = GoodAverage();
  max.padding = average.padding = Padding::Sides(2, 2, 4, 4);
  max.dilation = average.dilation = Size2(1, 2);
  EXPECT_EQ(MaxPool2d(max).OutputShape({1, 1, 1, 1}), Shape(1, 1, 2, 3));
  EXPECT_EQ(AvgPool2d(average).OutputShape({1, 1, 1, 1}), Shape(1, 1, 2, 3));
}

TEST(PoolMisuse, UnknownNames) {
  WINDROW_EXPECT_REJECTED(o.algorithm = "magic", {"\"magic\"", "auto", "reference"});
  WINDROW_EXPECT_REJECTED(o.target = "MMX", {"\"MMX\"", "not compiled", "usable: "});
  EXPECT_TRUE(Throws([] { AdaptiveAvgPool2d({.output_size = 1, .algorithm = "magic"}); },
                     {"\"magic\"", "auto", "reference"}));
}

TEST(PoolMisuse, InputThatDoesNotFit) {
  const auto shape = [](const Pooling& pooling, const Shape& s) {
    return [&pooling, s] { (void)pooling.OutputShape(s); };
  };
  const MaxPool2d max({.kernel_size = {3, 4}, .dilation = {2, 1}});
  EXPECT_TRUE(Throws(shape(max, {1, 1, 4, 9}),
                     {"covers 5", "3 with dilation 2", "height is only 4", "padding 0 and 0"}));
  EXPECT_TRUE(Throws(shape(max, {1, 1, 5, 3}), {"covers 4", "width is only 3"}));
  EXPECT_NO_THROW(shape(max, {1, 1, 5, 4})());
  const AvgPool2d average({.kernel_size = 4, .padding = Padding::Sides(1, 0, 2, 2)});
  EXPECT_TRUE(Throws(shape(average, {1, 1, 2, 9}), {"height is only 3", "2 with padding 1 and 0"}));
  const AdaptiveMaxPool2d adaptive({.output_size = 2});
  for (const Pooling& pooling : std::initializer_list<AnyPooling>{max, average, adaptive}) {
    EXPECT_TRUE(Throws(shape(pooling, {1, 3, 0, 8}), {"1x3x0x8", "no pixels"}));
    EXPECT_TRUE(Throws(shape(pooling, {0, 3, 8, 0}), {"0x3x8x0", "no pixels"}));
  }
}

TEST(PoolMisuse, SizesThatOverflow) {
  MaxPool2dOptions o;
  o.kernel_size = o.dilation = int64_t{1} << 31;
  EXPECT_TRUE(Throws<std::length_error>([&] { MaxPool2d{o}; }, {"kernel height times dilation"}));
  const AdaptiveAvgPool2d huge({.output_size = int64_t{1} << 31});
  const Shape x(int64_t{1} << 20, 1, 4, 4);
  EXPECT_TRUE(Throws<std::length_error>([&] { (void)huge.OutputShape(x); }, {"63 bits"}));
  EXPECT_TRUE(
      Throws<std::length_error>([&] { (void)huge.Explain(x, Layout::kNhwc); }, {"63 bits"}));
}

// A call of a good maximum in one flat memory, whose outputs and indices must stay as they are.
class PoolMisuseRun : public testing::Test {
 protected:
  static constexpr int64_t kX = 1 * 4 * 5 * 5, kY = 1 * 4 * 3 * 3;

  PoolMisuseRun() {
    args_.x = ConstTensorView(memory_.data(), Shape(1, 4, 5, 5), Layout::kNhwc);
    args_.y = TensorView(Y(), kOutput, Layout::kNhwc);
    args_.indices = IndexView(Indices(), kOutput, Layout::kNhwc);
  }
  float* Y() { return memory_.data() + kX; }
  // After y in the same memory, aligned as they must be.
  int64_t* Indices() { return reinterpret_cast<int64_t*>(memory_.data() + kX + 2 * kY); }

  testing::AssertionResult Rejected(std::initializer_list<std::string> facts,
                                    const Pooling& pooling = MaxPool2d(GoodMax())) {
    const std::vector<float> before = memory_;
    const testing::AssertionResult result = Throws([&] { pooling.Run(args_); }, facts);
    return memory_ == before ? result : testing::AssertionFailure() << "memory was written";
  }

  const Shape kOutput{1, 4, 3, 3};
  std::vector<float> memory_ = std::vector<float>(kX + 6 * kY, 7.0f);
  PoolArgs args_;
};

TEST_F(PoolMisuseRun, TheGoodCallIsGood) {
  MaxPool2d(GoodMax()).Run(args_);
  EXPECT_EQ(*Y(), 7.0f);
  EXPECT_EQ(*Indices(), 0);
  EXPECT_EQ(Indices()[kY - 1], 18);
}

TEST_F(PoolMisuseRun, MissingViews) {
  const PoolArgs good = args_;
  args_.x = {};
  EXPECT_TRUE(Rejected({"no input view x"}));
  args_ = good;
  args_.y = {};
  EXPECT_TRUE(Rejected({"no output view y"}));
}

TEST_F(PoolMisuseRun, Shapes) {
  args_.y = TensorView(Y(), Shape(1, 4, 3, 2), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"y has the shape 1x4x3x2", "gives 1x4x3x3"}));
  args_.y = TensorView(Y(), Shape(2, 4, 3, 3), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"y has the shape 2x4x3x3", "gives 1x4x3x3"}));
  args_.y = TensorView(Y(), kOutput, Layout::kNhwc);
  args_.indices = IndexView(Indices(), Shape(1, 4, 3, 4), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"indices have the shape 1x4x3x4", "y has 1x4x3x3"}));
}

TEST_F(PoolMisuseRun, Overlap) {
  args_.y = TensorView(memory_.data() + kX - 1, kOutput, Layout::kNhwc);
  EXPECT_TRUE(Rejected({"y overlaps x"}));
  args_.y = TensorView(Y(), kOutput, Layout::kNhwc, {36, 1, 12, 3});
  EXPECT_TRUE(Rejected({"elements of y overlap each other", "w 3", "1x4x3x3"}));
  args_.y = TensorView(Y(), kOutput, Layout::kNhwc);
  args_.indices = IndexView(Indices(), kOutput, Layout::kNhwc, {36, 1, 12, 3});
  EXPECT_TRUE(Rejected({"indices overlap each other", "1x4x3x3"}));
  args_.indices = IndexView(Indices() - kY, kOutput, Layout::kNhwc);
  EXPECT_TRUE(Rejected({"indices overlap y"}));
  args_.indices = IndexView(Indices() - kY / 2 - 1, kOutput, Layout::kNhwc);
  EXPECT_TRUE(Rejected({"indices overlap y"})) << "one element in common";
  args_.indices = IndexView(Indices() - kY - 1, kOutput, Layout::kNhwc);
  EXPECT_TRUE(Rejected({"indices overlap x"})) << "the last two of x";
}

TEST_F(PoolMisuseRun, WorkspaceThatOverlaps) {
  const auto one = [](auto* at) { return std::as_writable_bytes(std::span(at, 1)); };
  args_.workspace = one(memory_.data());
  EXPECT_TRUE(Rejected({"workspace overlaps x"}));
  args_.workspace = one(Y() + kY - 1);
  EXPECT_TRUE(Rejected({"workspace overlaps y"}));
  args_.workspace = one(Indices());
  EXPECT_TRUE(Rejected({"workspace overlaps the indices"}));
}

TEST_F(PoolMisuseRun, AveragesHaveNoIndices) {
  EXPECT_TRUE(Rejected({"view for indices", "average has none"}, AvgPool2d(GoodAverage())));
  EXPECT_TRUE(
      Rejected({"view for indices", "average has none"}, AdaptiveAvgPool2d({.output_size = 3})));
}

TEST_F(PoolMisuseRun, WorkspaceTooSmall) {
  // Some algorithm needs a workspace for this.
  const Shape input(1, 33, 40, 41);
  Tensor x(input), y(MaxPool2d(GoodMax()).OutputShape(input));
  int tried = 0;
  for (const std::string& algorithm : PoolAlgorithms()) {
    MaxPool2dOptions o = GoodMax();
    o.algorithm = algorithm;
    const MaxPool2d pooling(o);
    for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
      PoolArgs args{.x = ConstTensorView(x.data(), input, layout),
                    .y = TensorView(y.data(), y.shape(), layout)};
      size_t bytes = 0;
      try {
        bytes = pooling.WorkspaceBytes(args, 1);
      } catch (const std::invalid_argument&) {  // it refuses
      }
      if (bytes == 0) continue;
      ++tried;
      std::vector<std::byte> workspace(bytes);
      args.workspace = workspace;
      EXPECT_NO_THROW(pooling.Run(args));
      args.workspace = args.workspace.first(bytes - 1);
      std::fill_n(y.data(), y.shape().elements(), 7.0f);
      const std::string has = std::to_string(bytes - 1), needs = std::to_string(bytes);
      EXPECT_TRUE(Throws([&] { pooling.Run(args); }, {has, needs})) << algorithm;
      EXPECT_EQ(std::count(y.data(), y.data() + y.shape().elements(), 7.0f), y.shape().elements());
    }
  }
  if (PoolAlgorithms().size() > 1) {
    EXPECT_GT(tried, 0);
  }
}

TEST_F(PoolMisuseRun, WorkspaceOfNoThreads) {
  const MaxPool2d pooling(GoodMax());
  EXPECT_TRUE(Throws([&] { (void)pooling.WorkspaceBytes(args_, 0); }, {"0 threads", "at least 1"}));
  EXPECT_TRUE(Throws(
      [&] {
        (void)pooling.WorkspaceBytes({1, 4, 5, 5}, Layout::kNhwc, -1);
      },
      {"-1 threads", "at least 1"}));
  args_.y = {};
  EXPECT_TRUE(Throws([&] { (void)pooling.WorkspaceBytes(args_, 1); }, {"no output view y"}));
}

TEST_F(PoolMisuseRun, ForcedAlgorithmThatRefuses) {
  const std::vector<std::string> names = PoolAlgorithms();
  if (std::count(names.begin(), names.end(), "pixels") == 0) GTEST_SKIP();
  MaxPool2dOptions o = GoodMax();
  o.algorithm = "pixels";
  args_.x = ConstTensorView(memory_.data(), Shape(1, 4, 5, 5), Layout::kNchw);
  EXPECT_TRUE(Rejected({"\"pixels\" cannot run this", "channels of x"}, MaxPool2d(o)));
}

TEST(PoolMisuse, TheOneLineFunctionChecksToo) {
  const Tensor x(Shape(1, 1, 3, 3));
  EXPECT_TRUE(Throws([&] { Pool2d(x, 4); }, {"covers 4", "height is only 3"}));
  EXPECT_TRUE(Throws([&] { Pool2d(x, 0, PoolMode::kAvg); }, {"kernel_size is 0x0"}));
}

}  // namespace
}  // namespace windrow::test
