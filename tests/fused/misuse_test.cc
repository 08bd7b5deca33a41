// Misuse of Fused: every message names the facts that disagree, and nothing has been written.
#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tests/support/expect_throw.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

Conv2d Conv(int64_t in, int64_t out, Size2 kernel, const std::string& algorithm = "auto") {
  Conv2dOptions o{.in_channels = in, .out_channels = out, .kernel_size = kernel};
  o.algorithm = algorithm;
  return Conv2d(o, std::vector<float>(static_cast<size_t>(in * out * kernel.h * kernel.w), 1.0f));
}

TEST(FusedMisuse, ChannelsThatDisagree) {
  EXPECT_TRUE(Throws([] { Fused(Conv(3, 32, 3), Conv(16, 4, 1)); },
                     {"first convolution gives 32 channels", "second expects 16"}));
  EXPECT_NO_THROW(Fused(Conv(3, 32, 3), MaxPool2d({.kernel_size = 2})));
}

TEST(FusedMisuse, UnknownAlgorithm) {
  EXPECT_TRUE(Throws([] { Fused(Conv(3, 4, 3), Conv(4, 4, 1), {.algorithm = "magic"}); },
                     {"no fused algorithm \"magic\"", "auto, bands, in_turn, reference"}));
}

TEST(FusedMisuse, AnInputThatOneOfThemCannotTake) {
  const Fused fused(Conv(3, 4, 3), Conv(4, 4, 5));
  EXPECT_TRUE(Throws([&] { (void)fused.OutputShape({1, 2, 9, 9}); }, {"2 channels", "expects 3"}));
  EXPECT_TRUE(Throws([&] { (void)fused.OutputShape({1, 3, 9, 2}); }, {"covers 3", "is only 2"}));
  EXPECT_TRUE(Throws(
      [&] {
        (void)fused.OutputShape({1, 3, 9, 6});
      },
      {"the second of the pair", "covers 5", "width is only 4"}));
  EXPECT_EQ(fused.OutputShape({2, 3, 9, 7}), Shape(2, 4, 3, 1));
}

TEST(FusedMisuse, AlgorithmsOfTheLayersThatCannotRunIt) {
  const Fused fused(Conv(3, 4, 3, "pointwise"), Conv(4, 4, 1));
  const Tensor x(Shape(1, 3, 8, 8));
  EXPECT_TRUE(Throws([&] { (void)fused.Run(x); },
                     {"the layers' algorithms cannot run this pair", "the kernel is larger"}));
}

// A call in one flat memory, whose outputs must stay as they are.
class FusedMisuseRun : public testing::Test {
 protected:
  static constexpr int64_t kX = 1 * 4 * 6 * 6, kY = 1 * 6 * 4 * 4;

  FusedMisuseRun() {
    args_.x = ConstTensorView(memory_.data(), Shape(1, 4, 6, 6), Layout::kNhwc);
    args_.y = TensorView(Y(), Shape(1, 6, 4, 4), Layout::kNhwc);
  }
  float* Y() { return memory_.data() + kX; }

  testing::AssertionResult Rejected(std::initializer_list<std::string> facts) {
    const std::vector<float> before = memory_;
    const testing::AssertionResult result = Throws([&] { fused_.Run(args_); }, facts);
    return memory_ == before ? result : testing::AssertionFailure() << "memory was written";
  }

  const Fused fused_{Conv(4, 5, 3), Conv(5, 6, 1)};
  std::vector<float> memory_ = std::vector<float>(kX + 3 * kY, 7.0f);
  RunArgs args_;
};

TEST_F(FusedMisuseRun, TheGoodCallIsGood) {
  fused_.Run(args_);
  EXPECT_EQ(*Y(), 7.0f * 36 * 5);
}

