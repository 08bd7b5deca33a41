// What every problem is run with: each usable SIMD target, algorithm, layout and numerics.
#ifndef WINDROW_TESTS_CONV_VARIANTS_H_
#define WINDROW_TESTS_CONV_VARIANTS_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "windrow/conv2d.h"
#include "windrow/cpu.h"
#include "windrow/tensor.h"

namespace windrow::test {

struct Variant {
  cpu::TargetInfo target;
  std::string algorithm;
  Layout layout;
  Numerics numerics;

  bool fused() const { return target.fused && numerics == Numerics::kNative; }
  std::string Name() const;  // "AVX2_direct_nhwc_native"
};

inline void PrintTo(const Variant& v, std::ostream* out) { *out << v.Name(); }

// The targets this CPU can run, best first.
std::vector<cpu::TargetInfo> UsableTargets();
std::vector<std::string> UsableNames();

// Their cross product with all algorithms but the reference, the layouts each takes, and both
// numerics; of a target of class U one, as the two are the same there.
std::vector<Variant> Variants();

// Those of class F.
std::vector<cpu::TargetInfo> FusedTargets();

}  // namespace windrow::test

#endif  // WINDROW_TESTS_CONV_VARIANTS_H_
