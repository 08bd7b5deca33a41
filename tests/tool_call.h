// Calls the windrow program as a person would, without starting a process.
#ifndef WINDROW_TESTS_TOOL_CALL_H_
#define WINDROW_TESTS_TOOL_CALL_H_

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tools/cli.h"

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

}  // namespace windrow::tool

#endif  // WINDROW_TESTS_TOOL_CALL_H_
