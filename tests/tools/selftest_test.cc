// The self-test's options and formats, and what it is made of.
#include "tools/selftest.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/tools/tool_call.h"
#include "tools/child.h"
#include "tools/selftest_recorded.h"
#include "tools/selftest_stress.h"

namespace windrow::tool {
namespace {

std::string LastTarget() { return UsableTargetNames().back(); }

// A whole quick run of every target: the digests that are published.
TEST(SelftestRunTest, EveryTargetHasThePublishedDigests) {
  const SelftestReport report = RunSelftest({.corpus = {.quick = true}});
  EXPECT_TRUE(report.ok()) << ToText(report);
  EXPECT_EQ(report.in_process, "");
  std::set<std::string> targets;
  for (const TargetResult& t : report.targets) {
    targets.insert(t.target);
    EXPECT_EQ(t.digest, RecordedDigest(t.bits_class, /*quick=*/true)) << t.target;
    EXPECT_GT(t.runs(), 0) << t.target << ToString(t.bits_class);
  }
  EXPECT_EQ(targets.size(), UsableTargetNames().size());
}

TEST(SelftestRunTest, InOneProcessIsTheSame) {
  SelftestOptions options{.targets = {LastTarget()}, .operations = {"pool"}};
  options.corpus.quick = true;
  const SelftestReport apart = RunSelftest(options);
  options.in_process = true;
  const SelftestReport together = RunSelftest(options);
  EXPECT_EQ(together.in_process, "as asked");
  EXPECT_TRUE(apart.ok() && together.ok());
  EXPECT_EQ(apart.runs(), together.runs());
  EXPECT_EQ(apart.targets.front().digest, together.targets.front().digest);
}

TEST(SelftestRunTest, RandomProblemsStandBesideTheCorpus) {
  for (const Operation op : kOperations) {
    const ProblemList fixed = ProblemsOf(op, {.quick = true});
    const ProblemList some = ProblemsOf(op, {.quick = true, .seed = 5, .repeat = 9});
    const ProblemList others = ProblemsOf(op, {.quick = true, .seed = 6, .repeat = 9});
    EXPECT_EQ(some.texts.size(), fixed.texts.size() + 9);
    EXPECT_EQ(some.frozen, fixed.texts.size());
    EXPECT_NE(some.texts, others.texts);
    EXPECT_EQ(some.texts, ProblemsOf(op, {.quick = true, .seed = 5, .repeat = 9}).texts);
  }
  const Outcome o = Call({"selftest", "--quick", "--target", LastTarget(), "--seed", "5",
                          "--repeat", "9", "--jobs", "1"});
  EXPECT_EQ(o.code, 0) << o.out << o.err;
}

TEST(SelftestRunTest, NoTestRunIsAFailure) {
  const Outcome o =
      Call({"selftest", "--quick", "--op", "conv", "--algorithm", "planes", "--tap", "-"});
  EXPECT_EQ(o.code, 1) << o.out << o.err;
  EXPECT_TRUE(Has(o.out, "not ok ")) << o.out;
  EXPECT_TRUE(Has(o.out, "no test was run") || Has(o.out, "selftest runs")) << o.out;
}

TEST(SelftestRunTest, MisuseIsTold) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> misuses = {
      {{"--op", "fly"}, "no operation \"fly\""},
      {{"--algorithm", "fly"}, "no algorithm \"fly\""},
      {{"--problem", "ic1 oc1 k1 i1"}, "needs one --op"},
      {{"--op", "conv", "--problem", "ic1 oc1 k3 i1"}, "kernel"},
      {{"--op", "train", "--problem", "steps2 fly"}, "fly"},
      {{"--stress", "10 m"}, "no duration"},
      {{"--stress", "1s", "--json", "-"}, "table only"},
      {{"--tap", "-", "--json", "-"}, "standard output"},
      {{"--worker", "fly"}, "itself"}};
  for (const auto& [arguments, what] : misuses) {
    std::vector<std::string> all = {"selftest"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome o = Call(all);
    EXPECT_EQ(o.code, 2) << arguments.front();
    EXPECT_TRUE(Has(o.err, what)) << o.err;
    EXPECT_EQ(o.out, "");
  }
}

TEST(SelftestRunTest, ListsWhatItWouldRun) {
  const Outcome o = Call({"selftest", "--list"});
  EXPECT_EQ(o.code, 0) << o.err;
  for (const Operation op : kOperations) EXPECT_TRUE(Has(o.out, ToString(op))) << o.out;
  EXPECT_TRUE(Has(o.out, "corpus version")) << o.out;
  for (const std::string& name : UsableTargetNames()) EXPECT_TRUE(Has(o.out, name)) << o.out;
}

TEST(SelftestFormatTest, OneProblemInEach) {
  const std::vector<std::string> run = {"selftest", "--target",  LastTarget(),
                                        "--op",     "pool",      "--algorithm",
                                        "auto",     "--problem", "avgpool c3 i9 k2"};
  const auto as = [&](const std::string& format) {
    std::vector<std::string> arguments = run;
    arguments.insert(arguments.end(), {format, "-"});
    return Call(arguments);
  };
  const auto json = nlohmann::json::parse(as("--json").out);
  EXPECT_TRUE(json["ok"].get<bool>());
  EXPECT_EQ(json["targets"][0]["calls"], 2);
  EXPECT_EQ(json["targets"][0]["units"][0]["algorithm"], "auto");
  EXPECT_EQ(as("--tap").out, "TAP version 13\n1..2\nok 1 - " + LastTarget() +
                                 " pool any auto\nok 2 - digest pool\n");
  EXPECT_TRUE(Has(as("--junit").out, "<testsuite name=\"" + LastTarget() +
                                         " pool any\" tests=\"1\" failures=\"0\" skipped=\"0\">"));
}

// Made by hand, for what this machine may not have.
TEST(SelftestFormatTest, FailuresAndSkippedTargets) {
  SelftestReport report;
  TargetResult t{.target = "AVX2", .bits_class = BitsClass::kFused};
  t.units = {{"direct", 5, 0.5}};
  t.failures = {{.algorithm = "direct",
                 .what = "differs from the reference",
                 .problem = "ic2 <oc2>",
                 .cases = 3,
                 .smallest = "ic1",
                 .command = "again",
                 .difference = Difference{
                     .c = 1, .elements = 2, .expected = 0x3F800000, .computed = 0x3F800003}}};
  report.targets = {t};
  report.skipped = {{"AVX3", "missing avx512f"}};
  EXPECT_FALSE(report.ok());
  const std::string text = ToText(report);
  EXPECT_TRUE(Has(text, "AVX3      skipped: missing avx512f")) << text;
  EXPECT_TRUE(Has(text,
                  "there        2 elements differ, the first at n 0 c 1 h 0 w 0: expected "
                  "3f800000 (1), computed 3f800003 (1.0000004), 3 ulp apart"))
      << text;
  const std::string tap = ToTap(report);
  EXPECT_TRUE(Has(tap, "not ok 1 - AVX2 conv/F native direct\n# differs")) << tap;
  EXPECT_TRUE(Has(tap, "ok 2 - AVX3 all # SKIP missing avx512f\n")) << tap;
  const std::string xml = ToJunit(report);
  EXPECT_TRUE(Has(xml, "<failure message=\"differs from the reference (3 calls)\">")) << xml;
  EXPECT_TRUE(Has(xml, "ic2 &lt;oc2&gt;")) << xml;
  EXPECT_TRUE(Has(xml, "<skipped message=\"missing avx512f\"/>")) << xml;
  const auto json = nlohmann::json::parse(ToJson(report));
  EXPECT_EQ(json["targets"][0]["failures"][0]["difference"]["ulps"], 3);
  EXPECT_EQ(json["skipped"][0]["why"], "missing avx512f");
}

TEST(SelftestUnitTest, FindingsPassBetweenProcesses) {
  EXPECT_FALSE(FindingOf(ToLine(std::nullopt)).has_value());
  const auto told = FindingOf(ToLine(Finding{"left the bits changed"}));
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->what, "left the bits changed");
  EXPECT_FALSE(told->difference.has_value());
  const Difference d{
      .n = 1, .w = 4, .elements = 9, .of_index = true, .expected = ~uint64_t{0}, .computed = 7};
  const auto differs = FindingOf(ToLine(Finding{"differs so", d}));
  ASSERT_TRUE(differs && differs->difference);
  EXPECT_EQ(differs->difference->ToString(), d.ToString());
  EXPECT_EQ(differs->what, "differs so");
}

TEST(SelftestUnitTest, UlpsAreFloatsBetween) {
  const auto ulps = [](uint64_t a, uint64_t b) {
    return Difference{.expected = a, .computed = b}.ulps();
  };
  EXPECT_EQ(ulps(0x3F800000, 0x3F7FFFFF), 1u);
  EXPECT_EQ(ulps(0x00000001, 0x80000001), 2u);
  EXPECT_EQ(ulps(0x7FC00000, 0x3F800000), 0u);
}

// Every simpler problem can be run, and none leads back.
TEST(SelftestUnitTest, SimplerProblemsEnd) {
  for (const Operation op : kOperations) {
    const Subject& subject = SubjectOf(op);
    std::set<std::string> seen;
    std::string at = subject.Corpus(/*quick=*/true).front();
    for (std::vector<std::string> next; !(next = subject.Simpler(at)).empty();) {
      if (op != Operation::kTraining) {
        for (const std::string& text : next) EXPECT_NO_THROW(subject.Make(text)) << text;
      }
      at = next.front();
      ASSERT_TRUE(seen.insert(at).second) << at;
    }
    EXPECT_FALSE(seen.empty()) << ToString(op);
  }
}

TEST(SelftestUnitTest, DurationsAreRead) {
  EXPECT_EQ(ReadDuration("10m"), std::chrono::seconds(600));
  EXPECT_EQ(ReadDuration("90s"), std::chrono::seconds(90));
  EXPECT_EQ(ReadDuration("1h"), std::chrono::seconds(3600));
  EXPECT_EQ(ReadDuration("45"), std::chrono::seconds(45));
  for (const char* wrong : {"", "m", "0", "-1s", "1d", "1.5m"}) {
    EXPECT_THROW(ReadDuration(wrong), std::invalid_argument) << wrong;
  }
}

TEST(StressTest, SoundCoresPass) {
  const Outcome o = Call({"selftest", "--stress", "1s", "--target", LastTarget()});
  EXPECT_EQ(o.code, 0) << o.out << o.err;
  EXPECT_TRUE(Has(o.out, "PASSED")) << o.out;
}

}  // namespace
}  // namespace windrow::tool
