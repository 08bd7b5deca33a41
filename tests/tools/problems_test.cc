// Problems as texts: every word of a convolution's and of a pooling's, and that what is printed is
// read as the same.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "problems/conv_problem.h"
#include "problems/pool_problem.h"
#include "tests/conv/sweeps.h"
#include "tests/pool/sweeps.h"
#include "tests/tools/tool_call.h"
#include "windrow/windrow.h"

namespace windrow::problems {
namespace {

using tool::Has;

// What is said about a text that is wrong.
template <typename Parse>
std::string ErrorOf(const Parse& parse, const std::string& text) {
  try {
    parse(text);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}
std::string ConvError(const std::string& text) { return ErrorOf(ParseConv, text); }
std::string PoolError(const std::string& text) { return ErrorOf(ParsePool, text); }

TEST(ConvTextTest, ReadsEveryWord) {
  const ParsedConv parsed = ParseConv(
      "iw9 mb2 g2 ic4 oc6 ih7 k3x5 s2x1 d1x2 pt1 pb2 pl3 pr0 nhwc reflect portable bias residual "
      "clamp=-1..6.5 scale leakyrelu slope=0.25 values=huge algorithm=reference target=AVX2");
  const ConvProblem& p = parsed.problem;
  EXPECT_EQ(p.input(), Shape(2, 4, 7, 9));
  EXPECT_EQ(p.x_layout, Layout::kNhwc);
  EXPECT_EQ(p.oc, 6);
  EXPECT_EQ(p.g, 2);
  EXPECT_EQ(p.kernel, Size2(3, 5));
  EXPECT_EQ(p.stride, Size2(2, 1));
  EXPECT_EQ(p.dilation, Size2(1, 2));
  EXPECT_EQ(p.padding.top(), 1);
  EXPECT_EQ(p.padding.bottom(), 2);
  EXPECT_EQ(p.padding.left(), 3);
  EXPECT_EQ(p.padding.right(), 0);
  EXPECT_EQ(p.mode, PaddingMode::kReflect);
  EXPECT_EQ(p.numerics, Numerics::kPortable);
  EXPECT_EQ(p.epilogue.clamp_min, -1.0f);
  EXPECT_EQ(p.epilogue.clamp_max, 6.5f);
  EXPECT_EQ(p.epilogue.activation, Activation::kLeakyRelu);
  EXPECT_EQ(p.epilogue.negative_slope, 0.25f);
  EXPECT_TRUE(p.scale);
  EXPECT_EQ(Options(p, "", "auto").epilogue.scale.size(), 6u);
  EXPECT_EQ(parsed.algorithm, "reference");
  EXPECT_EQ(parsed.target, "AVX2");
  EXPECT_TRUE(p.bias);
  EXPECT_EQ(p.residual, Residual::kSeparate);
  EXPECT_EQ(p.values, Values::kHuge);
  EXPECT_EQ(p.weights(), 6 * 2 * 3 * 5);
}

TEST(ConvTextTest, HasDefaults) {
  const ConvProblem p = ParseConv("i5 k3 ic1 oc1 same").problem;
  EXPECT_EQ(p.x_layout, Layout::kNchw);
  EXPECT_EQ(p.input(), Shape(1, 1, 5, 5));
  EXPECT_EQ(p.stride, Size2(1));
  EXPECT_TRUE(p.padding.is_same());
  EXPECT_EQ(p.mode, PaddingMode::kZeros);
}

TEST(ConvTextTest, NamesTheWordThatIsWrong) {
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k3 i5 quick"), "\"quick\""));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k3 i5 q7"), "\"q7\""));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k3 i5 s"), "\"s\""));
  EXPECT_TRUE(Has(ConvError("ic1x2 oc1 k3 i5"), "\"ic1x2\" has two numbers"));
  EXPECT_TRUE(Has(ConvError("ic1.5 oc1 k3 i5"), "\"ic1.5\""));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k3x i5"), "\"k3x\""));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k99999999999999999999 i5"), "\"k99999999999999999999\""));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k3 kh3 i5"), "\"kh3\" says the kh a second time"));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k3 i5 nchw nhwc"), "\"nhwc\" says the layout a second time"));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k3 i5 p1 same"), "both \"same\" and a padding"));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k3 i5 clamp=1"), "\"clamp=1\""));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k3 i5 clamp=a..1"), "\"a\""));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k3 i5 slope=much"), "\"slope=much\""));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k3 i5 silu sigmoid"), "activation a second time"));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k3 i5 values=odd"), "\"values=odd\""));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 i5"), "does not say kh"));
  EXPECT_TRUE(Has(ConvError("ic1 oc1 k3 ih5"), "does not say iw"));
  EXPECT_TRUE(Has(ConvError(""), "does not say ic"));
}

