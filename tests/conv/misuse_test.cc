// Misuse of Conv2d: every message names the facts that disagree, and nothing has been written.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/expect_throw.h"
#include "windrow/conv2d.h"
#include "windrow/tensor.h"

namespace windrow::test {
namespace {

Conv2dOptions Good() {
  Conv2dOptions o;
  o.in_channels = 4;
  o.out_channels = 6;
  o.kernel_size = 3;
  return o;
}

const std::vector<float>& Ones() {
  static const std::vector<float> ones(1000, 1.0f);
  return ones;
}

std::span<const float> Some(size_t count) { return std::span(Ones()).first(count); }

// That a Conv2d with these options cannot be built.
testing::AssertionResult Rejected(const std::function<void(Conv2dOptions&)>& spoil,
                                  std::initializer_list<std::string> facts, size_t weights = 216) {
  Conv2dOptions o = Good();
  spoil(o);
  return Throws([&] { Conv2d(o, Some(weights)); }, facts);
}

TEST(ConvMisuse, TheGoodOptionsAreGood) { EXPECT_NO_THROW(Conv2d(Good(), Some(216), Some(6))); }

TEST(ConvMisuse, OptionsThatMustBeSet) {
  EXPECT_TRUE(Rejected([](auto& o) { o.in_channels = 0; }, {"in_channels is 0", "at least 1"}));
  EXPECT_TRUE(Rejected([](auto& o) { o.out_channels = 0; }, {"out_channels is 0", "at least 1"}));
  EXPECT_TRUE(Rejected([](auto& o) { o.kernel_size = 0; }, {"kernel_size is 0x0", "at least 1"}));
  EXPECT_TRUE(Throws([] { Conv2d(Conv2dOptions(), {}); }, {"in_channels is 0"}));
}

TEST(ConvMisuse, OptionsOutOfRange) {
  EXPECT_TRUE(Rejected([](auto& o) { o.in_channels = -4; }, {"in_channels is -4"}));
  EXPECT_TRUE(Rejected([](auto& o) { o.kernel_size = {3, -1}; }, {"kernel_size is 3x-1"}));
  EXPECT_TRUE(Rejected([](auto& o) { o.stride = {1, 0}; }, {"stride is 1x0", "at least 1"}));
  EXPECT_TRUE(Rejected([](auto& o) { o.dilation = 0; }, {"dilation is 0x0", "at least 1"}));
  EXPECT_TRUE(Rejected([](auto& o) { o.groups = 0; }, {"groups is 0", "at least 1"}));
  EXPECT_TRUE(Rejected([](auto& o) { o.padding = -1; }, {"padding", "-1"}));
  EXPECT_TRUE(Rejected([](auto& o) { o.padding = Padding::Sides(0, 0, 0, -2); }, {"-2"}));
  EXPECT_TRUE(Rejected([](auto& o) { o.stride = int64_t{1} << 40; }, {"1099511627776", "at most"}));
}

TEST(ConvMisuse, GroupsMustDivideChannels) {
  EXPECT_TRUE(
      Rejected([](auto& o) { o.groups = 3; }, {"in_channels 4", "not divisible by groups 3"}));
  EXPECT_TRUE(
      Rejected([](auto& o) { o.groups = 4; }, {"out_channels 6", "not divisible by groups 4"}));
}

TEST(ConvMisuse, ClampMustBeARange) {
  EXPECT_TRUE(Rejected([](auto& o) { o.epilogue = {.clamp_min = 2.0f, .clamp_max = 1.0f}; },
                       {"clamp_min 2", "clamp_max 1"}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(Rejected([&](auto& o) { o.epilogue.clamp_min = nan; }, {"clamp_min nan"}));
  EXPECT_TRUE(Rejected([&](auto& o) { o.epilogue.clamp_max = nan; }, {"clamp_max nan"}));
}

TEST(ConvMisuse, NumberOfWeightsAndBiases) {
  EXPECT_TRUE(Rejected([](auto&) {}, {"215 weights", "expects 216", "6x4x3x3"}, 215));
  EXPECT_TRUE(Rejected([](auto& o) { o.groups = 2; }, {"216 weights", "expects 108", "6x2x3x3"}));
  EXPECT_TRUE(Throws([] { Conv2d(Good(), Some(216), Some(4)); }, {"4 biases", "6 output"}));
  Conv2d conv(Good(), Some(216));
  EXPECT_TRUE(Throws([&] { conv.SetWeights(Some(1)); }, {"1 weights", "expects 216"}));
  EXPECT_TRUE(Throws([&] { conv.SetWeights(Some(216), Some(7)); }, {"7 biases", "6 output"}));
}

TEST(ConvMisuse, UnknownNames) {
  EXPECT_TRUE(Rejected([](auto& o) { o.algorithm = "magic"; }, {"\"magic\"", "auto", "reference"}));
  EXPECT_TRUE(Rejected([](auto& o) { o.target = "MMX"; }, {"\"MMX\"", "not compiled", "usable: "}));
}

TEST(ConvMisuse, InputThatDoesNotFit) {
  const Conv2d conv(Good(), Some(216));
  const auto shape = [&](const Shape& s) { return [&conv, s] { (void)conv.OutputShape(s); }; };
  EXPECT_TRUE(Throws(shape({1, 3, 8, 8}), {"1x3x8x8", "3 channels", "the convolution expects 4"}));
  EXPECT_TRUE(Throws(shape({1, 4, 2, 8}), {"kernel covers 3", "height is only 2"}));
  EXPECT_TRUE(Throws(shape({1, 4, 8, 2}), {"kernel covers 3", "width is only 2"}));
  EXPECT_TRUE(Throws(shape({1, 4, 0, 8}), {"height is 0", "at least 1"}));
  Conv2dOptions o = Good();
  o.dilation = 4;
  o.padding = Padding(1);
  EXPECT_TRUE(Throws(
      [&] {
        (void)Conv2d(o, Some(216)).OutputShape({1, 4, 6, 9});
      },
      {"covers 9", "3 with dilation 4", "only 8", "6 with padding 1 and 1"}));
}

TEST(ConvMisuse, PaddingModeNeedsPixels) {
  Conv2dOptions o = Good();
  o.padding = Padding(3);
  o.padding_mode = PaddingMode::kReflect;
  const auto run = [&](int64_t h, int64_t w) {
    return [&o, h, w] { (void)Conv2d(o, Some(216)).OutputShape({1, 4, h, w}); };
  };
  EXPECT_TRUE(Throws(run(3, 9), {"reflect padding of 3", "less than", "height of 3"}));
  EXPECT_TRUE(Throws(run(9, 2), {"reflect padding of 3", "less than", "width of 2"}));
  EXPECT_NO_THROW(run(4, 4)());
  o.padding_mode = PaddingMode::kCircular;
  EXPECT_TRUE(Throws(run(2, 9), {"circular padding of 3", "not be more than", "height of 2"}));
  EXPECT_NO_THROW(run(3, 3)());
}

// A call of a good convolution in one flat memory, whose outputs must stay as they are.
class ConvMisuseRun : public testing::Test {
 protected:
  static constexpr int64_t kX = 1 * 4 * 5 * 5, kY = 1 * 6 * 3 * 3;

  ConvMisuseRun() {
    args_.x = ConstTensorView(memory_.data(), Shape(1, 4, 5, 5), Layout::kNhwc);
    args_.y = TensorView(Y(), Shape(1, 6, 3, 3), Layout::kNhwc);
  }
  float* Y() { return memory_.data() + kX; }

  testing::AssertionResult Rejected(std::initializer_list<std::string> facts,
                                    const std::string& algorithm = "auto") {
    Conv2dOptions o = Good();
    o.algorithm = algorithm;
    const Conv2d conv(o, Some(216));
    const std::vector<float> before = memory_;
    const testing::AssertionResult result = Throws([&] { conv.Run(args_); }, facts);
    return memory_ == before ? result : testing::AssertionFailure() << "memory was written";
  }

  std::vector<float> memory_ = std::vector<float>(kX + 3 * kY, 7.0f);
  RunArgs args_;
};

TEST_F(ConvMisuseRun, TheGoodCallIsGood) {
  Conv2d(Good(), Some(216)).Run(args_);
  EXPECT_EQ(*Y(), 7.0f * 36);
}

TEST_F(ConvMisuseRun, MissingViews) {
  const RunArgs good = args_;
  args_.x = {};
  EXPECT_TRUE(Rejected({"no input view x"}));
  args_ = good;
  args_.y = {};
  EXPECT_TRUE(Rejected({"no output view y"}));
}

TEST_F(ConvMisuseRun, Shapes) {
  args_.y = TensorView(Y(), Shape(1, 6, 3, 2), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"y has the shape 1x6x3x2", "gives 1x6x3x3"}));
  args_.y = TensorView(Y(), Shape(1, 6, 3, 3), Layout::kNhwc);
  args_.residual = ConstTensorView(Y() + kY, Shape(1, 6, 3, 4), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"residual has the shape 1x6x3x4", "y has 1x6x3x3"}));
  args_.x = ConstTensorView(memory_.data(), Shape(1, 5, 5, 4), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"5 channels", "expects 4"}));
}

