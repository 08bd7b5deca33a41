#include "tools/selftest_stress.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <ostream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "problems/words.h"
#include "tools/child.h"
#include "tools/cores.h"
#include "tools/progress.h"
#include "tools/selftest_recorded.h"
#include "tools/selftest_worker.h"
#include "tools/targets.h"

namespace windrow::tool {
namespace {

using Clock = std::chrono::steady_clock;

// Compares the digests of a quick run with those that were recorded.
class DigestWatch : public Listener {
 public:
  explicit DigestWatch(const Unit& unit) : unit_(unit) {}
  void Starts(const CaseId&) override {}
  void Gives(const CaseId&, uint64_t) override { ++given; }
  void Complains(const CaseId&, const std::string& what) override { wrong.push_back(what); }
  void Throws(const CaseId&, const std::string& what) override { wrong.push_back(what); }
  void Digests(bool fused, const std::string& digest) override {
    const BitsClass c = ClassOf(unit_.op, fused);
    if (digest == RecordedDigest(c, /*quick=*/true)) return;
    wrong.push_back(fmt::format("digest of {} is {}, not as published", ToString(c), digest));
  }
  int64_t given = 0;
  std::vector<std::string> wrong;

 private:
  Unit unit_;
};

// What one core does until its time is over.
class CoreTest {
 public:
  CoreTest(std::vector<std::string> targets, uint64_t seed, Clock::time_point end)
      : targets_(std::move(targets)), random_(seed), end_(end) {}

  void Run() {
    for (size_t round = 0; round == 0 || !Over(); ++round) {
      // All operations on all targets in the course of time; the first rounds do the best target.
      const Operation op = kOperations[round % std::size(kOperations)];
      CheckDigests({op, targets_[round / std::size(kOperations) % targets_.size()], "auto"});
      for (int i = 0; i < 200 && !Over(); ++i) CheckRandom();
    }
    WriteLine(fmt::format("tick {}", calls_));
  }

 private:
  bool Over() const { return Clock::now() >= end_; }

  void Count(int64_t calls) {
    calls_ += calls;
    if (Clock::now() < next_tick_) return;
    next_tick_ = Clock::now() + std::chrono::seconds(1);
    WriteLine(fmt::format("tick {}", calls_));
  }

  void CheckDigests(const Unit& unit) {
    DigestWatch watch(unit);
    RunUnit(unit, {.quick = true}, watch);
    for (const std::string& what : watch.wrong) {
      WriteLine(fmt::format("wrong {} on {}: {}", ToString(unit.op), unit.target, what));
    }
    Count(watch.given);
  }

  void CheckRandom() {
    Unit unit;
    unit.op = kOperations[static_cast<size_t>(random_.Below(std::ssize(kOperations)))];
    unit.target = targets_[static_cast<size_t>(random_.Below(std::ssize(targets_)))];
    std::vector<std::string> names = SubjectOf(unit.op).Algorithms();
    names.emplace_back("auto");
    unit.algorithm = names[static_cast<size_t>(random_.Below(std::ssize(names)))];
    const std::vector<bool> classes = ClassesOn(unit.op, unit.target);
    const bool fused = classes[static_cast<size_t>(random_.Below(std::ssize(classes)))];
    const Layout layout = random_.OneIn(2) ? Layout::kNchw : Layout::kNhwc;
    const std::string problem = SubjectOf(unit.op).RandomProblem(random_);
    WriteLine(fmt::format("at {} on {} by {}: \"{}\"", ToString(unit.op), unit.target,
                          unit.algorithm, problem));
    if (const auto finding = Examine(unit, fused, layout, {.problem = problem})) {
      WriteLine(fmt::format("wrong {} on {} by {} in {}, \"{}\": {}{}", ToString(unit.op),
                            unit.target, unit.algorithm, windrow::ToString(layout), problem,
                            finding->what,
                            finding->difference ? ": " + finding->difference->ToString() : ""));
    }
    Count(1);
  }

