#include "tests/conv/variants.h"

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

namespace {

// A sanitizer looks at memory, which the numerics do not change; its runs are slow.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// Whether it takes anything at all: one of a few everyday problems.
bool TakesSome(const Variant& v) {
  for (const int64_t groups : {1, 16}) {
    for (const int64_t kernel : {1, 3}) {
      Conv2dOptions options;
      options.in_channels = options.out_channels = 16;
      options.groups = groups;
      options.kernel_size = kernel;
      options.target = v.target.name;
      options.numerics = v.numerics;
      const std::vector<float> weights(static_cast<size_t>(16 * 16 / groups * kernel * kernel));
      for (const Explanation::Candidate& c :
           Conv2d(options, weights).Explain(Shape(1, 16, 8, 8), v.layout).candidates) {
        if (c.algorithm == v.algorithm && c.accepts) return true;
      }
    }
  }
  return false;
}

}  // namespace

std::vector<Variant> Variants() {
  std::vector<Variant> all;
  for (const cpu::TargetInfo& target : UsableTargets()) {
    for (const std::string& algorithm : Algorithms()) {
      if (algorithm == "reference") continue;
      for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
        for (const Numerics numerics : {Numerics::kNative, Numerics::kPortable}) {
          if (numerics == Numerics::kPortable && (!target.fused || kSanitized)) continue;
          const Variant v{target, algorithm, layout, numerics};
          if (TakesSome(v)) all.push_back(v);
        }
      }
    }
  }
  return all;
}

}  // namespace windrow::test
