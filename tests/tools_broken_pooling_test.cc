// The self-test finds each of pooling's kernels that is broken on purpose.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/simd/leave.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/target.h"
#include "tests/tool_call.h"
#include "tests/upper_halves.h"
#include "tools/selftest.h"
#include "tools/selftest_run.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

using internal::GlobalKernels;
using internal::PoolKernels;
using internal::RollingKernels;
using internal::RunningKernels;
using internal::StripKernels;
using internal::WindowArgs;
using internal::WindowFn;
using internal::WindowKernels;

PoolKernels g_true_kernels;

// Runs the true kernel, which must not leave upper halves of registers in use.
void RunTrue(WindowFn kernel, const WindowArgs& args) {
  static const bool watches = test::CanSeeUpperHalves();
  kernel(args);
  if (watches && !internal::g_kernels_leave_together) {
    EXPECT_FALSE(test::UpperHalvesInUse());
  }
}

// One function pointer of the table.
template <auto kReduction, auto kExtent, int kStride = 0>
WindowFn& Slot(PoolKernels& kernels) {
  if constexpr (kStride == 0) {
    return kernels.*kReduction.*kExtent;
  } else {
    return (kernels.*kReduction.*kExtent)[kStride - 1];
  }
}

template <auto kReduction, auto kTable, int kRows, int kStride>
WindowFn& StripSlot(PoolKernels& kernels) {
  return (kernels.*kReduction.*kTable)[kRows][kStride];
}
template <auto kReduction>
WindowFn& PairsSlot(PoolKernels& kernels) {
  return (kernels.*kReduction).pairs;
}
template <auto kReduction>
WindowFn& PackedSlot(PoolKernels& kernels) {
  return (kernels.*kReduction).packed;
}
template <auto kMember>
WindowFn& PlainSlot(PoolKernels& kernels) {
  return kernels.*kMember;
}

template <auto kReduction, int kStride>
WindowFn& NeighboursSlot(PoolKernels& kernels) {
  return (kernels.*kReduction).neighbours[kStride - 1];
}

template <auto kReduction>
WindowFn& DenseSlot(PoolKernels& kernels) {
  return (kernels.*kReduction).dense;
}

// The true kernel, and then the first output is wrong in its last bit.
template <WindowFn& (*kSlot)(PoolKernels&)>
void BrokenOutput(const WindowArgs& args) {
  RunTrue(kSlot(g_true_kernels), args);
  *args.y = std::bit_cast<float>(std::bit_cast<uint32_t>(*args.y) ^ 1);
}

// ... the first index.
template <WindowFn& (*kSlot)(PoolKernels&)>
void BrokenIndex(const WindowArgs& args) {
  RunTrue(kSlot(g_true_kernels), args);
  if (args.indices != nullptr) {
    ++*args.indices;
  } else {
    ++*args.index;
  }
}

struct BrokenKernel {
  const char* name;
  WindowFn& (*slot)(PoolKernels&);
  WindowFn function;
  bool index;
};

template <WindowFn& (*kSlot)(PoolKernels&)>
constexpr BrokenKernel WrongOutput(const char* name) {
  return {name, kSlot, BrokenOutput<kSlot>, false};
}

template <WindowFn& (*kSlot)(PoolKernels&)>
constexpr BrokenKernel WrongIndex(const char* name) {
  return {name, kSlot, BrokenIndex<kSlot>, true};
}