  std::vector<std::string> targets_;
  Random random_;
  Clock::time_point end_, next_tick_{};
  int64_t calls_ = 0;
};

// What a core told.
struct Core {
  int64_t calls = 0, wrong = 0;
  std::string at;
  std::vector<std::string> shown;
  void Fail(const std::string& what) {
    constexpr size_t kShown = 5;
    if (++wrong; shown.size() < kShown) shown.push_back(what);
  }
};

}  // namespace

std::chrono::seconds ReadDuration(const std::string& text) {
  const std::string units = "smh";
  constexpr std::array<int64_t, 3> kSeconds = {1, 60, 3600};
  std::string number = text;
  int64_t unit = 1;
  if (!text.empty() && units.find(text.back()) != std::string::npos) {
    unit = kSeconds[units.find(text.back())];
    number.pop_back();
  }
  const auto count = problems::ReadInteger(number);
  if (!count || *count < 1 || *count > 1'000'000) {
    throw std::invalid_argument("\"" + text + "\" is no duration such as 10m, 90s or 1h");
  }
  return std::chrono::seconds(*count * unit);
}

int Stress(const SelftestOptions& options, std::chrono::seconds duration, std::ostream& out,
           std::ostream& err) {
  const std::string why_not = WhyNoChildren();
  if (!why_not.empty()) throw std::runtime_error("--stress needs processes: " + why_not);
  std::string targets;
  for (const cpu::TargetInfo& t : ChooseTargets(options.targets)) targets += " " + t.name;
  const std::vector<int> ids = UsableCores();
  std::map<int, Core> cores;
  std::vector<ChildTask> tasks;
  const auto seconds = duration.count();
  Progress progress(Terminal(err), "stress", static_cast<size_t>(seconds) * ids.size());
  for (const int id : ids) {
    Core& core = cores[id];
    tasks.push_back({{"selftest", "--worker", fmt::format("stress {} {}{}", id, seconds, targets),
                      "--seed", std::to_string(options.corpus.seed)},
                     [&core, &progress](const std::string& line) {
                       const std::string what =
                           line.substr(std::min(line.find(' '), line.size() - 1) + 1);
                       if (line.starts_with("wrong ")) core.Fail(what);
                       if (line.starts_with("at ")) core.at = what;
                       if (!line.starts_with("tick ")) return;
                       core.calls = problems::ReadInteger(what).value_or(0);
                       progress.Step();
                     },
                     [&core](const Ending& ending, double) {
                       if (!ending.ok()) core.Fail(ending.ToString() + " at " + core.at);
                     },
                     std::chrono::seconds(options.timeout == 0 ? 60 : options.timeout),
                     id});
  }
  RunChildren(std::move(tasks), ids.size());
  bool ok = !cores.empty();
  out << fmt::format("{:>5} {:>10} {:>6}\n", "core", "calls", "wrong");
  for (const auto& [id, core] : cores) {
    out << fmt::format("{:>5} {:>10} {:>6}\n", id, core.calls, core.wrong);
    ok = ok && core.wrong == 0 && core.calls > 0;
  }
  for (const auto& [id, core] : cores) {
    if (core.wrong == 0) continue;
    out << fmt::format("\nCORE {} COMPUTES WRONGLY\n", id);
    for (const std::string& what : core.shown) out << fmt::format("  {}\n", what);
  }
  out << (ok ? "\nPASSED\n" : "\nFAILED\n");
  return ok ? 0 : 1;
}

void StressCore(const std::string& request, const CorpusChoice& choice) {
  std::istringstream words(request);
  int core = 0;
  int64_t seconds = 0;
  std::vector<std::string> targets;
  words >> core >> seconds;
  for (std::string name; words >> name;) targets.push_back(name);
  const auto seed = static_cast<uint64_t>(choice.seed) * 100'003 + static_cast<uint64_t>(core);
  CoreTest(targets, seed, Clock::now() + std::chrono::seconds(seconds)).Run();
}

}  // namespace windrow::tool
