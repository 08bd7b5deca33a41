// Runs the units, each in a process of its own, and gathers what they tell.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tools/child.h"
#include "tools/selftest.h"
#include "tools/selftest_recorded.h"
#include "tools/selftest_smallest.h"
#include "tools/selftest_worker.h"
#include "tools/targets.h"

namespace windrow::tool {
namespace {

// What one unit told.
class Told : public Listener {
 public:
  struct Given {
    CaseId id;
    uint64_t hash;
  };
  struct Trouble {
    CaseId id;
    std::string what;
  };

  void Starts(const CaseId& id) override {
    running = id;
    ++runs[id.fused ? 1 : 0];
  }
  void Gives(const CaseId& id, uint64_t hash) override {
    given.push_back({id, hash});
    running.reset();
  }
  void Complains(const CaseId& id, const std::string& what) override {
    troubles.push_back({id, what});
  }
  void Throws(const CaseId& id, const std::string& what) override {
    troubles.push_back({id, "throws: " + what});
    running.reset();
  }
  void Digests(bool fused, const std::string& digest) override { digests[fused ? 1 : 0] = digest; }
  void Ends(const Ending& ending, double took) {
    seconds = took;
    if (ending.ok()) return;
    const std::string what = ending.ToString();
    if (running) {
      troubles.push_back({*running, what});
    } else {
      died = what;  // between two calls
    }
  }

  Unit unit;
  std::optional<CaseId> running;
  std::vector<Given> given;
  std::vector<Trouble> troubles;
  std::string died;
  std::array<std::string, 2> digests;
  std::array<int64_t, 2> runs{};
  double seconds = 0;
};

template <typename T>
bool Wanted(const std::vector<T>& of, const T& which) {
  return of.empty() || std::find(of.begin(), of.end(), which) != of.end();
}

// The reference of each operation, then targets by operation.
std::vector<Unit> UnitsOf(const SelftestOptions& o) {
  std::vector<Unit> units;
  const std::vector<cpu::TargetInfo> targets = ChooseTargets(o.targets);
  for (const Operation op : kOperations) {
    if (!Wanted<std::string>(o.operations, ToString(op))) continue;
    units.push_back({op, "", "reference"});
    std::vector<std::string> algorithms = {"auto"};
    for (std::string& name : SubjectOf(op).Algorithms()) algorithms.push_back(std::move(name));
    for (const cpu::TargetInfo& t : targets) {
      for (const std::string& algorithm : algorithms) {
        if (Wanted(o.algorithms, algorithm)) units.push_back({op, t.name, algorithm});
      }
    }
  }
  return units;
}

void Check(const SelftestOptions& o) {
  std::vector<std::string> operations, algorithms = {"auto"};
  for (const Operation op : kOperations) {
    operations.emplace_back(ToString(op));
    for (std::string& name : SubjectOf(op).Algorithms()) algorithms.push_back(std::move(name));
  }
  const auto check = [](const char* what, const auto& names, const auto& known) {
    for (const std::string& name : names) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      throw std::invalid_argument(
          fmt::format("there is no {} \"{}\"; there are {}", what, name, fmt::join(known, ", ")));
    }
  };
  check("operation", o.operations, operations);
  check("algorithm", o.algorithms, algorithms);
  if (o.corpus.problem.empty()) return;
  if (o.operations.size() != 1) {
    throw std::invalid_argument("--problem needs one --op, whose problem it is");
  }
  for (const Operation op : kOperations) {
    if (o.operations.front() == ToString(op)) SubjectOf(op).Make(o.corpus.problem);
  }
}

void RunInProcess(std::vector<std::unique_ptr<Told>>& all, const CorpusChoice& choice,
                  const Step& step) {
  for (const auto& told : all) {
    const auto start = std::chrono::steady_clock::now();
    RunUnit(told->unit, choice, *told);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    told->seconds = seconds.count();
    if (step) step();
  }
}

void RunInChildren(std::vector<std::unique_ptr<Told>>& all, const SelftestOptions& o,
                   const Step& step) {
  std::vector<ChildTask> tasks;
  for (const auto& told : all) {
    Told* const to = told.get();
    tasks.push_back({UnitArguments(to->unit, o.corpus),
                     [to](const std::string& line) { TellLine(line, *to); },
                     [to, &step](const Ending& ending, double seconds) {
                       to->Ends(ending, seconds);
                       if (step) step();
                     },
                     std::chrono::seconds(o.timeout)});
  }
  RunChildren(std::move(tasks), static_cast<size_t>(o.jobs));
}

// The reference's hashes, by class and problem.
using Expected = std::array<std::map<size_t, uint64_t>, 2>;

// Turns what units told into the report.
class Gatherer {
 public:
  Gatherer(const SelftestOptions& options, SelftestReport& report)
      : options_(options), report_(report) {}

  void AddReference(const Told& told) {
    for (const auto& g : told.given) {
      expected_[told.unit.op][g.id.fused ? 1 : 0][g.id.problem] = g.hash;
    }
    const size_t problems = ProblemsOf(told.unit.op, options_.corpus).texts.size();
    for (const bool fused : {true, false}) {
      if (ReferenceTarget(told.unit.op, fused).empty()) continue;
      ClassResult& c = report_.classes[static_cast<size_t>(ClassOf(told.unit.op, fused))];
      c.tested = true;
      c.problems = problems;
      c.digest = told.digests[fused ? 1 : 0];
      Collect(told, fused, c.failures);
    }
  }

