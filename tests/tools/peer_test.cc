// windrow explain reads problems as oneDNN's test program writes them.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "problems/conv_problem.h"
#include "problems/pool_problem.h"
#include "tests/tools/tool_call.h"
#include "tools/peer_text.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

std::string ErrorOf(const std::string& text, bool pooling = false) {
  try {
    TranslatePeerText(text, pooling);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

problems::ConvProblem Convolution(const std::string& text) {
  return problems::ParseConv(TranslatePeerText(text, false)).problem;
}

// A problem, and the input and the output that the peer means.
struct Known {
  const char* text;
  Shape input, output;
};

TEST(PeerTextTest, ReadsConvolutions) {
  const Known known[] = {
      {"g1ic64iw8oc17ow6kw3", Shape(2, 64, 1, 8), Shape(2, 17, 1, 6)},
      {"mb1_ic64ih56oc64oh56kh3ph1n\"name\"", Shape(1, 64, 56, 56), Shape(1, 64, 56, 56)},
      {"mb1ic64ih56oc64oh56kh3ph1nname", Shape(1, 64, 56, 56), Shape(1, 64, 56, 56)},
      {"mb1ic3ih224iw224_oc64oh112ow112_kh7kw7_sh2sw2_ph3pw3_n\"of two words\"",
       Shape(1, 3, 224, 224), Shape(1, 64, 112, 112)},
      {"g32mb4ic32ih112oc32oh112kh3ph1dh0", Shape(4, 32, 112, 112), Shape(4, 32, 112, 112)},
      {"mb1ic8ih17iw9oc8kh3kw1dh1", Shape(1, 8, 17, 9), Shape(1, 8, 13, 9)},
      {"mb1ic8ih10oc8oh5kh3sh2", Shape(1, 8, 10, 10), Shape(1, 8, 5, 5)},
      {"mb1ic8ih10oc8oh5kh3sh2ph0", Shape(1, 8, 10, 10), Shape(1, 8, 5, 5)},
  };
  for (const Known& k : known) {
    const problems::ConvProblem p = Convolution(k.text);
    EXPECT_EQ(p.input(), k.input) << k.text;
    const std::vector<float> weights(static_cast<size_t>(p.weights()));
    EXPECT_EQ(Conv2d(Options(p, "", "auto"), weights).OutputShape(p.input()), k.output) << k.text;
  }
  const auto p = Convolution("nhwc g2mb3_ic4ih9iw8oc6oh5ow4kh3kw2sh2sw3ph1pw1dh1dw0 bias");
  EXPECT_TRUE(p.bias);
  EXPECT_EQ(p.x_layout, Layout::kNhwc);
  EXPECT_EQ(p.g, 2);
  EXPECT_EQ(p.kernel, Size2(3, 2));
  EXPECT_EQ(p.stride, Size2(2, 3));
  EXPECT_EQ(p.dilation, Size2(2, 1)) << "0 is dense there";
  EXPECT_EQ(p.padding.top(), 1);
  EXPECT_EQ(p.padding.bottom(), 3);
  EXPECT_EQ(p.padding.left(), 1);
  EXPECT_EQ(p.padding.right(), 2);
}

TEST(PeerTextTest, ReadsPoolings) {
  const std::string text = "maxpool mb1_ic64ih112oh56kh3sh2_n\"pool1\" nhwc";
  const problems::PoolProblem p = problems::ParsePool(TranslatePeerText(text, true)).problem;
  EXPECT_EQ(p.input(), Shape(1, 64, 112, 112));
  EXPECT_EQ(p.kernel, Size2(3));
  EXPECT_EQ(p.stride, Size2(2));
  EXPECT_EQ(p.padding.top(), 0);
  EXPECT_EQ(p.padding.bottom(), 1);
  EXPECT_EQ(MakePooling(p, "", "auto").OutputShape(p.input()), Shape(1, 64, 56, 56));
}

// Its own batch of 2 is for want of a word.
TEST(PeerTextTest, TakesTheBatchFromAnotherWord) {
  EXPECT_EQ(Convolution("ic8ih9oc8kh3").mb, 2);
  EXPECT_EQ(Convolution("mb1 ic8ih9oc8kh3").mb, 1);
  EXPECT_EQ(Convolution("ic8ih9oc8kh3_n\"mb4\"  mb7").mb, 7);
  EXPECT_EQ(Call({"explain", "mb1", "ic8ih9oc8kh3"}).code, 0);
  const Outcome twice = Call({"explain", "mb1", "mb2ic8ih9oc8kh3"});
  EXPECT_TRUE(Has(twice.err, "says the mb a second time")) << twice.err;
}

TEST(PeerTextTest, LeavesWindrowsOwnWordsAlone) {
  for (const char* text :
       {"", "ic64 oc128 k3x5 s2x1 p1 ih56 iw56 nhwc", "maxpool c4 i8 o5x-1 k2 divisor7 indices",
        "ic1x2 oc1 k3 i5", "ic1.5 ic clamp=0..6 g2", "  ic1\t oc1 "}) {
    EXPECT_EQ(TranslatePeerText(text, false), text);
    EXPECT_EQ(TranslatePeerText(text, true), text);
  }
}

TEST(PeerTextTest, NamesWhatIsWrong) {
  EXPECT_TRUE(Has(ErrorOf("g1ic64iw8oc17zz5"), "\"g1ic64iw8oc17zz5\" has \"zz5\""));
  EXPECT_TRUE(Has(ErrorOf("ic64ix8oc17"), "has \"ix8oc17\""));
  EXPECT_TRUE(Has(ErrorOf("mb1ic3id8ih8oc4kd3kh3"), "has \"id8\", a third dimension"));
  EXPECT_TRUE(Has(ErrorOf("ic8ih8oc8kh3kh3"), "says kh twice"));
  EXPECT_TRUE(Has(ErrorOf("ic8ih8oc8kh"), "has \"kh\" where kh needs a whole number"));
  EXPECT_TRUE(Has(ErrorOf("ic8ih8oc8kh99999999999999999999"), "where kh needs a whole number"));
  EXPECT_TRUE(Has(ErrorOf("mb1ic64ih8oc4"), "does not say kh"));
  EXPECT_TRUE(Has(ErrorOf("mb1ic64oc4"), "does not say ih"));
  EXPECT_TRUE(Has(ErrorOf("mb1ic64ih8kh3"), "does not say oc"));
  EXPECT_TRUE(
      Has(ErrorOf("ic16ih57oc8oh28kh1sh2ph0"), "says oh28, which is too small for its ih57"));
  EXPECT_TRUE(Has(ErrorOf("ic16ih57oc8oh0kh1sh0ph0"), "says oh0"));
  EXPECT_TRUE(Has(ErrorOf("ic16ih8oc8kh3", true), "has \"oc8\"; a pooling has no oc"));
  const Outcome o = Call({"explain", "g1ic64iw8oc17zz5"});
  EXPECT_EQ(o.code, 2);
  EXPECT_TRUE(Has(o.err, "zz5") && Has(o.err, "usage: windrow explain")) << o.err;
  EXPECT_EQ(Call({"explain", "g1ic64iw8oc17ow6kw3", "nhwc"}).code, 0);
  EXPECT_EQ(Call({"explain", "avgpool", "mb1ic8ih8kh2sh2"}).code, 0);
}

}  // namespace
}  // namespace windrow::tool
