// Special values, on every target and algorithm: zeros of both signs, NaN, infinities, denormals.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/conv/variants.h"

namespace windrow::test {
namespace {

constexpr uint32_t kCanonicalNan = 0x7FC00000u, kInfinity = 0x7F800000u, kMinusZero = 0x80000000u;
const float kInf = std::numeric_limits<float>::infinity();

class ConvValues : public testing::TestWithParam<Variant> {
 protected:
  // The bits of the outputs (in logical order) of an input, weights and bias given by their bits;
  // none if the algorithm refuses.
  static std::vector<uint32_t> Run(Problem p, const std::vector<uint32_t>& x,
                                   const std::vector<uint32_t>& weights, uint32_t bias = 0,
                                   float residual = 0.0f) {
    const auto floats = [](const std::vector<uint32_t>& bits, int64_t count) {
      std::vector<float> f;
      for (int64_t i = 0; i < count; ++i) {
        f.push_back(std::bit_cast<float>(bits[static_cast<size_t>(i) % bits.size()]));
      }
      return f;
    };
    p.numerics = GetParam().numerics;
    const Conv2d any(Options(p, GetParam().target.name, "auto"), floats(weights, p.weights()));
    for (const Explanation::Candidate& c : any.Explain(p.input(), GetParam().layout).candidates) {
      if (c.algorithm == GetParam().algorithm && !c.accepts) return {};
    }
    const Conv2d forced(Options(p, GetParam().target.name, GetParam().algorithm),
                        floats(weights, p.weights()), floats({bias}, p.oc));
    const Tensor input(p.input(), floats(x, p.input().elements()), GetParam().layout);
    Tensor y(p.output(), GetParam().layout), nchw(p.output());
    const Tensor r(p.output(),
                   std::vector<float>(static_cast<size_t>(y.shape().elements()), residual),
                   GetParam().layout);
    RunArgs args{.x = input, .y = y};
    if (p.residual == Residual::kSeparate) args.residual = r;
    forced.Run(args);
    Copy(y, nchw);
    std::vector<uint32_t> bits;
    for (int64_t i = 0; i < nchw.shape().elements(); ++i) {
      bits.push_back(std::bit_cast<uint32_t>(nchw.data()[i]));
    }
    return bits;
  }
  // That every output has these bits.
  static testing::AssertionResult All(const std::vector<uint32_t>& y, uint32_t expected) {
    for (const uint32_t bits : y) {
      if (bits != expected) {
        return testing::AssertionFailure()
               << std::hex << "an output is " << bits << ", expected " << expected;
      }
    }
    return testing::AssertionSuccess();
  }
  static uint32_t Bits(float f) { return std::bit_cast<uint32_t>(f); }

