// What every pooling is run with: each usable SIMD target, algorithm and layout of x.
#ifndef WINDROW_TESTS_POOL_VARIANTS_H_
#define WINDROW_TESTS_POOL_VARIANTS_H_

#include <ostream>
#include <string>
#include <vector>

#include "tests/conv/variants.h"
#include "tests/pool/problem.h"
#include "windrow/cpu.h"
#include "windrow/tensor.h"

namespace windrow::test {

struct PoolVariant {
  cpu::TargetInfo target;
  std::string algorithm;
  Layout layout;

  std::string Name() const;  // "AVX2_window_nhwc"
};

inline void PrintTo(const PoolVariant& v, std::ostream* out) { *out << v.Name(); }

// "auto" and all but the reference.
std::vector<std::string> PoolAlgorithmsToTest();

// Their cross product with the targets and the layouts each takes.
std::vector<PoolVariant> PoolVariants();

// Whether the algorithm takes anything at all of this kind: one of a few everyday problems.
bool TakesEveryday(const std::string& algorithm, Layout layout, Reduction reduction);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_POOL_VARIANTS_H_
