// Calls the windrow program as a person would, without starting a process, and what else tests of
// it share.
#ifndef WINDROW_TESTS_TOOLS_TOOL_CALL_H_
#define WINDROW_TESTS_TOOLS_TOOL_CALL_H_

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tools/cli.h"
#include "windrow/cpu.h"

namespace windrow::tool {

struct Outcome {
  int code;
  std::string out, err;
};

inline Outcome Call(std::vector<std::string> arguments) {
  std::ostringstream out, err;
  const int code = Main(std::move(arguments), out, err);
  return {code, out.str(), err.str()};
}

inline bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline std::vector<std::string> UsableTargetNames() {
  std::vector<std::string> names;
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (t.usable) names.push_back(t.name);
  }
  return names;
}

}  // namespace windrow::tool

#endif  // WINDROW_TESTS_TOOLS_TOOL_CALL_H_
