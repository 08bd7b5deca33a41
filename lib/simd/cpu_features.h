// Which CPU features a SIMD target needs and this machine lacks, by the names Linux and the CPU
// manuals use; Highway decides whether a target is usable, this only says why it is not.
#ifndef WINDROW_LIB_SIMD_CPU_FEATURES_H_
#define WINDROW_LIB_SIMD_CPU_FEATURES_H_

#include <cstdint>
#include <functional>
#include <string>

namespace windrow::internal {

// The features that the target (a HWY_* bit) needs and for which `has` is false, separated by
// ", "; empty if none is known to be missing.
std::string MissingFeatures(int64_t target, const std::function<bool(const char*)>& has);

// Whether this CPU, and for the wide registers the operating system too, has the feature.
bool CpuHas(const char* feature);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_SIMD_CPU_FEATURES_H_
