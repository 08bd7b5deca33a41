// What the windrow program prints and writes, where, and what it says when it cannot.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/standard_stream.h"
#include "tests/tools/tool_call.h"
#include "tests/tools/tool_folder.h"
#include "tools/progress.h"
#include "tools/selftest.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

using nlohmann::json;
using OutputTest = FolderTest;

TEST_F(OutputTest, AnUnknownCommandIsNamedAndTheCommandsAreListed) {
  const std::vector<std::vector<std::string>> wrong = {
      {"fly"}, {"fly", "--help"}, {"--version", "fly"}, {"fly", "high"}};
  for (const auto& arguments : wrong) {
    const Outcome o = Call(arguments);
    EXPECT_EQ(o.code, 2);
    EXPECT_TRUE(Has(o.err, "there is no command \"fly\"")) << o.err;
    EXPECT_TRUE(Has(o.err, "info, demo, explain, filter, draw, layers, selftest")) << o.err;
    EXPECT_EQ(o.out, "");
  }
  EXPECT_TRUE(Has(Call({}).err, "no command is named; the commands are info, ")) << Call({}).err;
  EXPECT_TRUE(Has(Call({"--fast"}).err, "there is no option \"--fast\"; the commands are info, "));
}

TEST_F(OutputTest, AFullDiskIsAFailure) {
  const std::vector<std::vector<std::string>> commands = {
      {"--help"},
      {"--version"},
      {"filter", "--help"},
      {"demo", "E1"},
      {"draw", "-"},
      {"explain", "ic1 oc1 k1 i1"},
      {"explain", "ic1 oc1 k1 i1", "--json", "-"},
      {"selftest", "--quick", "--op", "pool"}};
  for (const auto& arguments : commands) {
    std::ofstream full("/dev/full");
    std::ostringstream err;
    EXPECT_EQ(Main(arguments, full, err), 1) << arguments.front();
    EXPECT_EQ(err.str(), "windrow: cannot write the output\n") << arguments.front();
  }
  const Outcome o = Call({"explain", "ic1 oc1 k1 i1", "--json", "/dev/full"});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(Has(o.err, "/dev/full: No space left on device")) << o.err;
  EXPECT_EQ(Call({"draw", "/dev/full"}).code, 1);
}

TEST_F(OutputTest, LayersTellsOfAWrongTargetBeforeItPrints) {
  std::vector<std::vector<std::string>> wrong = {
      {"NONE"}, {UsableTargetNames().front(), "NONE"}, {""}};
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (!t.usable) wrong.push_back({UsableTargetNames().front(), t.name});
  }
  for (const auto& targets : wrong) {
    for (const std::string command : {"layers", "selftest"}) {
      std::vector<std::string> arguments = {command};
      for (const std::string& t : targets) arguments.insert(arguments.end(), {"--target", t});
      const Outcome o = Call(arguments);
      EXPECT_EQ(o.code, 2) << targets.back();
      EXPECT_EQ(o.out, "") << targets.back();
      EXPECT_TRUE(Has(o.err, "target") && Has(o.err, targets.back())) << o.err;
    }
  }
}

TEST_F(OutputTest, LayersWritesJson) {
  WriteFile(Path("shapes"), "small 1 1 8 6 6 8 3 3 1 1 1 1 1 1 1 net\n");
  std::vector<std::string> arguments = {
      "layers", "--shapes", Path("shapes"), "--net", "net", "--target", UsableTargetNames().front(),
      "--json", "-"};
  const Outcome o = Call(arguments);
  ASSERT_EQ(o.code, 0) << o.err;
  const json both = json::parse(o.out);
  ASSERT_EQ(both["layers"].size(), 1u);
  EXPECT_EQ(both["layers"][0]["layer"], "small");
  EXPECT_EQ(both["layers"][0]["targets"][0]["target"], UsableTargetNames().front());
  EXPECT_GT(both["layers"][0]["targets"][0]["gflops"].get<double>(), 0);
  arguments.back() = Path("layers.json");
  EXPECT_TRUE(Has(Call(arguments).out, "\nsmall "));
  EXPECT_EQ(json::parse(ReadFile(Path("layers.json")))["layers"].size(), 1u);
}

