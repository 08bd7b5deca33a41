// Each micro-kernel called directly, on every usable target: the bits of its formula, and nothing
// read or written beside what that says.
#include "lib/simd/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <variant>

#include "lib/base/error.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/target.h"
#include "lib/simd/zero_upper.h"
#include "tests/conv/variants.h"
#include "tests/kernels/list.h"
#include "tests/support/upper_halves.h"

namespace windrow::test {
namespace {

enum class Broken : uint8_t { kNot, kFirst, kLast };

// What is wrong with a kernel, or "". If it is broken, a bit of its first or last output is.
std::string Check(const Kernel& kernel, Fixture& fixture, Broken broken) {
  static const bool watches = CanSeeUpperHalves() && !internal::g_caller_zeros_upper;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    fixture.BeginTest(seed);
    const Trial trial = kernel.trial(fixture);
    trial.reference();
    trial.kernel();
    const bool in_use = watches && UpperHalvesInUse();
    if (broken != Broken::kNot) fixture.Break(broken == Broken::kLast);
    const std::string wrong = in_use ? "upper halves are in use" : fixture.Difference();
    if (!wrong.empty()) return internal::StrCat(kernel.name, ", seed ", seed, ": ", wrong);
  }
  return "";
}

class KernelTest : public testing::TestWithParam<std::string> {
 protected:
  // Calls f(kernel, fixture) for all that the target has.
  template <typename F>
  void ForEach(const F& f) {
    const internal::Target target = internal::FindTarget(GetParam());
    for (const bool fused : {false, true}) {
      if (fused && !target.fused) continue;
      Fixture fixture(target.lanes, fused);
      for (const Kernel& k : ConvKernels(internal::Tiles(target.index, fused))) f(k, fixture);
    }
    Fixture fixture(target.lanes, /*fused=*/false);
    for (const Kernel& k : PoolKernelsWithTrials(internal::PoolKernelsOf(target.index))) {
      f(k, fixture);
    }
  }
};

TEST_P(KernelTest, GivesTheBitsOfItsFormula) {
  ForEach(
      [](const Kernel& k, Fixture& fixture) { EXPECT_EQ(Check(k, fixture, Broken::kNot), ""); });
}

TEST_P(KernelTest, IsFoundWhereABitIsWrong) {
  ForEach([](const Kernel& k, Fixture& fixture) {
    for (const Broken broken : {Broken::kFirst, Broken::kLast}) {
      EXPECT_NE(Check(k, fixture, broken), "") << k.name;
    }
  });
}

// A kernel that is in the table and not in the list would not be tested.
TEST_P(KernelTest, IsInTheList) {
  internal::PoolKernels kernels = internal::PoolKernelsOf(internal::FindTarget(GetParam()).index);
  for (const PoolKernel& k : AllPoolKernels()) {
    std::visit([](auto* slot) { *slot = nullptr; }, k.slot(kernels));
  }
  kernels.narrow_planes = 0;
  const auto words =
      std::bit_cast<std::array<uintptr_t, sizeof(kernels) / sizeof(uintptr_t)>>(kernels);
  constexpr ptrdiff_t kOthers = 5;  // copies, and those of gradients
  EXPECT_EQ(std::count_if(words.begin(), words.end(), [](uintptr_t w) { return w != 0; }), kOthers);
}

INSTANTIATE_TEST_SUITE_P(All, KernelTest, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace windrow::test
