// windrow tune: what it reads, prints and writes. Which plan is the fastest is the machine's.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/tools/tool_call.h"
#include "tests/tools/tool_folder.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

class TuneTest : public FolderTest {
 protected:
  ~TuneTest() override { wisdom::Forget(); }
};

constexpr const char* kProblem = "ic8 oc16 ih6 iw7 k3 p1 nhwc";

TEST_F(TuneTest, WritesWisdomThatObjectsFollow) {
  const Outcome o = Call({"tune", kProblem, "-o", Path("wisdom.json")});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(Has(o.out, kProblem)) << o.out;
  EXPECT_TRUE(Has(o.out, "estimate / fastest of 1 calls: ")) << o.out;
  const std::string text = ReadFile(Path("wisdom.json"));
  EXPECT_TRUE(text.starts_with("windrow-wisdom 1 ")) << text;
  EXPECT_TRUE(text.ends_with("\nend 1\n")) << text;
  EXPECT_TRUE(Has(text, cpu::ActiveTarget() + " threads1 ")) << text;
  wisdom::Forget();
  EXPECT_TRUE(Has(Call({"explain", kProblem}).out, "chosen by estimate"));
  wisdom::Load(Path("wisdom.json"));
  const Outcome explained = Call({"explain", kProblem});
  EXPECT_TRUE(Has(explained.out, "chosen by wisdom")) << explained.out;
}

TEST_F(TuneTest, ReadsLayersInBothLayoutsOrOne) {
  WriteFile(Path("layers"), "# name mb g ...\nsmall 1 1 4 5 5 4 1 1 1 1 0 0 1 1 1 net\n");
  Outcome o = Call({"tune", Path("layers"), "--json", "-"});
  ASSERT_EQ(o.code, 0) << o.err;
  const auto json = nlohmann::json::parse(o.out);
  ASSERT_EQ(json["calls"].size(), 2u);
  EXPECT_EQ(json["calls"][0]["name"], "small nhwc");
  EXPECT_EQ(json["calls"][1]["name"], "small nchw");
  for (const auto& call : json["calls"]) {
    EXPECT_GE(call["plans"].size(), 1u);
    EXPECT_EQ(call["estimate"], call["plans"][0]["plan"]);
    EXPECT_GE(call["ratio"].get<double>(), 1.0);
    EXPECT_TRUE(std::any_of(call["plans"].begin(), call["plans"].end(),
                            [&](const auto& p) { return p["plan"] == call["fastest"]; }));
  }
  EXPECT_GE(json["geometric_mean"].get<double>(), 1.0);
  o = Call({"tune", Path("layers"), "--layout", "nchw"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_FALSE(Has(o.out, "small nhwc")) << o.out;
}

TEST_F(TuneTest, ReadsProblemsOnePerLineAndEveryTarget) {
  WriteFile(Path("problems"), std::string("\n# comment\n") + kProblem +
                                  " residual=y bias # too\nic3 oc4 i5 k1 residual\n");
  std::vector<std::string> arguments{"tune", Path("problems"), "-o", "-"};
  const std::vector<std::string> targets = UsableTargetNames();
  for (const std::string& t : targets) arguments.insert(arguments.end(), {"--target", t});
  const Outcome o = Call(arguments);
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(o.out.starts_with("windrow-wisdom ")) << "nothing else is printed\n" << o.out;
  EXPECT_TRUE(o.out.ends_with("end " + std::to_string(2 * targets.size()) + "\n")) << o.out;
  for (const std::string& t : targets) EXPECT_TRUE(Has(o.out, ": " + t + " threads1 ")) << o.out;
}

TEST_F(TuneTest, Misuse) {
  WriteFile(Path("empty"), "# nothing\n");
  WriteFile(Path("broken"), "ic4 oc4 i5 k1\nic4 oc4 i5\n");
  const struct {
    std::vector<std::string> arguments;
    int code;
    std::string fact;
  } kWrong[] = {
      {{}, 2, "shapes"},
      {{Path("none")}, 2, "neither a file nor a problem"},
      {{"ic4 oc4 i5"}, 2, "k"},
      {{"ic4 oc4 i5 k9"}, 2, "no such convolution"},
      {{"ic4 oc4 i5 k1 algorithm=direct"}, 2, "algorithm=direct"},
      {{"ic4 oc4 i5 k1 gaps=rows"}, 2, "gaps"},
      {{"ic4 oc4 i5 k1", "-o", "-", "--json", "-"}, 2, "standard output"},
      {{"ic4 oc4 i5 k1", "--target", "NONE"}, 2, "NONE"},
      {{"ic4 oc4 i5 k1", "--layout", "chwn"}, 2, "chwn"},
      {{Path("empty")}, 1, "holds no"},
      {{Path("broken")}, 1, "broken:2: "},
      {{"ic4 oc4 i5 k1", "-o", Path("none/wisdom")}, 1, "none/wisdom"},
  };
  for (const auto& wrong : kWrong) {
    std::vector<std::string> arguments{"tune"};
    arguments.insert(arguments.end(), wrong.arguments.begin(), wrong.arguments.end());
    const Outcome o = Call(arguments);
    EXPECT_EQ(o.code, wrong.code) << o.out << o.err;
    EXPECT_TRUE(Has(o.err, wrong.fact)) << o.err;
  }
}

}  // namespace
}  // namespace windrow::tool
