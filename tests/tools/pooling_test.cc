// The windrow program and pooling: what explain says, and the corpus.
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "tests/tools/tool_call.h"
#include "tools/digest.h"
#include "tools/pool_corpus.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

TEST(PoolExplainTest, SaysWhatRuns) {
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
  std::set<std::tuple<bool, bool, problems::Values>> kinds;
  bool ceil = false, exclude = false, divisor = false, dilated = false, sides = false, same = false,
       batch = false, maxima = false, indices = false, threads = false;
  for (const problems::ParsedPool& parsed : PoolCorpus(false)) {
    const problems::PoolProblem& p = parsed.problem;
    EXPECT_TRUE(texts.insert(parsed.text).second) << parsed.text;
    EXPECT_TRUE(IsValid(p)) << parsed.text;
    kinds.insert({p.adaptive, p.average(), p.values});
    ceil |= p.ceil_mode;
    exclude |= !p.count_include_pad;
    divisor |= p.divisor_override.has_value();
    dilated |= p.dilation != Size2(1);
    sides |= p.padding.top() != p.padding.bottom();
    same |= p.padding.is_same();
    batch |= p.mb > 1;
    indices |= p.indices();
    maxima |= !p.adaptive && p.reduction == problems::Reduction::kMax;
    threads |= p.input().elements() > 100'000;
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
