// The windrow program: the textbook's examples, the words of a problem, exit codes, and a self-test
// that finds a kernel broken on purpose.
#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "lib/simd/kernels.h"
#include "lib/simd/target.h"
#include "tests/tools/tool_call.h"
#include "tools/corpus.h"
#include "tools/digest.h"
#include "tools/examples.h"
#include "tools/selftest.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

class ExampleTest : public testing::TestWithParam<Example> {};

TEST_P(ExampleTest, GivesTheExpectedResult) {
  const std::vector<Check> checks = GetParam().run();
  ASSERT_FALSE(checks.empty());
  for (const Check& check : checks) EXPECT_TRUE(check.ok()) << check.what;
}

INSTANTIATE_TEST_SUITE_P(All, ExampleTest, testing::ValuesIn(Examples()),
                         [](const auto& param) { return std::string(param.param.name); });

TEST(ExamplesTest, AWrongResultIsNotOk) {
  const Tensor a = Matrix(1, 2, {1, 2});
  EXPECT_TRUE((Check{"", a, a}).ok());
  EXPECT_FALSE((Check{"", a, Matrix(1, 2, {1, 3})}).ok());
  EXPECT_FALSE((Check{"", a, Matrix(2, 1, {1, 2})}).ok());
  EXPECT_FALSE((Check{"", Matrix(1, 1, {0.0f}), Matrix(1, 1, {-0.0f})}).ok());
}

TEST(DigestTest, IsSha256OfLittleEndianFloatsInLogicalOrder) {
  Digest none;
  EXPECT_EQ(none.Finish(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Digest abcd;  // the bytes "abcd"
  const float letters[] = {std::bit_cast<float>(0x64636261u)};
  abcd.Add(letters);
  EXPECT_EQ(abcd.Finish(), "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589");
  const std::vector<float> values = Scattered(24, 1);
  Digest nchw, nhwc;
  const Tensor planes(Shape(1, 2, 3, 4), values, Layout::kNchw);
  const Tensor pixels(Shape(1, 2, 3, 4), values, Layout::kNhwc);
  nchw.Add(planes);
  nhwc.Add(pixels);
  EXPECT_EQ(nchw.Finish(), nhwc.Finish());
}

TEST(CorpusTest, CoversEveryAttribute) {
  std::set<problems::Values> values;
  std::set<PaddingMode> modes;
  bool bias = false, residual = false, clamp = false, grouped = false, dilated = false,
       strided = false, sides = false, same = false, batch = false;
  std::set<std::string> texts;
  for (const problems::ParsedConv& parsed : Corpus(false)) {
    const ConvProblem& p = parsed.problem;
    EXPECT_TRUE(texts.insert(parsed.text).second) << parsed.text;
    EXPECT_TRUE(IsValid(p)) << parsed.text;
    values.insert(p.values);
    modes.insert(p.mode);
    bias |= p.bias;
    residual |= p.residual != problems::Residual::kNone;
    clamp |= p.epilogue.clamp_max < 10;
    grouped |= p.g > 1;
    dilated |= p.dilation != Size2(1);
    strided |= p.stride != Size2(1);
    sides |= p.padding.top() != p.padding.bottom();
    same |= p.padding.is_same();
    batch |= p.mb > 1;
  }
  EXPECT_EQ(values.size(), 5u);
  EXPECT_EQ(modes.size(), 4u);
  EXPECT_TRUE(bias && residual && clamp && grouped && dilated && strided && sides && same && batch);
}

TEST(SelftestTest, PassesAndWritesItsFiles) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("windrow_selftest" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string json_file = folder / "s.json", junit = folder / "s.xml";
  const Outcome o = Call({"selftest", "--quick", "--json", json_file, "--junit", junit});
  EXPECT_EQ(o.code, 0) << o.out << o.err;
  EXPECT_TRUE(Has(o.out, "PASSED"));
  std::ifstream file(json_file);
  const auto report = nlohmann::json::parse(file);
  EXPECT_TRUE(report["ok"].get<bool>());
  for (const auto& t : report["targets"]) {
    EXPECT_GT(t["calls"].get<int>(), 0);
    for (const auto& c : report["classes"]) {
      if (c["class"] == t["class"]) {
        EXPECT_EQ(c["digest"], t["digest"]);
      }
    }
  }
  std::ifstream xml(junit);
  EXPECT_TRUE(Has(std::string(std::istreambuf_iterator<char>(xml), {}), "failures=\"0\""));
  std::filesystem::remove_all(folder);
}

// The true tiles, and one of a single pixel whose first lane is wrong in its last bit.
const internal::TileSet* g_true_tiles = nullptr;
void BrokenTile(const internal::TileArgs& args) {
  g_true_tiles->panels.tile[1][1](args);
  if (args.last) *args.y = std::bit_cast<float>(std::bit_cast<uint32_t>(*args.y) ^ 1);
}

class BrokenTargetTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const internal::Target target = internal::FindTarget(GetParam());
    index_ = target.index;
    fused_ = target.fused;
    g_true_tiles = &internal::Tiles(index_, fused_);
    broken_ = *g_true_tiles;
    broken_.panels.tile[1][1] = BrokenTile;
    internal::ReplaceTilesForTest(index_, fused_, &broken_);
  }
  void TearDown() override { internal::ReplaceTilesForTest(index_, fused_, nullptr); }

  size_t index_ = 0;
  bool fused_ = false;
  internal::TileSet broken_{};
};

