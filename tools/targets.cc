#include "tools/targets.h"

#include <algorithm>
#include <stdexcept>

#include "windrow/windrow.h"

namespace windrow::tool {

Argument TargetsArgument(std::vector<std::string>& names) {
  return {"--target", "This SIMD target, may be repeated; all if none", &names};
}

std::vector<cpu::TargetInfo> ChooseTargets(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.empty()) throw std::invalid_argument("--target names no SIMD target");
    MaxPool2d({.kernel_size = 1, .target = name});  // throws for one that is not usable
  }
  std::vector<cpu::TargetInfo> chosen = cpu::Targets();
  std::erase_if(chosen, [&](const cpu::TargetInfo& t) {
    const bool wanted = names.empty() || std::count(names.begin(), names.end(), t.name) > 0;
    return !t.usable || !wanted;
  });
  return chosen;
}

}  // namespace windrow::tool
