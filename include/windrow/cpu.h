// The SIMD targets of this build and of this CPU, by Highway's names ("AVX3", "AVX2", "SSE4",
// "NEON", ...). Which ones exist depends on the compiler and on Highway: ask, never assume.
//
// An object is bound to one target when it is built and keeps it. The functions below, and the
// environment variable WINDROW_TARGET (read once), choose the target of objects built afterwards.
#ifndef WINDROW_CPU_H_
#define WINDROW_CPU_H_

#include <string>
#include <string_view>
#include <vector>

#include "windrow/export.h"

namespace windrow {
inline namespace v0 {
namespace cpu {

struct TargetInfo {
  std::string name{};
  bool usable = false;    // by this CPU and operating system
  bool fused = false;     // class F: a multiply-add rounds once
  int lanes = 0;          // f32 lanes of a vector; 0 if not usable
  std::string why_not{};  // if not usable: the CPU features that are missing
};

// The compiled targets, best first.
WINDROW_API std::vector<TargetInfo> Targets();

// The target that objects built now are bound to: the forced one, or the best usable one not
// above the cap. Throws std::invalid_argument if WINDROW_TARGET names none that is usable.
WINDROW_API std::string ActiveTarget();

// Forces a target; "" ends that. Throws std::invalid_argument if it is unknown or not usable,
// naming the usable targets and the missing CPU feature; then nothing changes.
WINDROW_API void ForceTarget(std::string_view name);

// Allows no target better than this one; "" ends that. Throws as ForceTarget.
WINDROW_API void CapTarget(std::string_view name);

}  // namespace cpu
}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_CPU_H_
