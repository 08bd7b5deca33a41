#include "tools/selftest_worker.h"

#include <fmt/format.h>

#include <exception>
#include <sstream>
#include <stdexcept>

#include "tools/child.h"
#include "tools/selftest_stress.h"

namespace windrow::tool {
namespace {

std::string IdText(const CaseId& id) {
  return fmt::format("{} {} {}", id.problem, id.fused ? 1 : 0, id.layout == Layout::kNhwc ? 1 : 0);
}

CaseId ReadId(std::istream& words) {
  CaseId id;
  int layout = 0;
  words >> id.problem >> id.fused >> layout;
  id.layout = layout == 1 ? Layout::kNhwc : Layout::kNchw;
  return id;
}

class LineWriter : public Listener {
 public:
  void Starts(const CaseId& id) override { WriteLine("starts " + IdText(id)); }
  void Gives(const CaseId& id, uint64_t hash) override {
    WriteLine(fmt::format("gives {} {}", IdText(id), hash));
  }
  void Complains(const CaseId& id, const std::string& what) override {
    WriteLine(fmt::format("complains {} {}", IdText(id), what));
  }
  void Throws(const CaseId& id, const std::string& what) override {
    WriteLine(fmt::format("throws {} {}", IdText(id), what));
  }
  void Digests(bool fused, const std::string& digest) override {
    WriteLine(fmt::format("digests {} {}", fused ? 1 : 0, digest));
  }
};

}  // namespace

std::vector<std::string> UnitArguments(const Unit& unit, const CorpusChoice& choice) {
  std::vector<std::string> arguments = {"selftest", "--worker", "unit " + ToString(unit)};
  if (choice.quick) arguments.emplace_back("--quick");
  if (choice.repeat > 0) {
    arguments.insert(arguments.end(), {"--seed", std::to_string(choice.seed), "--repeat",
                                       std::to_string(choice.repeat)});
  }
  if (!choice.problem.empty()) {
    arguments.insert(arguments.end(), {"--problem", choice.problem});
  }
  if (!choice.guards) arguments.emplace_back("--no-guard-pages");
  return arguments;
}

void TellLine(const std::string& line, Listener& listener) {
  std::istringstream words(line);
  std::string kind;
  words >> kind;
  if (kind == "digests") {
    bool fused = false;
    std::string digest;
    words >> fused >> digest;
    listener.Digests(fused, digest);
    return;
  }
  const CaseId id = ReadId(words);
  if (kind == "starts") listener.Starts(id);
  uint64_t hash = 0;
  if (kind == "gives" && words >> hash) listener.Gives(id, hash);
  std::string what;
  std::getline(words >> std::ws, what);
  if (kind == "complains") listener.Complains(id, what);
  if (kind == "throws") listener.Throws(id, what);
}

std::vector<std::string> ExamineArguments(const Unit& unit, bool fused, Layout layout,
                                          const CorpusChoice& choice) {
  std::vector<std::string> arguments = {
      "selftest", "--worker",
      fmt::format("examine {} {} {}", fused ? 1 : 0, layout == Layout::kNhwc ? 1 : 0,
                  ToString(unit)),
      "--problem", choice.problem};
  if (!choice.guards) arguments.emplace_back("--no-guard-pages");
  return arguments;
}

int Work(const std::string& request, const CorpusChoice& choice) {
  BeginChild();
  std::istringstream words(request);
  std::string kind, unit;
  words >> kind;
  if (kind == "hello") {
    WriteLine("hello");
  } else if (kind == "unit") {
    std::getline(words, unit);
    LineWriter writer;
    RunUnit(ParseUnit(unit), choice, writer);
  } else if (kind == "examine") {
    bool fused = false;
    int layout = 0;
    words >> fused >> layout;
    std::getline(words, unit);
    WriteLine(ToLine(
        Examine(ParseUnit(unit), fused, layout == 1 ? Layout::kNhwc : Layout::kNchw, choice)));
  } else if (kind == "stress") {
    std::getline(words, unit);
    StressCore(unit, choice);
  } else {
    throw std::invalid_argument("--worker is for the self-test itself");
  }
  return 0;
}

}  // namespace windrow::tool
