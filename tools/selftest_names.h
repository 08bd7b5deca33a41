// What all formats of the self-test's results call things.
#ifndef WINDROW_TOOLS_SELFTEST_NAMES_H_
#define WINDROW_TOOLS_SELFTEST_NAMES_H_

#include <string>

#include "tools/selftest.h"

namespace windrow::tool {

std::string NumericsName(const TargetResult& t);                   // "native", "portable", "any"
std::string Summary(const Failure& f);                             // what failed, and how often
std::string Details(const Failure& f, const std::string& indent);  // lines

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_SELFTEST_NAMES_H_
