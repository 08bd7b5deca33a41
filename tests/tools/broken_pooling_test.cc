// The self-test finds each of pooling's kernels that is broken on purpose.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "lib/simd/pool_kernels.h"
#include "lib/simd/target.h"
#include "lib/simd/zero_upper.h"
#include "tests/kernels/list.h"
#include "tests/support/upper_halves.h"
#include "tests/tools/tool_call.h"
#include "tools/selftest.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

using internal::PoolKernels;
// Of windows, strips or running maxima.
template <typename Args>
using KernelFn = bool (*)(const Args&);
template <typename Args>
KernelFn<Args> g_true_kernel = nullptr;

// Runs it, which must not leave upper halves of registers in use.
template <typename Args>
bool RunTrue(const Args& args) {
  static const bool watches = test::CanSeeUpperHalves();
  const bool numbers = g_true_kernel<Args>(args);
  if (watches && !internal::g_caller_zeros_upper) {
    EXPECT_FALSE(test::UpperHalvesInUse());
  }
  return numbers;
}

// The true kernel, and then the first output is wrong in its last bit.
template <typename Args>
bool BrokenOutput(const Args& args) {
  const bool numbers = RunTrue(args);
  *args.y = std::bit_cast<float>(std::bit_cast<uint32_t>(*args.y) ^ 1);
  return numbers;
}

// ... the first index.
template <typename Args>
bool BrokenIndex(const Args& args) {
  const bool numbers = RunTrue(args);
  if constexpr (requires { args.indices; }) {
    ++*args.indices;
  } else if (args.index.narrow != nullptr) {
    ++*args.index.narrow;
  } else {
    ++*args.index.indices;
  }
  return numbers;
}

class BrokenPoolKernelTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    index_ = internal::FindTarget(GetParam()).index;
    true_ = internal::PoolKernelsOf(index_);
  }
  void TearDown() override { Repair(); }

  void Break(const test::PoolKernel& kernel, bool index) {
    broken_ = true_;
    const auto replace = [index]<typename Args>(KernelFn<Args>* slot) {
      g_true_kernel<Args> = *slot;
      *slot = index ? BrokenIndex<Args> : BrokenOutput<Args>;
    };
    std::visit(replace, kernel.slot(broken_));
    internal::ReplacePoolKernelsForTest(index_, &broken_);
  }
  void Repair() { internal::ReplacePoolKernelsForTest(index_, nullptr); }

  size_t index_ = 0;
  PoolKernels true_{}, broken_{};
};

// A problem of the quick corpus and what the reference gives.
struct PoolCase {
  std::unique_ptr<Case> of;
  Output expected;
};

std::vector<PoolCase> QuickCases() {
  std::vector<PoolCase> all;
  CallRoom room(/*threads=*/1);
  for (const std::string& text : PoolingSubject().Corpus(/*quick=*/true)) {
    PoolCase c{PoolingSubject().Make(text), {}};
    c.expected = c.of->Compute({.target = "", .algorithm = "reference"}, room);
    all.push_back(std::move(c));
  }
  return all;
}

// What the self-test finds first on a target, by its algorithms.
std::vector<Difference> FirstDifferences(const std::string& target) {
  static const std::vector<PoolCase> cases = QuickCases();
  CallRoom room(/*threads=*/1);
  std::vector<Difference> found;
  for (const PoolCase& c : cases) {
    for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
      for (const std::string& algorithm : PoolingSubject().Algorithms()) {
        const Way way{.target = target, .algorithm = algorithm, .layout = layout};
        if (!c.of->Accepts(way, room)) continue;
        if (const auto d = Compare(c.expected, c.of->Compute(way, room))) found.push_back(*d);
      }
    }
    if (!found.empty()) break;
  }
  return found;
}

// Each of them is reached by the quick corpus already.
TEST_P(BrokenPoolKernelTest, IsFoundWhicheverItIs) {
  EXPECT_TRUE(FirstDifferences(GetParam()).empty());
  for (const test::PoolKernel& kernel : test::AllPoolKernels()) {
    for (const bool index : {false, true}) {
      if (index && !kernel.indices) continue;
      Break(kernel, index);
      const std::vector<Difference> found = FirstDifferences(GetParam());
      EXPECT_FALSE(found.empty()) << kernel.name << " index " << index;
      for (const Difference& d : found) EXPECT_EQ(d.of_index, index) << kernel.name;
    }
  }
}

TEST_P(BrokenPoolKernelTest, IsNamed) {
  for (const test::PoolKernel& kernel : test::AllPoolKernels()) {
    if (kernel.name == "max_indices/k3x3") Break(kernel, /*index=*/false);
  }
  const Outcome o = Call({"selftest", "--quick", "--op", "pool", "--in-process"});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(Has(o.out, "FAILURE " + GetParam() + " pool ")) << o.out;
  EXPECT_TRUE(Has(o.out, "first met in \"maxpool c64 i56 k3 s2 p1 indices\"")) << o.out;
  EXPECT_TRUE(Has(o.out, "FAILED")) << o.out;
  for (const std::string& other : UsableTargetNames()) {
    EXPECT_EQ(Has(o.out, "FAILURE " + other + " "), other == GetParam()) << o.out;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, BrokenPoolKernelTest, testing::ValuesIn(UsableTargetNames()),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace windrow::tool