  void Add(const Told& told) {
    const std::vector<bool> classes = ClassesOn(told.unit.op, told.unit.target);
    for (const bool fused : classes) {
      TargetResult& result = ResultOf(told.unit, fused);
      const double share = told.seconds / static_cast<double>(classes.size());
      result.units.push_back({told.unit.algorithm, told.runs[fused ? 1 : 0], share});
      result.seconds += share;
      if (told.unit.algorithm == "auto") result.digest = told.digests[fused ? 1 : 0];
      Collect(told, fused, result.failures);
    }
  }

 private:
  TargetResult& ResultOf(const Unit& unit, bool fused) {
    const BitsClass c = ClassOf(unit.op, fused);
    for (TargetResult& t : report_.targets) {
      if (t.target == unit.target && t.bits_class == c) return t;
    }
    const bool portable = WayOf(unit, fused, Layout::kNchw).numerics == Numerics::kPortable;
    report_.targets.push_back({.target = unit.target, .bits_class = c, .portable = portable});
    return report_.targets.back();
  }

  void Collect(const Told& told, bool fused, std::vector<Failure>& failures) {
    const auto add = [&](const CaseId& id, const std::string& what) {
      if (id.fused != fused) return;
      for (Failure& f : failures) {
        if (f.algorithm == told.unit.algorithm && f.what == what) {
          ++f.cases;
          return;
        }
      }
      failures.push_back({.algorithm = told.unit.algorithm,
                          .layout = id.layout,
                          .what = what,
                          .problem = Text(told.unit.op, id.problem)});
    };
    if (!told.unit.is_reference()) {
      const auto& expected = expected_[told.unit.op][fused ? 1 : 0];
      for (const auto& g : told.given) {
        const auto at = expected.find(g.id.problem);
        if (at == expected.end()) {
          add(g.id, "has no reference to be compared with");
        } else if (at->second != g.hash) {
          add(g.id, "differs from the reference");
        }
      }
    }
    for (const auto& t : told.troubles) add(t.id, t.what);
    if (!told.died.empty()) {
      failures.push_back({.algorithm = told.unit.algorithm, .what = told.died, .problem = ""});
    }
  }

  const std::string& Text(Operation op, size_t problem) {
    std::vector<std::string>& texts = texts_[op];
    if (texts.empty()) texts = ProblemsOf(op, options_.corpus).texts;
    return texts[problem];
  }

  const SelftestOptions& options_;
  SelftestReport& report_;
  std::map<Operation, Expected> expected_;
  std::map<Operation, std::vector<std::string>> texts_;
};

Operation OperationOf(BitsClass c) {
  for (const Operation op : kOperations) {
    if (ClassOf(op, true) == c || ClassOf(op, false) == c) return op;
  }
  return Operation::kConvolution;
}

// The first failures' smallest problems; more say nothing new.
void FindSmallest(SelftestReport& report, const SelftestOptions& o) {
  constexpr int kShrunk = 20;
  int left = kShrunk;
  for (TargetResult& t : report.targets) {
    for (Failure& f : t.failures) {
      if (f.problem.empty() || left-- <= 0) continue;
      const Operation op = OperationOf(t.bits_class);
      const bool fused = HasClasses(op) && ClassOf(op, true) == t.bits_class;
      Shrink({op, t.target, f.algorithm}, fused, o, f);
    }
  }
}

}  // namespace

size_t UnitCount(const SelftestOptions& options) {
  Check(options);
  return UnitsOf(options).size();
}

SelftestReport RunSelftest(const SelftestOptions& options, const Step& step) {
  Check(options);
  SelftestOptions o = options;
  if (o.jobs == 0) o.jobs = static_cast<int>(std::max(std::thread::hardware_concurrency(), 1u));
  if (o.timeout == 0) o.timeout = 60;
  SelftestReport report{.corpus = o.corpus};
  for (const Operation op : kOperations) {
    for (const bool fused : {true, false}) {
      const BitsClass c = ClassOf(op, fused);
      report.classes[static_cast<size_t>(c)] = {.bits_class = c,
                                                .recorded = RecordedDigest(c, o.corpus.quick)};
    }
  }
  if (o.targets.empty()) {
    for (const cpu::TargetInfo& t : cpu::Targets()) {
      if (!t.usable) report.skipped.push_back({t.name, t.why_not});
    }
  }
  report.in_process = o.in_process ? "as asked" : WhyNoChildren();
  o.in_process = !report.in_process.empty();

  std::vector<std::unique_ptr<Told>> all;
  for (Unit& unit : UnitsOf(o)) {
    all.push_back(std::make_unique<Told>());
    all.back()->unit = std::move(unit);
  }
  if (o.in_process) {
    RunInProcess(all, o.corpus, step);
  } else {
    RunInChildren(all, o, step);
  }
  Gatherer gatherer(o, report);
  for (const auto& told : all) {
    if (told->unit.is_reference()) gatherer.AddReference(*told);
  }
  for (const auto& told : all) {
    if (!told->unit.is_reference()) gatherer.Add(*told);
  }
  FindSmallest(report, o);
  return report;
}

int64_t TargetResult::runs() const {
  int64_t sum = 0;
  for (const Unit& u : units) sum += u.runs;
  return sum;
}

int64_t SelftestReport::runs() const {
  int64_t sum = 0;
  for (const TargetResult& t : targets) sum += t.runs();
  return sum;
}

bool SelftestReport::ok() const {
  // No test run is no success.
  return runs() > 0 &&
         std::all_of(targets.begin(), targets.end(),
                     [](const TargetResult& t) { return t.failures.empty(); }) &&
         std::all_of(classes.begin(), classes.end(), [&](const ClassResult& c) {
           return !c.tested || (c.failures.empty() && (c.digest.empty() || AsRecorded(c)));
         });
}

}  // namespace windrow::tool