TEST_P(BrokenTargetTest, IsFoundAndNamed) {
  const Outcome o = Call({"selftest", "--quick", "--op", "conv", "--in-process"});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(Has(o.out, "FAILED")) << o.out;
  const std::string bits_class = fused_ ? "conv/F" : "conv/U";
  EXPECT_TRUE(Has(o.out, "FAILURE " + GetParam() + " " + bits_class + " direct nchw: differs "))
      << o.out;
  EXPECT_TRUE(Has(o.out, "1 element differs, the first at n 0 c 0 h 0 w 0: expected ")) << o.out;
  for (const std::string& other : UsableTargetNames()) {
    EXPECT_EQ(Has(o.out, "FAILURE " + other + " "), other == GetParam()) << o.out;
  }
  if (fused_) {
    EXPECT_FALSE(Has(o.out, "FAILURE " + GetParam() + " conv/U")) << o.out;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, BrokenTargetTest, testing::ValuesIn(UsableTargetNames()),
                         [](const auto& param) { return param.param; });

TEST(CommandLineTest, MisuseShowsTheUsageLineAndReturns2) {
  const std::vector<std::vector<std::string>> misuses = {
      {},
      {"fly"},
      {"info", "--fast"},
      {"demo", "E99"},
      {"explain"},
      {"explain", "ic1 oc1"},
      {"explain", "ic3 oc4 g2 k1 i1"},
      {"explain", "ic1 oc1 k5 i3"},
      {"explain", "ic1 oc1 k1 i1 target=NONE"},
      {"filter", "--kernel", "box3", "only_one.png"},
      {"draw"},
      {"layers", "--threads", "0"},
      {"selftest", "--target", "NONE"},
  };
  for (const auto& arguments : misuses) {
    const Outcome o = Call(arguments);
    const std::string command = arguments.empty() ? "nothing" : arguments.back();
    EXPECT_EQ(o.code, 2) << command;
    EXPECT_TRUE(Has(o.err, "usage: windrow")) << command << ": " << o.err;
    EXPECT_EQ(o.out, "") << command;
  }
}

TEST(CommandLineTest, HelpAndVersionAreFine) {
  EXPECT_EQ(Call({"--version"}).out, std::string("windrow ") + Version() + "\n");
  const Outcome help = Call({"filter", "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_TRUE(Has(help.out, "usage: windrow filter"));
}

TEST(CommandLineTest, DemoPrintsResultsBesideTheExpected) {
  const Outcome o = Call({"demo", "E1"});
  EXPECT_EQ(o.code, 0);
  EXPECT_TRUE(Has(o.out, "19 25    | 19 25\n")) << o.out;
  EXPECT_TRUE(Has(Call({"demo", "E13"}).out, "    0 5      | 0 5\n"));  // of NaNs
  EXPECT_TRUE(Has(Call({"demo"}).out, "E10"));
}

TEST(CommandLineTest, ExplainSaysWhatRuns) {
  const Outcome o = Call({"explain", "ic64", "oc128", "k3", "s2", "p1", "i56", "nhwc"});
  EXPECT_EQ(o.code, 0);
  EXPECT_TRUE(Has(o.out, "1x128x28x28")) << o.out;
  EXPECT_TRUE(Has(o.out, "57802752 multiply-adds")) << o.out;
  EXPECT_TRUE(Has(Call({"explain", "ic2 oc2 k1 i1 algorithm=reference"}).out, "reference on"));
}

TEST(CommandLineTest, LayersNeedsAReadableFile) {
  const Outcome o = Call({"layers", "--shapes", "/nowhere/layers.txt"});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(Has(o.err, "/nowhere/layers.txt")) << o.err;
}

}  // namespace
}  // namespace windrow::tool
