// windrow selftest: runs the corpora; see selftest_report.cc for what it prints.
//
//   for each problem of a corpus:
//     for each class of bits: the reference's output
//     for each target and class: for each layout and each algorithm that accepts it: memcmp
#include "tools/selftest.h"

#include <memory>
#include <ostream>
#include <stdexcept>

#include "tools/cli.h"
#include "tools/corpus.h"
#include "tools/file.h"
#include "tools/json_output.h"
#include "tools/pool_corpus.h"
#include "tools/selftest_run.h"
#include "tools/targets.h"

namespace windrow::tool {
namespace {

// The digests that every machine must have, of the whole corpora and of the quick ones. A change of
// a corpus changes them; nothing else may.
struct Recorded {
  const char *fused, *unfused, *pooling, *fused_gradient, *unfused_gradient;
};
constexpr Recorded kRecordedFull = {
    "8ee4e009028ca942c02ebbdfeb778f9f0e721019457e800338b587ac7549d583",
    "9b8f9b47bc617c7e5692844630f767e4c3358e69f96a4b4c3bfa44ccc9035cca",
    "163cbb0b390900a802e00d99bc40b413618ef310b6ba019fb42fa2a578991215",
    "a7a07b24251d48461dc749628ae4de3d13105a679c06263dd13d5a36f8fb88a0",
    "868641195834e4ee7d9481da17f0e9c8e3cd153c15949956ad941184dfc091d9"};
constexpr Recorded kRecordedQuick = {
    "5a3c1cd14b2d1c07dbad76bb2b67312619ec57dd05c1d0e299a6294735cc7883",
    "5b5b0f7bdf25643b9ec1e0467341995f82d4651a82348648e79651ead896ed50",
    "268733c49ff72bd94e992a9756b6943a7a8e12c4012e3bef2db883e5d96a5b8c",
    "3e583fd856466a2b1f534545cc7bdf0b8725da7ef87dcd9b21dcffa677df92e8",
    "794b0bfc582f3bd0d8ddea12f5144577dfb5a45f9042bee6547d3eb28cd1e4c1"};

struct SelftestOptions {
  std::vector<std::string> targets;
  std::string json, junit;
  bool quick = false;
};

int Selftest(const SelftestOptions& o, std::ostream& out, std::ostream& err) {
  if (o.json == "-" && o.junit == "-") {
    throw std::invalid_argument("--json and --junit cannot both go to standard output");
  }
  SelftestReport report;
  {
    Progress progress(Terminal(err), "selftest",
                      2 * Corpus(o.quick).size() + PoolCorpus(o.quick).size());
    report = RunSelftest(o.targets, o.quick, [&] { progress.Step(); });
  }
  if (o.json != "-" && o.junit != "-") out << ToText(report);
  if (!o.json.empty()) WriteOutput(o.json, ToJson(report), out);
  if (!o.junit.empty()) WriteOutput(o.junit, ToJunit(report), out);
  return report.ok() ? 0 : 1;
}

}  // namespace

SelftestReport RunSelftest(const std::vector<std::string>& targets, bool quick, const Step& step) {
  const std::vector<cpu::TargetInfo> chosen = ChooseTargets(targets);
  const Recorded& recorded = quick ? kRecordedQuick : kRecordedFull;
  SelftestReport report;
  report.quick = quick;
  report.classes = {ClassResult{BitsClass::kFused, {}, "", recorded.fused},
                    ClassResult{BitsClass::kUnfused, {}, "", recorded.unfused},
                    ClassResult{BitsClass::kPooling, {}, "", recorded.pooling},
                    ClassResult{BitsClass::kFusedGradient, {}, "", recorded.fused_gradient},
                    ClassResult{BitsClass::kUnfusedGradient, {}, "", recorded.unfused_gradient}};
  TestConvolutions(chosen, report, step);
  TestPoolings(chosen, report, step);
  TestGradients(chosen, report, step);
  return report;
}

Command SelftestCommand() {
  const auto o = std::make_shared<SelftestOptions>();
  return {"selftest",
          "[--target T]... [--json FILE] [--junit FILE] [--quick]",
          "Check every SIMD target of this CPU, to the bit",
          {TargetsArgument(o->targets),
           ResultsArgument("--json", "JSON", o->json),
           ResultsArgument("--junit", "JUnit XML", o->junit),
           {"--quick", "A part of the corpus, with digests of its own", &o->quick}},
          [o](std::ostream& out, std::ostream& err) { return Selftest(*o, out, err); }};
}

}  // namespace windrow::tool
