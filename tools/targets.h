// The SIMD targets that a subcommand is asked to use.
#ifndef WINDROW_TOOLS_TARGETS_H_
#define WINDROW_TOOLS_TARGETS_H_

#include <string>
#include <vector>

#include "tools/cli.h"
#include "windrow/cpu.h"

namespace windrow::tool {

// --target, which may be repeated.
Argument TargetsArgument(std::vector<std::string>& names);

// Those of these names, best first, or all usable ones if none is named. Throws
// std::invalid_argument, naming the usable ones, for a target that is not usable.
std::vector<cpu::TargetInfo> ChooseTargets(const std::vector<std::string>& names);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_TARGETS_H_
