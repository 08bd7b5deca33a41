// The windrow program and pooling: the words of a problem, and its corpus.
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/tools/tool_call.h"
#include "tools/digest.h"
#include "tools/pool_corpus.h"
#include "tools/pool_text.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

// What ParsePoolProblem says about a text that is wrong.
std::string ParseError(const std::string& text) {
  try {
    ParsePoolProblem(text);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

TEST(PoolTextTest, ReadsEveryWordOfAMaximum) {
  const PoolProblem p = ParsePoolProblem(
      "iw9 mb2 c4 ih7 maxpool k3x5 s2x1 d1x2 pt1 pb0 pl2 pr1 ceil indices nhwc values=huge "
      "algorithm=reference target=AVX2");
  EXPECT_EQ(p.kind, PoolKind::kMax);
  EXPECT_EQ(p.input, Shape(2, 4, 7, 9));
  EXPECT_EQ(p.kernel, Size2(3, 5));
  EXPECT_EQ(p.stride, Size2(2, 1));
  EXPECT_EQ(p.dilation, Size2(1, 2));
  EXPECT_EQ(p.padding.top(), 1);
  EXPECT_EQ(p.padding.bottom(), 0);
  EXPECT_EQ(p.padding.left(), 2);
  EXPECT_EQ(p.padding.right(), 1);
  EXPECT_TRUE(p.ceil && p.indices);
  EXPECT_EQ(p.settings.layout, Layout::kNhwc);
  EXPECT_EQ(p.settings.values, Values::kHuge);
  EXPECT_EQ(p.settings.algorithm, "reference");
  EXPECT_EQ(p.settings.target, "AVX2");
}

TEST(PoolTextTest, ReadsTheOtherKinds) {
  const PoolProblem average = ParsePoolProblem("avgpool c1 i8 k2x3 same excludepad divisor-7");
  EXPECT_EQ(average.kind, PoolKind::kAvg);
  EXPECT_TRUE(average.padding.is_same());
  EXPECT_TRUE(average.exclude_pad);
  EXPECT_EQ(average.divisor, -7);
  EXPECT_EQ(average.stride, Size2(2, 3)) << "the window's size if none is given";
  const PoolProblem adaptive = ParsePoolProblem("adaptivemax c3 i8 o5x-1 indices");
  EXPECT_EQ(adaptive.kind, PoolKind::kAdaptiveMax);
  EXPECT_EQ(adaptive.output, Size2(5, AdaptivePool2dOptions::kAsInput));
  EXPECT_EQ(adaptive.Bind("", "auto")->OutputShape(adaptive.input), Shape(1, 3, 5, 8));
  EXPECT_EQ(ParsePoolProblem("adaptiveavg c3 i8 o1").kind, PoolKind::kAdaptiveAvg);
  EXPECT_TRUE(IsPoolText("c3 adaptiveavg o1"));
  EXPECT_FALSE(IsPoolText("ic3 oc4 k1 i5"));
}

TEST(PoolTextTest, NamesTheWordThatIsWrong) {
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5 k3 quick"), "\"quick\""));
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5 k3 oc7"), "\"oc7\""));
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5 k3 s"), "\"s\""));
  EXPECT_TRUE(Has(ParseError("maxpool avgpool c1 i5 k3"), "\"avgpool\" says the kind a second"));
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5 k3 p1 same"), "both \"same\" and a padding"));
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5 k3 excludepad"), "maxpool has no excludepad"));
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5 k3 o2"), "maxpool has no oh"));
  EXPECT_TRUE(Has(ParseError("avgpool c1 i5 k3 indices"), "avgpool has no indices"));
  EXPECT_TRUE(Has(ParseError("avgpool c1 i5 k3 d2"), "avgpool has no dh"));
  EXPECT_TRUE(Has(ParseError("adaptiveavg c1 i5 o2 k3"), "adaptiveavg has no kh"));
  EXPECT_TRUE(Has(ParseError("adaptiveavg c1 i5 o2 same"), "adaptiveavg has no padding"));
  EXPECT_TRUE(Has(ParseError("adaptiveavg c1 i5"), "does not say oh"));
  EXPECT_TRUE(Has(ParseError("maxpool i5 k3"), "does not say c"));
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5"), "does not say kh"));
  EXPECT_TRUE(Has(ParseError("c1 i5 k3"), "names none of maxpool"));
}

TEST(PoolTextTest, ExplainSaysWhatRuns) {
  const Outcome o = Call({"explain", "maxpool c64 ih112 iw112 k3 s2 p1 nhwc"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(Has(o.out, "1x64x56x56")) << o.out;
  EXPECT_TRUE(Has(o.out, "4.014 MB")) << o.out;
  EXPECT_TRUE(
      Has(Call({"explain", "adaptiveavg c2 i9 o4 algorithm=reference"}).out, "reference on"));
  for (const char* wrong :
       {"maxpool c4 i8 k2 bias", "maxpool c4 i8", "maxpool c4 i3 k5", "avgpool c4 i8 k2 p2",
        "maxpool c4 i8 k2 target=NONE", "maxpool c4 i8 k2 algorithm=NONE"}) {
    const Outcome misuse = Call({"explain", wrong});
    EXPECT_EQ(misuse.code, 2) << wrong;
    EXPECT_TRUE(Has(misuse.err, "usage: windrow explain")) << misuse.err;
  }
}

TEST(PoolCorpusTest, CoversEveryAttribute) {
  std::set<std::string> texts;
  std::set<std::pair<PoolKind, Values>> kinds;
  bool ceil = false, exclude = false, divisor = false, dilated = false, sides = false, same = false,
       batch = false, maxima = false, indices = false, threads = false;
  for (const PoolProblem& p : PoolCorpus(false)) {
    EXPECT_TRUE(texts.insert(p.text).second) << p.text;
    kinds.insert({p.kind, p.settings.values});
    ceil |= p.ceil;
    exclude |= p.exclude_pad;
    divisor |= p.divisor.has_value();
    dilated |= p.dilation != Size2(1);
    sides |= p.padding.top() != p.padding.bottom();
    same |= p.padding.is_same();
    batch |= p.input.n() > 1;
    indices |= p.indices;
    maxima |= p.kind == PoolKind::kMax && !p.indices;
    threads |= p.input.elements() > 100'000;
  }
  EXPECT_EQ(kinds.size(), 4u * 5u);
  EXPECT_TRUE(ceil && exclude && divisor && dilated && sides && same && batch);
  EXPECT_TRUE(maxima && indices && threads);
}

TEST(PoolDigestTest, IndicesAreLittleEndian) {
  Digest abcd;  // the bytes "abcdefgh"
  const int64_t letters[] = {0x6867666564636261};
  abcd.Add(letters);
  EXPECT_EQ(abcd.Finish(), "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab");
}

}  // namespace
}  // namespace windrow::tool