TEST_F(OutputTest, ExplainWritesJson) {
  const Outcome o = Call({"explain", "ic4 oc4 k3 i9", "--json", "-"});
  ASSERT_EQ(o.code, 0) << o.err;
  const json convolution = json::parse(o.out);
  EXPECT_EQ(convolution["output"], "1x4x7x7");
  EXPECT_EQ(convolution["flops"], 2 * 4 * 4 * 9 * 49);
  EXPECT_GT(convolution["candidates"].size(), 3u);
  const Outcome file = Call({"explain", "maxpool", "c4", "i8", "k2", "--json", Path("pool.json")});
  EXPECT_TRUE(Has(file.out, "1x4x4x4")) << file.err;
  EXPECT_EQ(json::parse(ReadFile(Path("pool.json")))["output"], "1x4x4x4");
}

TEST_F(OutputTest, DemoWritesJson) {
  const Outcome o = Call({"demo", "E1", "--json", "-"});
  ASSERT_EQ(o.code, 0) << o.err;
  const json results = json::parse(o.out);
  EXPECT_TRUE(results["ok"].get<bool>());
  ASSERT_FALSE(results["results"].empty());
  EXPECT_EQ(results["results"][0]["example"], "E1");
  EXPECT_TRUE(Has(Call({"demo", "E1", "--json", Path("demo.json")}).out, "computed"));
}

TEST_F(OutputTest, SelftestWritesEitherFormToStandardOutput) {
  const std::string target = UsableTargetNames().back();
  const Outcome o =
      Call({"selftest", "--quick", "--op", "pool", "--target", target, "--json", "-"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(json::parse(o.out)["ok"].get<bool>());
  const Outcome xml =
      Call({"selftest", "--quick", "--op", "pool", "--target", target, "--junit", "-"});
  EXPECT_EQ(xml.out.find("<?xml"), 0u);
  EXPECT_TRUE(xml.out.ends_with("</testsuites>\n"));
  EXPECT_EQ(Call({"selftest", "--quick", "--json", "-", "--junit", "-"}).code, 2);
  EXPECT_EQ(Call({"info", "--json"}).code, 2) << "a file is named everywhere";
}

TEST(ProgressTest, IsALineThatGoesAway) {
  std::ostringstream terminal;
  {
    Progress progress(&terminal, "run", 4, std::chrono::milliseconds(0));
    progress.Step();
    EXPECT_EQ(terminal.str(), "\rrun:  25 %");
    for (int i = 0; i < 5; ++i) progress.Step();
  }
  EXPECT_TRUE(terminal.str().ends_with("\rrun: 100 %\r          \r")) << terminal.str();
}

TEST(ProgressTest, SaysNothingOfShortRunsAndToNoTerminal) {
  std::ostringstream terminal;
  {
    Progress progress(&terminal, "run", 2, std::chrono::hours(1));
    progress.Step();
    Progress nowhere(nullptr, "run", 2, std::chrono::milliseconds(0));
    nowhere.Step();
  }
  EXPECT_EQ(terminal.str(), "");
}

TEST(ProgressTest, IsForTerminalsOnly) {
  std::ostringstream other;
  EXPECT_EQ(Terminal(other), nullptr);
  {
    const StandardStream file(STDERR_FILENO, open("/dev/null", O_WRONLY | O_CLOEXEC));
    EXPECT_EQ(Terminal(std::cerr), nullptr);
  }
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) GTEST_SKIP();
  {
    const StandardStream screen(STDERR_FILENO, open(ptsname(terminal), O_RDWR | O_NOCTTY));
    EXPECT_EQ(Terminal(std::cerr), &std::cerr);
    EXPECT_EQ(Terminal(other), nullptr);
  }
  close(terminal);
}

TEST(ProgressTest, TheSelfTestTakesAStepAUnit) {
  SelftestOptions options{.targets = {UsableTargetNames().back()}, .operations = {"pool"}};
  options.corpus.quick = true;
  size_t steps = 0;
  RunSelftest(options, [&] { ++steps; });
  EXPECT_EQ(steps, UnitCount(options));
  EXPECT_GT(steps, PoolAlgorithms().size());
}

}  // namespace
}  // namespace windrow::tool
