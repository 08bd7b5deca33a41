// The stress test: every core by itself, for as long as one likes, to find one that computes
// wrongly.
#ifndef WINDROW_TOOLS_SELFTEST_STRESS_H_
#define WINDROW_TOOLS_SELFTEST_STRESS_H_

#include <chrono>
#include <iosfwd>
#include <string>

#include "tools/selftest.h"

namespace windrow::tool {

// "10m", "90s", "1h", "45" (seconds). Throws std::invalid_argument.
std::chrono::seconds ReadDuration(const std::string& text);

// Starts a process a core, prints what each did, and returns the exit code.
int Stress(const SelftestOptions& options, std::chrono::seconds duration, std::ostream& out,
           std::ostream& err);

// One such process; `request`: "CORE SECONDS TARGET...".
void StressCore(const std::string& request, const CorpusChoice& choice);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_SELFTEST_STRESS_H_
