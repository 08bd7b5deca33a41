// Transposed and one-dimensional convolution.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "tests/conv/gradient_oracle.h"
#include "tests/conv/harness.h"
#include "tests/conv/sweeps.h"
#include "tests/conv/variants.h"
#include "tests/support/expect_throw.h"
#include "tests/support/placed.h"
#include "tests/support/values.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

// The transposed convolution that leads from this convolution's output to its input.
ConvTranspose2dOptions Transposed(const Problem& p, const std::string& target) {
  const Shape y = p.output();
  const auto more = [](int64_t in, int64_t out, Sides pad, int64_t kernel, int64_t stride,
                       int64_t dilation) {
    return in - ((out - 1) * stride - pad.before - pad.after + dilation * (kernel - 1) + 1);
  };
  const Sides high = p.vertical().pad, wide = p.horizontal().pad;
  ConvTranspose2dOptions o;
  o.in_channels = p.oc, o.out_channels = p.ic;
  o.kernel_size = p.kernel, o.stride = p.stride, o.dilation = p.dilation;
  o.padding = Padding::Sides(high.before, high.after, wide.before, wide.after);
  o.output_padding = {more(p.ih, y.h(), high, p.kernel.h, p.stride.h, p.dilation.h),
                      more(p.iw, y.w(), wide, p.kernel.w, p.stride.w, p.dilation.w)};
  o.groups = p.g;
  o.numerics = p.numerics;
  o.target = target;
  return o;
}

std::vector<float> Numbers(int64_t count, Role role, Values values = Values::kPlain) {
  std::vector<float> v(static_cast<size_t>(count));
  Fill(v, role, values);
  return v;
}