TEST_F(FusedMisuseRun, Views) {
  args_.y = TensorView(Y(), Shape(1, 6, 4, 5), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"y has the shape 1x6x4x5", "the pair gives 1x6x4x4"}));
  args_.y = {};
  EXPECT_TRUE(Rejected({"no output view y"}));
  args_.y = TensorView(Y(), Shape(1, 6, 4, 4), Layout::kNhwc, {0, 1, 6, 6});
  EXPECT_TRUE(Rejected({"overlap each other"}));
  args_.y = TensorView(Y() - 1, Shape(1, 6, 4, 4), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"y overlaps x"}));
  args_.x = {};
  EXPECT_TRUE(Rejected({"no input view x"}));
}

TEST_F(FusedMisuseRun, Residuals) {
  args_.residual = ConstTensorView(Y() + kY, Shape(1, 6, 4, 3), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"residual has the shape 1x6x4x3", "y has 1x6x4x4"}));
  args_.residual = ConstTensorView(Y() + 1, Shape(1, 6, 4, 4), Layout::kNhwc);
  EXPECT_TRUE(Rejected({"y overlaps the residual"}));
  const Fused pooled(Conv(4, 6, 3), MaxPool2d({.kernel_size = 1}));
  args_.residual = ConstTensorView(Y() + kY, Shape(1, 6, 4, 4), Layout::kNhwc);
  EXPECT_NO_THROW(fused_.Run(args_));
  EXPECT_TRUE(Throws([&] { pooled.Run(args_); }, {"there is a residual", "pooling"}));
}

TEST_F(FusedMisuseRun, Workspaces) {
  std::vector<std::byte> workspace(fused_.WorkspaceBytes(args_, 1));
  ASSERT_GT(workspace.size(), 0u);
  args_.workspace = std::span(workspace).first(workspace.size() - 1);
  EXPECT_TRUE(Rejected({"workspace has", "this call needs"}));
  args_.workspace = std::as_writable_bytes(std::span(memory_));
  EXPECT_TRUE(Rejected({"workspace overlaps x"}));
  args_.workspace = workspace;
  EXPECT_NO_THROW(fused_.Run(args_));
  EXPECT_TRUE(Throws([&] { (void)fused_.WorkspaceBytes(args_, 0); }, {"0 threads"}));
}

TEST(FusedMoved, FromIsEmpty) {
  Fused a(Conv(3, 4, 3), MaxPool2d({.kernel_size = 2}));
  const Tensor x(Shape(1, 3, 8, 8));
  Fused b = std::move(a);
  const auto empty = [](const auto& f) { return Throws(f, {"was moved from"}); };
  Tensor y(b.OutputShape(x.shape()));
  EXPECT_TRUE(empty([&] { (void)a.options(); }));
  EXPECT_TRUE(empty([&] { (void)a.OutputShape(x.shape()); }));
  EXPECT_TRUE(empty([&] { a.Run(x, y); }));
  EXPECT_TRUE(empty([&] { (void)a.Run(x); }));
  EXPECT_TRUE(empty([&] { (void)a.WorkspaceBytes(x.shape(), Layout::kNchw, 1); }));
  EXPECT_TRUE(empty([&] { (void)a.Explain(x.shape(), Layout::kNchw); }));
  a = b;
  EXPECT_NO_THROW(a.Run(x, y));
  EXPECT_EQ(a.options().algorithm, "auto");
  Conv2d first = Conv(3, 4, 3);
  const Conv2d taken = std::move(first);
  EXPECT_TRUE(Throws([&] { Fused(first, taken); }, {"this Conv2d was moved from"}));
}

TEST(FusedEmptyBatch, DoesNothing) {
  const Fused fused(Conv(3, 4, 3), Conv(4, 2, 1));
  const Tensor x(Shape(0, 3, 8, 8));
  EXPECT_EQ(fused.Run(x).shape(), Shape(0, 2, 6, 6));
  EXPECT_NO_THROW((void)fused.WorkspaceBytes(x.shape(), Layout::kNhwc, 3));
  EXPECT_NO_THROW((void)fused.Explain(x.shape(), Layout::kNhwc));
}

}  // namespace
}  // namespace windrow::test
