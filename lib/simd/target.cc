#include "lib/simd/target.h"

#include <hwy/highway.h>
#include <hwy/targets.h>

#include <cstdlib>
#include <mutex>
#include <vector>

#include "lib/base/error.h"
#include "lib/simd/cpu_features.h"
#include "lib/simd/kernels.h"
#include "lib/simd/zero_upper.h"
#include "windrow/cpu.h"

namespace windrow {
namespace internal {
namespace {

// The position of a target in the tables of HWY_EXPORT. A local ChosenTarget does the arithmetic;
// the global one, which HWY_DYNAMIC_DISPATCH uses, is left alone.
size_t DispatchIndex([[maybe_unused]] int64_t bit) {
#if (HWY_TARGETS & (HWY_TARGETS - 1)) == 0
  return 0;  // a table of one
#else
  hwy::ChosenTarget chosen;
  chosen.Update(bit);
  return chosen.GetIndex();
#endif
}

bool Usable(int64_t bit) {
  static const int64_t supported = hwy::SupportedTargets();
  return (supported & bit) != 0;
}

// Calls f(bit) for every compiled target, best first, until it returns true.
template <typename F>
void ForEachCompiled(const F& f) {
  for (uint64_t rest = static_cast<uint64_t>(HWY_TARGETS); rest != 0; rest &= rest - 1) {
    if (f(static_cast<int64_t>(rest & (~rest + 1)))) return;
  }
}

std::string WhyNot(int64_t bit) {
  const std::string missing = MissingFeatures(bit, CpuHas);
  return missing.empty() ? "this CPU or operating system lacks something that Highway requires"
                         : "this CPU lacks " + missing;
}

Target MakeTarget(int64_t bit) {
  DecideWhoZerosUpper();
  const size_t index = DispatchIndex(bit);
  const TargetFacts facts = Facts(index);
  return {bit, hwy::TargetName(bit), index, facts.fused, facts.lanes};
}

std::string UsableNames() {
  std::string names;
  ForEachCompiled([&](int64_t bit) {
    if (Usable(bit)) names += (names.empty() ? "" : ", ") + std::string(hwy::TargetName(bit));
    return false;
  });
  return names;
}

int64_t UsableBit(std::string_view name) {
  int64_t found = 0;
  ForEachCompiled([&](int64_t bit) { return name == hwy::TargetName(bit) && (found = bit, true); });
  // Not by Require: its arguments would be worked out every time, and CPUID is slow in a VM.
  if (found == 0) {
    throw std::invalid_argument(
        StrCat("the SIMD target \"", name,
               "\" is not compiled into this library; usable: ", UsableNames()));
  }
  if (!Usable(found)) {
    throw std::invalid_argument(StrCat("the SIMD target \"", name, "\" cannot run here: ",
                                       WhyNot(found), "; usable: ", UsableNames()));
  }
  return found;
}

// What ForceTarget, CapTarget and WINDROW_TARGET have said.
struct Choice {
  std::mutex mutex;
  int64_t forced = 0, cap = 0;  // 0: none
  bool environment_read = false;
};

Choice& TheChoice() {
  static Choice choice;
  return choice;
}

// Both under the lock.
void ReadEnvironment(Choice& choice) {
  if (choice.environment_read) return;
  const char* name = std::getenv("WINDROW_TARGET");
  if (name != nullptr && *name != '\0') {
    try {
      choice.forced = UsableBit(name);
    } catch (const std::invalid_argument& e) {
      throw std::invalid_argument(StrCat("WINDROW_TARGET: ", e.what()));
    }
  }
  choice.environment_read = true;
}

int64_t ActiveBit() {
  Choice& choice = TheChoice();
  const std::lock_guard lock(choice.mutex);
  ReadEnvironment(choice);
  if (choice.forced != 0) return choice.forced;
  int64_t best = 0;
  ForEachCompiled([&](int64_t bit) {
    // Better targets have smaller bits.
    return Usable(bit) && bit >= choice.cap && (best = bit, true);
  });
  return best;
}

void SetChoice(int64_t Choice::*what, std::string_view name) {
  const int64_t bit = name.empty() ? 0 : UsableBit(name);
  Choice& choice = TheChoice();
  const std::lock_guard lock(choice.mutex);
  choice.environment_read = true;  // the program's word replaces the environment's
  choice.*what = bit;
}

}  // namespace

Target FindTarget(std::string_view name) {
  return MakeTarget(name.empty() ? ActiveBit() : UsableBit(name));
}

}  // namespace internal

inline namespace v0 {
namespace cpu {

std::vector<TargetInfo> Targets() {
  std::vector<TargetInfo> all;
  internal::ForEachCompiled([&](int64_t bit) {
    TargetInfo info{.name = hwy::TargetName(bit), .usable = internal::Usable(bit)};
    if (info.usable) {
      const internal::Target target = internal::MakeTarget(bit);
      info.fused = target.fused;
      info.lanes = target.lanes;
    } else {
      info.why_not = internal::WhyNot(bit);
    }
    all.push_back(std::move(info));
    return false;
  });
  return all;
}

std::string ActiveTarget() { return internal::FindTarget("").name; }

void ForceTarget(std::string_view name) { internal::SetChoice(&internal::Choice::forced, name); }

void CapTarget(std::string_view name) { internal::SetChoice(&internal::Choice::cap, name); }

}  // namespace cpu
}  // namespace v0
}  // namespace windrow