TEST_F(ConvMisuseRun, Overlap) {
  args_.y = TensorView(memory_.data() + kX - 1, Shape(1, 6, 3, 3), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"y overlaps x"}));
  args_.y = TensorView(Y(), Shape(1, 6, 3, 3), Layout::kNhwc, {54, 1, 18, 5});
  EXPECT_TRUE(Rejected({"elements of y overlap each other", "w 5", "1x6x3x3"}));
  args_.y = TensorView(Y(), Shape(1, 6, 3, 3), Layout::kNhwc);
  args_.residual = ConstTensorView(Y() + 6, Shape(1, 6, 3, 3), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"y overlaps the residual", "without being the same view"}));
  args_.residual = ConstTensorView(Y(), Shape(1, 6, 3, 3), Layout::kNchw);
  EXPECT_TRUE(Rejected({"y overlaps the residual"}));
}

// What a call like the last one need not check again does not include where its memory lies.
TEST_F(ConvMisuseRun, OverlapInARepeatedRun) {
  const Conv2d conv(Good(), Some(216));
  const RunArgs good = args_;
  conv.Run(good);
  args_.y = TensorView(Y() - 1, Shape(1, 6, 3, 3), Layout::kNhwc);
  EXPECT_TRUE(Throws([&] { conv.Run(args_); }, {"y overlaps x"}));
  args_ = good;
  args_.residual = ConstTensorView(Y() + kY, Shape(1, 6, 3, 3), Layout::kNhwc);
  conv.Run(args_);
  args_.residual = ConstTensorView(Y() + 6, Shape(1, 6, 3, 3), Layout::kNhwc);
  EXPECT_TRUE(Throws([&] { conv.Run(args_); }, {"y overlaps the residual"}));
}

