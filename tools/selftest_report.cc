// The self-test's results for people: a table, failures, digests; and what a run would do.
#include <fmt/format.h>

#include "tools/selftest.h"
#include "tools/selftest_names.h"
#include "tools/targets.h"

namespace windrow::tool {
namespace {

const char* Digested(const SelftestReport& report, const ClassResult& c) {
  if (!c.tested) return "not tested";
  if (c.digest.empty()) return "";
  return report.AsRecorded(c) ? "  as recorded" : "  NOT AS RECORDED";
}

std::string Table(const SelftestReport& report) {
  std::string text = fmt::format("{:<9} {:<13} {:<8} {:>6} {:>8} {:>7}  {}\n", "target", "class",
                                 "numerics", "calls", "failures", "seconds", "digest");
  for (const TargetResult& t : report.targets) {
    int64_t failures = 0;
    for (const Failure& f : t.failures) failures += f.cases;
    text += fmt::format("{:<9} {:<13} {:<8} {:>6} {:>8} {:>7.2f}  {}\n", t.target,
                        ToString(t.bits_class), NumericsName(t), t.runs(), failures, t.seconds,
                        t.digest.empty() ? "-" : t.digest.substr(0, 16));
  }
  for (const SkippedTarget& s : report.skipped) {
    text += fmt::format("{:<9} skipped: {}\n", s.target, s.why);
  }
  return text;
}

std::string Failures(const std::string& target, BitsClass c, const std::vector<Failure>& failures) {
  std::string text;
  for (const Failure& f : failures) {
    text += fmt::format("\nFAILURE {} {} {} {}: {}\n", target, ToString(c), f.algorithm,
                        windrow::ToString(f.layout), Summary(f));
    text += Details(f, "  ");
  }
  return text;
}

std::string Digests(const SelftestReport& report) {
  std::string text = fmt::format(
      "\nThe reference's digests of corpus version {}{}, which are the same on every machine:\n",
      kCorpusVersion, report.corpus.quick ? ", quick" : "");
  for (const ClassResult& c : report.classes) {
    text += fmt::format("{:<13} {}{}\n", ToString(c.bits_class), c.digest, Digested(report, c));
    if (!c.digest.empty() && !report.AsRecorded(c)) text += "recorded:     " + c.recorded + "\n";
  }
  return text;
}

}  // namespace

std::string NumericsName(const TargetResult& t) {
  if (t.bits_class == BitsClass::kPooling || t.bits_class == BitsClass::kPoolGradient) return "any";
  return t.portable ? "portable" : "native";
}

std::string Summary(const Failure& f) {
  return f.cases == 1 ? f.what : fmt::format("{} ({} calls)", f.what, f.cases);
}

std::string Details(const Failure& f, const std::string& indent) {
  if (f.problem.empty()) return "";
  std::string text = fmt::format("{}first met in \"{}\"\n", indent, f.problem);
  if (f.command.empty()) return text;
  text += fmt::format("{}smallest     \"{}\"\n", indent, f.smallest);
  if (f.difference) text += fmt::format("{}there        {}\n", indent, f.difference->ToString());
  return text + fmt::format("{}to repeat    {}\n", indent, f.command);
}

std::string ToText(const SelftestReport& report) {
  std::string text;
  if (!report.in_process.empty()) {
    text += fmt::format("All in one process, {}: a crash ends the run.\n\n", report.in_process);
  }
  text += Table(report);
  for (const ClassResult& c : report.classes) {
    text += Failures("reference", c.bits_class, c.failures);
  }
  for (const TargetResult& t : report.targets) {
    text += Failures(t.target, t.bits_class, t.failures);
  }
  if (report.corpus.problem.empty()) text += Digests(report);
  if (report.runs() == 0) text += "\nNo test was run.\n";
  return text + (report.ok() ? "\nPASSED\n" : "\nFAILED\n");
}

std::string ListText(const SelftestOptions& options) {
  std::string text =
      fmt::format("corpus version {}{}\n\n{:<14} {:>8}  {}\n", kCorpusVersion,
                  options.corpus.quick ? ", quick" : "", "operation", "problems", "algorithms");
  for (const Operation op : kOperations) {
    std::vector<std::string> algorithms = SubjectOf(op).Algorithms();
    algorithms.insert(algorithms.begin(), "auto");
    text += fmt::format("{:<14} {:>8}  {}\n", ToString(op),
                        ProblemsOf(op, options.corpus).texts.size(), fmt::join(algorithms, ", "));
  }
  text += "\ntargets, best first\n";
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    text += fmt::format("{:<14} {}\n", t.name,
                        !t.usable ? "skipped: " + t.why_not
                        : t.fused ? "class F, and class U by Numerics::kPortable"
                                  : "class U");
  }
  return text;
}

}  // namespace windrow::tool