  // One channel in and out, so that every algorithm may take it, and some more channels out.
  static std::vector<Problem> Small() {
    if (GetParam().algorithm == "depthwise") {
      return {{.g = 2, .ic = 2, .oc = 2, .ih = 4, .iw = 5},
              {.g = 37, .ic = 37, .oc = 37, .ih = 4, .iw = 5}};
    }
    if (GetParam().algorithm == "planar") {
      return {{.ih = 4, .iw = 5}, {.g = 3, .ic = 3, .oc = 36, .ih = 4, .iw = 5}};
    }
    return {{.ih = 4, .iw = 5}, {.oc = 37, .ih = 4, .iw = 5}, {.ic = 3, .oc = 5, .ih = 4, .iw = 5}};
  }
};

// Of kernels larger than 1x1.
class ConvWindowValues : public ConvValues {};

TEST_P(ConvValues, ASumOfMinusZeroIsZero) {
  for (Problem p : Small()) {
    EXPECT_TRUE(All(Run(p, {kMinusZero}, {Bits(1.0f)}, kMinusZero), 0));
    p.residual = Residual::kSeparate;
    EXPECT_TRUE(All(Run(p, {kMinusZero}, {Bits(1.0f)}, kMinusZero, -0.0f), 0));
    p.kernel = 3;
    p.padding = 4;  // outputs of nothing but padding
    EXPECT_TRUE(All(Run(p, {0}, {Bits(-1.0f)}, kMinusZero, -0.0f), 0));
  }
}

TEST_P(ConvValues, ABoundOfMinusZeroIsZero) {
  for (Problem p : Small()) {
    p.epilogue.clamp_max = -0.0f;
    EXPECT_TRUE(All(Run(p, {0}, {Bits(1.0f)}), 0));
    EXPECT_TRUE(All(Run(p, {Bits(1.0f)}, {Bits(1.0f)}), 0));
    p.epilogue = {.clamp_min = -0.0f};
    EXPECT_TRUE(All(Run(p, {Bits(1.0f)}, {Bits(-1.0f)}), 0));
  }
}

TEST_P(ConvValues, EveryNanIsCanonical) {
  for (const Problem& p : Small()) {
    for (const uint32_t nan :
         {0x7FC00000u, 0xFFC00000u, 0x7FC12345u, 0xFFFFFFFFu, 0x7F800001u, 0xFFBFFFFFu}) {
      EXPECT_TRUE(All(Run(p, {nan}, {Bits(2.0f)}), kCanonicalNan));
      EXPECT_TRUE(All(Run(p, {Bits(2.0f)}, {nan}), kCanonicalNan));
      EXPECT_TRUE(All(Run(p, {Bits(2.0f)}, {Bits(2.0f)}, nan), kCanonicalNan));
      Problem q = p;
      q.residual = Residual::kSeparate;
      EXPECT_TRUE(All(Run(q, {0}, {0}, 0, std::bit_cast<float>(nan)), kCanonicalNan));
      q.epilogue = {.clamp_min = -1.0f, .clamp_max = 1.0f};  // a NaN is in no range
      EXPECT_TRUE(All(Run(q, {nan}, {Bits(2.0f)}), kCanonicalNan));
    }
  }
}

TEST_P(ConvWindowValues, NanStaysInItsReceptiveField) {
  Problem p{.ih = 5, .iw = 6, .kernel = 3};
  if (GetParam().algorithm == "depthwise") p.g = p.ic = p.oc = 2;
  std::vector<uint32_t> x(30, Bits(1.0f));
  x[0] = 0x7FC12345u;
  const std::vector<uint32_t> y = Run(p, x, {Bits(1.0f)});
  ASSERT_EQ(y.size(), static_cast<size_t>(12 * p.oc));
  for (size_t i = 0; i < y.size(); ++i) {
    EXPECT_EQ(y[i], i % 12 == 0 ? kCanonicalNan : Bits(9.0f)) << i;
  }
}

TEST_P(ConvValues, Infinities) {
  for (Problem p : Small()) {
    EXPECT_TRUE(All(Run(p, {kInfinity}, {Bits(2.0f)}), kInfinity));
    EXPECT_TRUE(All(Run(p, {kInfinity}, {Bits(-2.0f)}), Bits(-kInf)));
    EXPECT_TRUE(All(Run(p, {kInfinity}, {0}), kCanonicalNan));
    EXPECT_TRUE(All(Run(p, {kInfinity}, {Bits(1.0f)}, Bits(-kInf)), kCanonicalNan));
    EXPECT_TRUE(All(Run(p, {Bits(0x1p127f)}, {Bits(4.0f)}), kInfinity)) << "overflow";
    p.epilogue = {.clamp_min = -6.0f, .clamp_max = 6.0f};
    EXPECT_TRUE(All(Run(p, {kInfinity}, {Bits(-2.0f)}), Bits(-6.0f)));
  }
}

// A padded pixel is a zero, and 0 * inf is NaN, at the padded positions and no others.
TEST_P(ConvWindowValues, ZeroPaddingUnderNonFiniteWeights) {
  for (Problem p : Small()) {
    p.kernel = 3;
    p.padding = 1;
    for (const uint32_t weight : {kInfinity, Bits(-kInf)}) {
      const std::vector<uint32_t> y = Run(p, {Bits(1.0f)}, {weight});
      for (size_t i = 0; i < y.size(); ++i) {
        const size_t h = i / 5 % 4, w = i % 5;
        const bool inside = h > 0 && h < 3 && w > 0 && w < 4;
        ASSERT_EQ(y[i], inside ? weight : kCanonicalNan) << "h " << h << " w " << w;
      }
    }
    EXPECT_TRUE(All(Run(p, {Bits(1.0f)}, {0x7FC12345u}), kCanonicalNan));
    p.mode = PaddingMode::kReplicate;  // no zeros in it
    EXPECT_TRUE(All(Run(p, {Bits(1.0f)}, {kInfinity}), kInfinity));
  }
}

TEST_P(ConvWindowValues, OneInfiniteWeightMakesAllPaddingCount) {
  Problem p{.ih = 3, .iw = 3, .kernel = 3, .padding = 1};
  if (GetParam().algorithm == "depthwise") p.g = p.ic = p.oc = 2;
  std::vector<uint32_t> weights(9, Bits(1.0f));
  weights[0] = kInfinity;  // the top left tap
  const std::vector<uint32_t> y = Run(p, {Bits(1.0f)}, weights);
  const std::vector<uint32_t> expected{kCanonicalNan, kCanonicalNan, kCanonicalNan,
                                       kCanonicalNan, kInfinity,     kInfinity,
                                       kCanonicalNan, kInfinity,     kInfinity};
  ASSERT_EQ(y.size(), expected.size() * static_cast<size_t>(p.oc));
  for (size_t i = 0; i < y.size(); ++i) EXPECT_EQ(y[i], expected[i % 9]) << i;
}

TEST_P(ConvValues, Denormals) {
  for (const Problem& p : Small()) {
    const auto terms = static_cast<uint32_t>(p.ic / p.g);
    EXPECT_TRUE(All(Run(p, {1}, {Bits(1.0f)}), terms)) << "the least denormal";
    EXPECT_TRUE(All(Run(p, {0x007FFFFFu}, {Bits(1.0f)}, 1),
                    Bits(static_cast<float>(terms * 0x7FFFFFu + 1) * 0x1p-149f)));
    EXPECT_TRUE(All(Run(p, {Bits(0x1p-75f)}, {Bits(0x1p-74f)}), terms));
    EXPECT_TRUE(All(Run(p, {Bits(-0x1p-80f)}, {Bits(0x1p-80f)}), 0)) << "underflow, then +0";
  }
}

std::vector<Variant> WindowVariants() {
  std::vector<Variant> all = Variants();
  std::erase_if(all, [](const Variant& v) { return v.algorithm == "pointwise"; });
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, ConvWindowValues, testing::ValuesIn(WindowVariants()),
                         [](const auto& test) { return test.param.Name(); });
INSTANTIATE_TEST_SUITE_P(All, ConvValues, testing::ValuesIn(Variants()),
                         [](const auto& test) { return test.param.Name(); });

}  // namespace
}  // namespace windrow::test
