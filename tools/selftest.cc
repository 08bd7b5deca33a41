// windrow selftest: what it is asked; selftest.h says what it does, selftest_report.cc what it
// prints.
#include "tools/selftest.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <ostream>
#include <stdexcept>

#include "tools/cli.h"
#include "tools/file.h"
#include "tools/json_output.h"
#include "tools/selftest_stress.h"
#include "tools/selftest_worker.h"
#include "tools/targets.h"

namespace windrow::tool {
namespace {

struct SelftestWishes {
  SelftestOptions options;
  std::string json, junit, tap, stress, worker;
  bool list = false, no_guards = false;
};

int Selftest(SelftestWishes& w, std::ostream& out, std::ostream& err) {
  w.options.corpus.guards = !w.no_guards;
  if (!w.worker.empty()) return Work(w.worker, w.options.corpus);
  const std::string* const files[] = {&w.json, &w.junit, &w.tap};
  const auto to_output = std::count_if(std::begin(files), std::end(files),
                                       [](const std::string* f) { return *f == "-"; });
  if (to_output > 1) {
    throw std::invalid_argument("one of --json, --junit and --tap alone can go to standard output");
  }
  const size_t units = UnitCount(w.options);  // tells of a wrong option before anything runs
  if (w.list) {
    out << ListText(w.options);
    return 0;
  }
  if (!w.stress.empty()) {
    const auto named = std::count_if(std::begin(files), std::end(files),
                                     [](const std::string* f) { return !f->empty(); });
    if (named > 0) throw std::invalid_argument("--stress prints a table only");
    return Stress(w.options, ReadDuration(w.stress), out, err);
  }
  SelftestReport report;
  {
    Progress progress(Terminal(err), "selftest", units);
    report = RunSelftest(w.options, [&] { progress.Step(); });
  }
  if (to_output == 0) out << ToText(report);
  if (!w.json.empty()) WriteOutput(w.json, ToJson(report), out);
  if (!w.junit.empty()) WriteOutput(w.junit, ToJunit(report), out);
  if (!w.tap.empty()) WriteOutput(w.tap, ToTap(report), out);
  return report.ok() ? 0 : 1;
}

std::vector<Argument> Arguments(SelftestWishes& w) {
  SelftestOptions& o = w.options;
  CorpusChoice& c = o.corpus;
  return {
      TargetsArgument(o.targets),
      {"--quick", "A part of the corpus, with digests of its own", &c.quick},
      {"--list", "Say what would run", &w.list},
      {"--op", "This operation, may be repeated; all if none", &o.operations},
      {"--algorithm", "This algorithm, may be repeated; all if none", &o.algorithms},
      {"--problem", "This problem of --op alone", &c.problem},
      {"--repeat", "So many random problems of each operation beside the corpus",
       Count{&c.repeat, 10'000'000}},
      {"--seed", "Which random problems", Count{&c.seed, INT_MAX}},
      {.name = "--stress",
       .description = "Instead: every core by itself for so long (10m, 90s), to find one that "
                      "computes wrongly",
       .to = &w.stress,
       .value_name = "DURATION"},
      {"--jobs", "Processes at once; as many as cores if not said", Count{&o.jobs, 4096}},
      {"--timeout", "Seconds after which a call that does not end has failed; 60 if not said",
       Count{&o.timeout, 86'400}},
      {"--in-process", "No processes of their own: the first crash ends the run", &o.in_process},
      {"--no-guard-pages", "For emulators whose masked loads read what they mask out",
       &w.no_guards},
      ResultsArgument("--json", "JSON", w.json),
      ResultsArgument("--junit", "JUnit XML", w.junit),
      ResultsArgument("--tap", "TAP", w.tap),
      {.name = "--worker", .description = "", .to = &w.worker, .hidden = true},
  };
}

}  // namespace

Command SelftestCommand() {
  const auto w = std::make_shared<SelftestWishes>();
  return {"selftest",
          "[--quick] [--target T]... [--op OP]... [--algorithm A]... [--repeat N] [--seed N]\n"
          "                        [--problem TEXT] [--jobs N] [--json FILE] [--junit FILE] "
          "[--tap FILE] [--list]\n"
          "       windrow selftest --stress DURATION [--target T]...",
          "Check every SIMD target of this CPU, to the bit", Arguments(*w),
          [w](std::ostream& out, std::ostream& err) { return Selftest(*w, out, err); }};
}

}  // namespace windrow::tool