class ConvTranspose : public testing::TestWithParam<std::string> {
 protected:
  bool Fused(const Problem& p) const {
    for (const auto& t : UsableTargets()) {
      if (t.name == GetParam()) return t.fused && p.numerics == Numerics::kNative;
    }
    return false;
  }
};
INSTANTIATE_TEST_SUITE_P(All, ConvTranspose, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

// What the convolution's gradient by its input is, and the gradients of that.
TEST_P(ConvTranspose, TurnsAConvolutionRound) {
  for (Problem p : RandomProblems(23, 300, 40'000)) {
    p.mode = PaddingMode::kZeros;
    const std::vector<float> w = Numbers(p.weights(), Role::kWeights, p.values);
    const ConvTranspose2d conv(Transposed(p, GetParam()), w);
    Tensor x(p.output(), p.y_layout), dx(p.output(), p.y_layout), dy(p.input(), p.x_layout);
    Fill(x.view(), Role::kInput, p.values);
    Fill(dy.view(), Role::kResidual, p.values);
    ASSERT_EQ(conv.OutputShape(x.shape()), p.input()) << ToString(p);
    const Tensor y = conv.Run(x);
    ASSERT_TRUE(SameBits(y, ScatteredData(p, Fused(p), w, x.view()))) << ToString(p);

    conv.BackwardData(dy.view(), dx.view());
    Problem plain = p;
    plain.bias = false;
    plain.epilogue = {};
    plain.scale = false;
    const Conv2d forward(Options(plain, GetParam(), "auto"), w);
    // A zero of its padding is multiplied there, and does not exist here.
    if (p.values != Values::kNonFinite && p.values != Values::kWild) {
      ASSERT_TRUE(SameBits(dx, forward.Run(dy))) << ToString(p);
    }

    std::vector<float> dw(w.size()), expected(w.size());
    conv.BackwardWeights({.x = x.view(), .dy = dy.view(), .dw = dw});
    forward.BackwardWeights({.x = dy.view(), .dy = x.view(), .dw = expected});
    ASSERT_EQ(std::memcmp(dw.data(), expected.data(), dw.size() * sizeof(float)), 0) << ToString(p);
  }
}

TEST_P(ConvTranspose, BiasEpilogueAndItsGradient) {
  ConvTranspose2dOptions o;
  o.in_channels = 3, o.out_channels = 20, o.kernel_size = 2, o.stride = 3, o.target = GetParam();
  const std::vector<float> w = Numbers(3 * 20 * 4, Role::kWeights), b = Numbers(20, Role::kBias);
  Tensor x(Shape(2, 3, 40, 37));
  Fill(x.view(), Role::kInput, Values::kPlain);
  const Tensor plain = ConvTranspose2d(o, w).Run(x);
  o.epilogue = {.clamp_min = -0.5f, .clamp_max = 1.5f};
  const ConvTranspose2d conv(o, w, b);
  const Tensor y = conv.Run(x);
  ForEach(y.shape(), [&](int64_t n, int64_t c, int64_t h, int64_t w_) {
    const float v = y.view().at(n, c, h, w_);
    ASSERT_GE(v, -0.5f);
    ASSERT_LE(v, 1.5f);
    if (h % 3 == 2 || w_ % 3 == 2) {  // no input leads there
      ASSERT_EQ(plain.view().at(n, c, h, w_), 0.0f);
      ASSERT_EQ(v, std::clamp(b[static_cast<size_t>(c)], -0.5f, 1.5f));
    }
  });
  std::vector<float> dw(w.size()), db(b.size());
  Tensor ones(y.shape());
  std::fill_n(ones.data(), ones.shape().elements(), 1.0f);
  conv.BackwardWeights({.x = x.view(), .dy = ones.view(), .dw = dw, .db = db});
  for (const float v : db) EXPECT_EQ(v, static_cast<float>(2 * y.shape().h() * y.shape().w()));
  conv.BackwardWeights({.x = x.view(), .dy = ones.view(), .dw = dw, .db = db, .accumulate = true});
  for (const float v : db) EXPECT_EQ(v, static_cast<float>(4 * y.shape().h() * y.shape().w()));
}

TEST_P(ConvTranspose, OneDimension) {
  for (const int64_t length : {7, 100, 3001}) {
    Conv1dOptions o;
    o.in_channels = 5, o.out_channels = 18, o.kernel_size = 3, o.padding = 1, o.target = GetParam();
    const std::vector<float> w = Numbers(5 * 18 * 3, Role::kWeights);
    Tensor x(Shape(2, 5, 1, length));
    Fill(x.view(), Role::kInput, Values::kPlain);
    const Tensor y = Conv1d(o, w).Run(x);
    ASSERT_EQ(y.shape(), Shape(2, 18, 1, length));
    Conv2dOptions flat;
    flat.in_channels = 5, flat.out_channels = 18, flat.kernel_size = {1, 3};
    flat.padding = Padding(0, 1), flat.target = GetParam();
    EXPECT_TRUE(SameBits(y, Conv2d(flat, w).Run(x)));

    ConvTranspose1dOptions t;
    t.in_channels = 18, t.out_channels = 5, t.kernel_size = 3, t.padding = 1, t.target = GetParam();
    Tensor dx(x.shape());
    Conv1d(o, w).BackwardData(y.view(), dx.view());
    EXPECT_TRUE(SameBits(ConvTranspose1d(t, w).Run(y), dx));
  }
}

TEST(ConvTransposeMisuse, IsToldApart) {
  ConvTranspose2dOptions o;
  o.in_channels = 4, o.out_channels = 6, o.kernel_size = 3, o.stride = 2;
  const std::vector<float> w(4 * 6 * 9);
  const auto with = [&](const auto& change) {
    ConvTranspose2dOptions other = o;
    change(other);
    return [other, w] { ConvTranspose2d(other, w); };
  };
  EXPECT_TRUE(Throws(with([](auto& p) { p.output_padding = 2; }),
                     {"output_padding of the height is 2; it must be less than"}));
  EXPECT_TRUE(
      Throws(with([](auto& p) { p.padding = Padding::Same(); }), {"must be given in numbers"}));
  EXPECT_TRUE(
      Throws(with([](auto& p) { p.groups = 3; }), {"in_channels 4 is not divisible by groups 3"}));
  EXPECT_TRUE(Throws(with([](auto& p) { p.in_channels = 3; }),
                     {"there are 216 weights, the transposed convolution expects 162"}));
  const ConvTranspose2d conv(o, w);
  EXPECT_TRUE(Throws([&] { conv.OutputShape(Shape(1, 5, 3, 3)); },
                     {"has 5 channels, the transposed convolution expects 4"}));
  Tensor x(Shape(1, 4, 3, 3)), y(Shape(1, 6, 7, 8));
  EXPECT_TRUE(Throws([&] { conv.Run(x.view(), y.view()); },
                     {"y has the shape 1x6x7x8, the transposed convolution gives"}));
  Tensor right(conv.OutputShape(x.shape()));
  EXPECT_TRUE(
      Throws([&] { conv.Run({.x = x.view(), .y = right.view(), .residual = right.view()}); },
             {"has none"}));
  o.padding = 3;
  EXPECT_TRUE(
      Throws([&] { ConvTranspose2d(o, w).OutputShape(Shape(1, 4, 1, 1)); }, {"would be -3"}));
}

}  // namespace
}  // namespace windrow::test