TEST_F(ConvMisuseRun, WorkspaceThatOverlaps) {
  const Conv2d conv(Good(), Some(216));
  const auto bytes = [](float* at, size_t floats) {
    return std::as_writable_bytes(std::span<float>(at, floats));
  };
  args_.residual = ConstTensorView(Y() + kY, Shape(1, 6, 3, 3), Layout::kNhwc);
  conv.Run(args_);  // also one like the last is checked
  args_.workspace = bytes(memory_.data(), 1);
  EXPECT_TRUE(Throws([&] { conv.Run(args_); }, {"workspace overlaps x"}));
  args_.workspace = bytes(Y() + kY - 1, 1);
  EXPECT_TRUE(Throws([&] { conv.Run(args_); }, {"workspace overlaps y"}));
  args_.workspace = bytes(Y() + kY, 1);
  EXPECT_TRUE(Throws([&] { conv.Run(args_); }, {"workspace overlaps the residual"}));
}

TEST_F(ConvMisuseRun, ForcedAlgorithmThatRefuses) {
  EXPECT_TRUE(
      Rejected({"\"depthwise\" cannot run this", "groups have more than one"}, "depthwise"));
}

TEST(ConvMisuse, SizesThatOverflow) {
  Conv2dOptions o = Good();
  o.in_channels = o.out_channels = o.kernel_size.h = o.kernel_size.w = int64_t{1} << 30;
  EXPECT_TRUE(Throws<std::length_error>([&] { Conv2d(o, {}); }, {"63 bits"}));
  o = Good();
  o.in_channels = 1;
  o.out_channels = 64;
  o.kernel_size = 1;
  const Conv2d conv(o, Some(64));
  const Shape huge(int64_t{1} << 28, 1, int64_t{1} << 14, int64_t{1} << 14);
  EXPECT_TRUE(Throws<std::length_error>([&] { (void)conv.OutputShape(huge); }, {"63 bits"}));
  EXPECT_TRUE(
      Throws<std::length_error>([&] { (void)conv.Explain(huge, Layout::kNhwc); }, {"63 bits"}));
}

TEST(ConvMisuse, Corr2dTakesOneFilter) {
  EXPECT_TRUE(Throws([] { Corr2d(Tensor(Shape(1, 2, 4, 4)), Tensor(Shape(2, 2, 3, 3))); },
                     {"2x2x3x3", "2 output channels", "takes 1"}));
  EXPECT_TRUE(Throws([] { Corr2d(Tensor(Shape(1, 2, 4, 4)), Tensor(Shape(1, 3, 3, 3))); },
                     {"2 channels", "expects 3"}));
}

}  // namespace
}  // namespace windrow::test
