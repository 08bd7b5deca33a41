// The self-test's processes: what they are asked, on their command lines, and what they answer.
#ifndef WINDROW_TOOLS_SELFTEST_WORKER_H_
#define WINDROW_TOOLS_SELFTEST_WORKER_H_

#include <string>
#include <vector>

#include "tools/selftest_unit.h"

namespace windrow::tool {

// Runs a unit; each thing a Listener hears is a line.
std::vector<std::string> UnitArguments(const Unit& unit, const CorpusChoice& choice);
void TellLine(const std::string& line, Listener& listener);

// Examines one call; the last line is ToLine() of the finding.
std::vector<std::string> ExamineArguments(const Unit& unit, bool fused, Layout layout,
                                          const CorpusChoice& choice);

// Does what it is asked in such a process; returns the exit code.
int Work(const std::string& request, const CorpusChoice& choice);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_SELFTEST_WORKER_H_