// Both what is printed and what that means.
TEST(ConvTextTest, IsReadAsItIsPrinted) {
  for (ConvProblem p : test::RandomProblems(5, 300, 40'000)) {
    p.y_layout = static_cast<Layout>(p.ic % 2);
    p.residual_layout = static_cast<Layout>(p.oc % 2);
    p.numerics = static_cast<Numerics>(p.iw % 2);
    const std::string text = ToString(p);
    const ConvProblem read = ParseConv(text).problem;
    EXPECT_EQ(ToString(read), text);
    EXPECT_EQ(read.output(), p.output()) << text;
    EXPECT_EQ(read.values, p.values) << text;
    EXPECT_EQ(read.epilogue.clamp_min, p.epilogue.clamp_min) << text;
    EXPECT_EQ(read.epilogue.activation, p.epilogue.activation) << text;
    EXPECT_EQ(read.epilogue.negative_slope, p.epilogue.negative_slope) << text;
    EXPECT_EQ(Scales(read), Scales(p)) << text;
  }
}

TEST(PoolTextTest, ReadsEveryWordOfAMaximum) {
  const ParsedPool parsed = ParsePool(
      "iw9 mb2 c4 ih7 maxpool k3x5 s2x1 d1x2 pt1 pb0 pl2 pr1 ceil indices nhwc values=huge "
      "algorithm=reference target=AVX2");
  const PoolProblem& p = parsed.problem;
  EXPECT_EQ(p.reduction, Reduction::kMaxIndices);
  EXPECT_FALSE(p.adaptive);
  EXPECT_EQ(p.input(), Shape(2, 4, 7, 9));
  EXPECT_EQ(p.kernel, Size2(3, 5));
  EXPECT_EQ(p.stride, Size2(2, 1));
  EXPECT_EQ(p.dilation, Size2(1, 2));
  EXPECT_EQ(p.padding.top(), 1);
  EXPECT_EQ(p.padding.bottom(), 0);
  EXPECT_EQ(p.padding.left(), 2);
  EXPECT_EQ(p.padding.right(), 1);
  EXPECT_TRUE(p.ceil_mode);
  EXPECT_EQ(p.x_layout, Layout::kNhwc);
  EXPECT_EQ(p.values, Values::kHuge);
  EXPECT_EQ(parsed.algorithm, "reference");
  EXPECT_EQ(parsed.target, "AVX2");
}

TEST(PoolTextTest, ReadsTheOtherKinds) {
  const PoolProblem average = ParsePool("avgpool c1 i8 k2x3 same excludepad divisor-7").problem;
  EXPECT_TRUE(average.average() && !average.adaptive);
  EXPECT_TRUE(average.padding.is_same());
  EXPECT_FALSE(average.count_include_pad);
  EXPECT_EQ(average.divisor_override, -7);
  EXPECT_EQ(average.step(), Size2(2, 3)) << "the window's size if none is given";
  const PoolProblem adaptive = ParsePool("adaptivemax c3 i8 o5x-1 indices").problem;
  EXPECT_TRUE(adaptive.adaptive && adaptive.indices());
  EXPECT_EQ(adaptive.output_size, Size2(5, AdaptivePool2dOptions::kAsInput));
  EXPECT_EQ(MakePooling(adaptive, "", "auto").OutputShape(adaptive.input()), Shape(1, 3, 5, 8));
  EXPECT_TRUE(ParsePool("adaptiveavg c3 i8 o1").problem.average());
  EXPECT_TRUE(IsPoolText("c3 adaptiveavg o1"));
  EXPECT_FALSE(IsPoolText("ic3 oc4 k1 i5"));
}

TEST(PoolTextTest, NamesTheWordThatIsWrong) {
  EXPECT_TRUE(Has(PoolError("maxpool c1 i5 k3 quick"), "\"quick\""));
  EXPECT_TRUE(Has(PoolError("maxpool c1 i5 k3 oc7"), "\"oc7\""));
  EXPECT_TRUE(Has(PoolError("maxpool c1 i5 k3 s"), "\"s\""));
  EXPECT_TRUE(Has(PoolError("maxpool avgpool c1 i5 k3"), "\"avgpool\" says the kind a second"));
  EXPECT_TRUE(Has(PoolError("maxpool c1 i5 k3 p1 same"), "both \"same\" and a padding"));
  EXPECT_TRUE(
      Has(PoolError("maxpool c1 i5 k3 excludepad"), "\"excludepad\" is not a word of maxpool"));
  EXPECT_TRUE(Has(PoolError("maxpool c1 i5 k3 o2"), "\"o2\" is not a word of maxpool"));
  EXPECT_TRUE(Has(PoolError("avgpool c1 i5 k3 indices"), "\"indices\" is not a word of avgpool"));
  EXPECT_TRUE(Has(PoolError("adaptiveavg c1 i5 o2 k3"), "\"k3\" is not a word of adaptiveavg"));
  EXPECT_TRUE(Has(PoolError("adaptiveavg c1 i5 o2 same"), "\"same\" is not a word of adaptiveavg"));
  EXPECT_TRUE(Has(PoolError("adaptiveavg c1 i5"), "does not say oh"));
  EXPECT_TRUE(Has(PoolError("maxpool i5 k3"), "does not say c"));
  EXPECT_TRUE(Has(PoolError("maxpool c1 i5"), "does not say kh"));
  EXPECT_TRUE(Has(PoolError("c1 i5 k3"), "names none of maxpool"));
}

TEST(PoolTextTest, IsReadAsItIsPrinted) {
  for (const PoolProblem& p : test::RandomPoolProblems(5, 300, 40'000)) {
    const std::string text = ToString(p);
    const PoolProblem read = ParsePool(text).problem;
    EXPECT_EQ(ToString(read), text);
    EXPECT_EQ(read.output(), p.output()) << text;
    EXPECT_TRUE(p.adaptive || read.padding.is_sides() == p.padding.is_sides()) << text;
    EXPECT_EQ(read.divisor_override, p.average() ? p.divisor_override : std::nullopt) << text;
  }
}

}  // namespace
}  // namespace windrow::problems
