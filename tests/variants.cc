#include "tests/variants.h"

namespace windrow::test {

std::string Variant::Name() const {
  return target.name + "_" + algorithm + "_" + ToString(layout) +
         (numerics == Numerics::kNative ? "_native" : "_portable");
}

std::vector<cpu::TargetInfo> UsableTargets() {
  std::vector<cpu::TargetInfo> usable;
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (t.usable) usable.push_back(t);
  }
  return usable;
}

std::vector<std::string> UsableNames() {
  std::vector<std::string> names;
  for (const cpu::TargetInfo& t : UsableTargets()) names.push_back(t.name);
  return names;
}

std::vector<cpu::TargetInfo> FusedTargets() {
  std::vector<cpu::TargetInfo> fused;
  for (const cpu::TargetInfo& t : UsableTargets()) {
    if (t.fused) fused.push_back(t);
  }
  return fused;
}

std::vector<Variant> Variants() {
  std::vector<Variant> all;
  for (const cpu::TargetInfo& target : UsableTargets()) {
    for (const std::string& algorithm : Algorithms()) {
      if (algorithm == "reference") continue;
      for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
        all.push_back({target, algorithm, layout, Numerics::kNative});
        if (target.fused) all.push_back({target, algorithm, layout, Numerics::kPortable});
      }
    }
  }
  return all;
}

}  // namespace windrow::test
