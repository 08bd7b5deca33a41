#include "tools/selftest_smallest.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <stdexcept>

#include "tools/child.h"
#include "tools/selftest_worker.h"

namespace windrow::tool {
namespace {

using Clock = std::chrono::steady_clock;

std::optional<Finding> ExamineApart(const Unit& unit, bool fused, Layout layout,
                                    const std::string& problem, const SelftestOptions& o) {
  const CorpusChoice choice{.problem = problem, .guards = o.corpus.guards};
  if (o.in_process) {
    try {
      return Examine(unit, fused, layout, choice);
    } catch (const std::invalid_argument&) {
      return std::nullopt;  // no problem
    }
  }
  // Small problems take no time.
  const auto timeout = std::chrono::seconds(std::min(o.timeout, 5));
  const ChildResult result = RunChild(ExamineArguments(unit, fused, layout, choice), timeout);
  if (!result.ending.ok()) return Finding{result.ending.ToString()};
  return FindingOf(result.line);
}

}  // namespace

void Shrink(const Unit& unit, bool fused, const SelftestOptions& options, Failure& failure) {
  // Each try of what does not end takes its time.
  const auto patience = std::chrono::seconds(std::min(10, 3 * options.timeout));
  const auto deadline = Clock::now() + patience;
  failure.smallest = failure.problem;
  failure.command = "";
  auto found = ExamineApart(unit, fused, failure.layout, failure.problem, options);
  std::set<std::string> tried;
  for (bool simpler = found.has_value(); simpler && Clock::now() < deadline;) {
    simpler = false;
    for (const std::string& text : SubjectOf(unit.op).Simpler(failure.smallest)) {
      if (Clock::now() >= deadline || !tried.insert(text).second) continue;
      const auto also = ExamineApart(unit, fused, failure.layout, text, options);
      // Only what fails in the same way: shrinking must not end at another fault.
      if (!also || also->what != found->what) continue;
      failure.smallest = text;
      found = also;
      simpler = true;
      break;
    }
  }
  if (found) failure.difference = found->difference;
  if (!found) failure.what += " (not when computed once more: memory, heat, or a race?)";
  failure.command =
      fmt::format("windrow selftest --target {} --op {} --algorithm {} --problem \"{}\"",
                  unit.target, ToString(unit.op), unit.algorithm, failure.smallest);
}

}  // namespace windrow::tool
