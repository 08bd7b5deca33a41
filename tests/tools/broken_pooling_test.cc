// The self-test finds each of pooling's kernels that is broken on purpose.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/simd/leave.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/target.h"
#include "tests/kernels/list.h"
#include "tests/support/upper_halves.h"
#include "tests/tools/tool_call.h"
#include "tools/selftest.h"
#include "tools/selftest_run.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

using internal::PoolKernels;
using internal::WindowArgs;
using internal::WindowFn;

WindowFn g_true_kernel = nullptr;

// Runs it, which must not leave upper halves of registers in use.
void RunTrue(const WindowArgs& args) {
  static const bool watches = test::CanSeeUpperHalves();
  g_true_kernel(args);
  if (watches && !internal::g_kernels_leave_together) {
    EXPECT_FALSE(test::UpperHalvesInUse());
  }
}

// The true kernel, and then the first output is wrong in its last bit.
void BrokenOutput(const WindowArgs& args) {
  RunTrue(args);
  *args.y = std::bit_cast<float>(std::bit_cast<uint32_t>(*args.y) ^ 1);
}

// ... the first index.
void BrokenIndex(const WindowArgs& args) {
  RunTrue(args);
  if (args.indices != nullptr) {
    ++*args.indices;
  } else {
    ++*args.index;
  }
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
    g_true_kernel = kernel.slot(broken_);
    kernel.slot(broken_) = index ? BrokenIndex : BrokenOutput;
    internal::ReplacePoolKernelsForTest(index_, &broken_);
  }
  void Repair() { internal::ReplacePoolKernelsForTest(index_, nullptr); }

  size_t index_ = 0;
  PoolKernels true_{}, broken_{};
};

// Each of them is reached by the quick corpus already.
TEST_P(BrokenPoolKernelTest, IsFoundWhicheverItIs) {
  std::vector<cpu::TargetInfo> target;
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (t.name == GetParam()) target.push_back(t);
  }
  for (const test::PoolKernel& kernel : test::AllPoolKernels()) {
    if (kernel.slot(true_) == nullptr) continue;  // not of this target
    // The corpus has no window that long; kernels_test.cc and pool_accuracy_test.cc have.
    if (kernel.name.ends_with("/parts")) continue;
    for (const bool index : {false, true}) {
      if (index && !kernel.indices) continue;
      Break(kernel, index);
      SelftestReport report;
      report.quick = true;
      TestPoolings(target, report);
      ASSERT_EQ(report.targets.size(), 1u);
      EXPECT_FALSE(report.targets[0].differences.empty()) << kernel.name << " index " << index;
      for (const Difference& d : report.targets[0].differences) {
        EXPECT_EQ(d.of_index, index) << kernel.name;
      }
    }
  }
}

TEST_P(BrokenPoolKernelTest, IsNamed) {
  for (const test::PoolKernel& kernel : test::AllPoolKernels()) {
    if (kernel.name == "max_indices/k3x3") Break(kernel, /*index=*/false);
  }
  const Outcome o = Call({"selftest", "--quick"});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(Has(o.out, "DIFFERENCE " + GetParam() + " pooling ")) << o.out;
  EXPECT_TRUE(Has(o.out, "\"maxpool c64 i56 k3 s2 p1 indices\": ")) << o.out;
  EXPECT_TRUE(Has(o.out, "FAILED")) << o.out;
  for (const TargetResult& t : RunSelftest({}, true).targets) {
    const bool here = t.target == GetParam() && t.bits_class == BitsClass::kPooling;
    EXPECT_EQ(t.differences.empty(), !here) << t.target;
  }
  Repair();
  EXPECT_TRUE(RunSelftest({GetParam()}, /*quick=*/true).ok());
}

INSTANTIATE_TEST_SUITE_P(Targets, BrokenPoolKernelTest, testing::ValuesIn(UsableTargetNames()),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace windrow::tool