constexpr BrokenKernel kBrokenKernels[] = {
    WrongOutput<Slot<&PoolKernels::max, &WindowKernels::any>>("Max"),
    WrongOutput<Slot<&PoolKernels::max, &WindowKernels::row>>("MaxRow"),
    WrongOutput<Slot<&PoolKernels::max, &WindowKernels::k2x2>>("Max2x2"),
    WrongOutput<Slot<&PoolKernels::max, &WindowKernels::k3x3>>("Max3x3"),
    WrongOutput<Slot<&PoolKernels::max_indices, &WindowKernels::any>>("MaxIndices"),
    WrongOutput<Slot<&PoolKernels::max_indices, &WindowKernels::row>>("MaxIndicesRow"),
    WrongOutput<Slot<&PoolKernels::max_indices, &WindowKernels::k2x2>>("MaxIndices2x2"),
    WrongOutput<Slot<&PoolKernels::max_indices, &WindowKernels::k3x3>>("MaxIndices3x3"),
    WrongIndex<Slot<&PoolKernels::max_indices, &WindowKernels::any>>("Index"),
    WrongIndex<Slot<&PoolKernels::max_indices, &WindowKernels::row>>("IndexRow"),
    WrongIndex<Slot<&PoolKernels::max_indices, &WindowKernels::k2x2>>("Index2x2"),
    WrongIndex<Slot<&PoolKernels::max_indices, &WindowKernels::k3x3>>("Index3x3"),
    WrongOutput<Slot<&PoolKernels::sum, &WindowKernels::any>>("Sum"),
    WrongOutput<Slot<&PoolKernels::sum, &WindowKernels::row>>("SumRow"),
    WrongOutput<Slot<&PoolKernels::sum, &WindowKernels::k2x2>>("Sum2x2"),
    WrongOutput<Slot<&PoolKernels::sum, &WindowKernels::k3x3>>("Sum3x3"),
    WrongOutput<Slot<&PoolKernels::max_rolling, &RollingKernels::any, 1>>("MaxRolling"),
    WrongOutput<Slot<&PoolKernels::max_rolling, &RollingKernels::any, 2>>("MaxRollingStride2"),
    WrongOutput<Slot<&PoolKernels::max_rolling, &RollingKernels::k3, 1>>("MaxRolling3"),
    WrongOutput<Slot<&PoolKernels::max_rolling, &RollingKernels::k3, 2>>("MaxRolling3Stride2"),
    WrongOutput<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::any, 1>>(
        "MaxIndicesRolling"),
    WrongOutput<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::any, 2>>(
        "MaxIndicesRollingStride2"),
    WrongOutput<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::k3, 1>>(
        "MaxIndicesRolling3"),
    WrongOutput<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::k3, 2>>(
        "MaxIndicesRolling3Stride2"),
    WrongIndex<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::any, 1>>("IndexRolling"),
    WrongIndex<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::any, 2>>(
        "IndexRollingStride2"),
    WrongIndex<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::k3, 1>>("IndexRolling3"),
    WrongIndex<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::k3, 2>>(
        "IndexRolling3Stride2"),
    WrongOutput<Slot<&PoolKernels::sum_rolling, &RollingKernels::any, 1>>("SumRolling"),
    WrongOutput<Slot<&PoolKernels::sum_rolling, &RollingKernels::any, 2>>("SumRollingStride2"),
    WrongOutput<Slot<&PoolKernels::sum_rolling, &RollingKernels::k3, 1>>("SumRolling3"),
    WrongOutput<Slot<&PoolKernels::sum_rolling, &RollingKernels::k3, 2>>("SumRolling3Stride2"),
    WrongOutput<Slot<&PoolKernels::max_global, &GlobalKernels::pixels>>("MaxGlobalPixels"),
    WrongOutput<Slot<&PoolKernels::max_global, &GlobalKernels::planes>>("MaxGlobalPlanes"),
    WrongOutput<Slot<&PoolKernels::sum_global, &GlobalKernels::pixels>>("SumGlobalPixels"),
    WrongOutput<Slot<&PoolKernels::sum_global, &GlobalKernels::planes>>("SumGlobalPlanes"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::any, 2, 1>>(
        "MaxStripAny2Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::any, 2, 2>>(
        "MaxStripAny2Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::any, 3, 1>>(
        "MaxStripAny3Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::any, 3, 2>>(
        "MaxStripAny3Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::any, 3, 3>>(
        "MaxStripAny3Stride3"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::square, 2, 1>>(
        "MaxStripSquare2Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::square, 2, 2>>(
        "MaxStripSquare2Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::square, 3, 1>>(
        "MaxStripSquare3Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::square, 3, 2>>(
        "MaxStripSquare3Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::square, 3, 3>>(
        "MaxStripSquare3Stride3"),
    WrongOutput<PairsSlot<&PoolKernels::max_strip>>("MaxStripPairs"),
    WrongOutput<PackedSlot<&PoolKernels::max_strip>>("MaxStripPacked"),
    WrongOutput<NeighboursSlot<&PoolKernels::max_strip, 1>>("MaxStripNeighbours"),
    WrongOutput<NeighboursSlot<&PoolKernels::max_strip, 2>>("MaxStripNeighboursStride2"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::any, 2, 1>>(
        "SumStripAny2Stride1"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::any, 2, 2>>(
        "SumStripAny2Stride2"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::any, 3, 1>>(
        "SumStripAny3Stride1"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::any, 3, 2>>(
        "SumStripAny3Stride2"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::any, 3, 3>>(
        "SumStripAny3Stride3"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::square, 2, 1>>(
        "SumStripSquare2Stride1"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::square, 2, 2>>(
        "SumStripSquare2Stride2"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::square, 3, 1>>(
        "SumStripSquare3Stride1"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::square, 3, 2>>(
        "SumStripSquare3Stride2"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::square, 3, 3>>(
        "SumStripSquare3Stride3"),
    WrongOutput<PairsSlot<&PoolKernels::sum_strip>>("SumStripPairs"),
    WrongOutput<PackedSlot<&PoolKernels::sum_strip>>("SumStripPacked"),
    WrongOutput<NeighboursSlot<&PoolKernels::sum_strip, 1>>("SumStripNeighbours"),
    WrongOutput<NeighboursSlot<&PoolKernels::sum_strip, 2>>("SumStripNeighboursStride2"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::any, 2, 1>>(
        "MaxIndicesStripAny2Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::any, 2, 2>>(
        "MaxIndicesStripAny2Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::any, 3, 1>>(
        "MaxIndicesStripAny3Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::any, 3, 2>>(
        "MaxIndicesStripAny3Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::any, 3, 3>>(
        "MaxIndicesStripAny3Stride3"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::square, 2, 1>>(
        "MaxIndicesStripSquare2Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::square, 2, 2>>(
        "MaxIndicesStripSquare2Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::square, 3, 1>>(
        "MaxIndicesStripSquare3Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::square, 3, 2>>(
        "MaxIndicesStripSquare3Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::square, 3, 3>>(
        "MaxIndicesStripSquare3Stride3"),
    WrongOutput<PairsSlot<&PoolKernels::max_indices_strip>>("MaxIndicesStripPairs"),
    WrongOutput<PackedSlot<&PoolKernels::max_indices_strip>>("MaxIndicesStripPacked"),
    WrongOutput<NeighboursSlot<&PoolKernels::max_indices_strip, 1>>("MaxIndicesStripNeighbours"),
    WrongOutput<NeighboursSlot<&PoolKernels::max_indices_strip, 2>>(
        "MaxIndicesStripNeighboursStride2"),
    WrongOutput<DenseSlot<&PoolKernels::max_indices_strip>>("MaxIndicesStripDense"),
    WrongIndex<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::square, 3, 2>>(
        "IndexStrip3Stride2"),
    WrongIndex<DenseSlot<&PoolKernels::max_indices_strip>>("IndexStripDense"),
    WrongIndex<PairsSlot<&PoolKernels::max_indices_strip>>("IndexStripPairs"),
    WrongIndex<PackedSlot<&PoolKernels::max_indices_strip>>("IndexStripPacked"),
    WrongIndex<NeighboursSlot<&PoolKernels::max_indices_strip, 1>>("IndexStripNeighbours"),
    WrongIndex<NeighboursSlot<&PoolKernels::max_indices_strip, 2>>("IndexStripNeighboursStride2"),
    WrongOutput<Slot<&PoolKernels::max_running, &RunningKernels::across>>("MaxRunningAcross"),
    WrongOutput<Slot<&PoolKernels::max_running, &RunningKernels::down>>("MaxRunningDown"),
    WrongOutput<Slot<&PoolKernels::max_indices_running, &RunningKernels::across>>(
        "MaxIndicesRunningAcross"),
    WrongOutput<Slot<&PoolKernels::max_indices_running, &RunningKernels::down>>(
        "MaxIndicesRunningDown"),
    WrongIndex<Slot<&PoolKernels::max_indices_running, &RunningKernels::across>>(
        "IndexRunningAcross"),
    WrongIndex<Slot<&PoolKernels::max_indices_running, &RunningKernels::down>>("IndexRunningDown"),
    WrongOutput<PlainSlot<&PoolKernels::sum_running>>("SumRunning"),
};

class BrokenPoolKernelTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    index_ = internal::FindTarget(GetParam()).index;
    g_true_kernels = internal::PoolKernelsOf(index_);
  }
  void TearDown() override { Repair(); }

  void Break(const BrokenKernel& kernel) {
    broken_ = g_true_kernels;
    kernel.slot(broken_) = kernel.function;
    internal::ReplacePoolKernelsForTest(index_, &broken_);
  }
  void Repair() { internal::ReplacePoolKernelsForTest(index_, nullptr); }

  size_t index_ = 0;
  PoolKernels broken_{};
};

// Each of them is reached by the quick corpus already.
TEST_P(BrokenPoolKernelTest, IsFoundWhicheverItIs) {
  std::vector<cpu::TargetInfo> target;
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (t.name == GetParam()) target.push_back(t);
  }
  for (const BrokenKernel& kernel : kBrokenKernels) {
    if (kernel.slot(g_true_kernels) == nullptr) continue;  // not of this target
    Break(kernel);
    SelftestReport report;
    report.quick = true;
    TestPoolings(target, report);
    ASSERT_EQ(report.targets.size(), 1u);
    EXPECT_FALSE(report.targets[0].differences.empty()) << kernel.name;
    for (const Difference& d : report.targets[0].differences) {
      EXPECT_EQ(d.of_index, kernel.index) << kernel.name;
    }
  }
}

TEST_P(BrokenPoolKernelTest, IsNamed) {
  for (const BrokenKernel& kernel : kBrokenKernels) {
    if (std::string(kernel.name) == "MaxIndices3x3") Break(kernel);
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
