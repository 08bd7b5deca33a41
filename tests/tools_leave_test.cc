// Kernels, or those who call them, leave no upper half of a vector register in use.
#include <gtest/gtest.h>
#include <tbb/task_arena.h>

#include <string>
#include <vector>

#include "lib/simd/kernels.h"
#include "lib/simd/leave.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/target.h"
#include "tests/tool_call.h"
#include "tests/upper_halves.h"
#include "tools/selftest_run.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

using test::UpperHalvesInUse;

void (*g_true_leave)() = nullptr;
int g_calls = 0, g_met_in_use = 0, g_left_in_use = 0;

void WatchedLeave() {
  ++g_calls;
  g_met_in_use += UpperHalvesInUse() ? 1 : 0;
  g_true_leave();
  g_left_in_use += UpperHalvesInUse() ? 1 : 0;
}

class LeaveTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!test::CanSeeUpperHalves()) GTEST_SKIP() << "this CPU does not tell what is in use";
    target_ = internal::FindTarget(GetParam());
    together_ = internal::g_kernels_leave_together;
    for (const cpu::TargetInfo& t : cpu::Targets()) {
      if (t.name == GetParam()) infos_.push_back(t);
    }
    pool_ = internal::PoolKernelsOf(target_.index);
    g_true_leave = pool_.leave;
    pool_.leave = WatchedLeave;
    internal::ReplacePoolKernelsForTest(target_.index, &pool_);
    for (const bool fused : {false, true}) {
      if (fused && !target_.fused) continue;
      tiles_[fused] = internal::Tiles(target_.index, fused);
      tiles_[fused].leave = WatchedLeave;
      internal::ReplaceTilesForTest(target_.index, fused, &tiles_[fused]);
    }
  }
  void TearDown() override {
    if (infos_.empty()) return;
    internal::g_kernels_leave_together = together_;
    internal::ReplacePoolKernelsForTest(target_.index, nullptr);
    for (const bool fused : {false, true}) {
      if (!fused || target_.fused) {
        internal::ReplaceTilesForTest(target_.index, fused, nullptr);
      }
    }
  }

  // Everything in the quick corpus, on one thread, whose registers can be seen.
  void RunAll(bool together) {
    internal::g_kernels_leave_together = together;
    g_calls = g_met_in_use = g_left_in_use = 0;
    SelftestReport report;
    report.quick = true;
    tbb::task_arena(1).execute([&] {
      TestConvolutions(infos_, report);
      TestPoolings(infos_, report);
    });
    EXPECT_GT(g_calls, 1000);
    EXPECT_EQ(g_left_in_use, 0);
  }

  internal::Target target_;
  bool together_ = false;
  std::vector<cpu::TargetInfo> infos_;
  internal::PoolKernels pool_{};
  internal::TileSet tiles_[2] = {};
};

TEST_P(LeaveTest, EachKernelClearsThem) {
  RunAll(/*together=*/false);
  EXPECT_EQ(g_met_in_use, 0);
}

TEST_P(LeaveTest, TheLastOfASeriesDoes) {
  RunAll(/*together=*/true);
  const bool wide = GetParam().starts_with("AVX");
  EXPECT_EQ(g_met_in_use > 0, wide);  // or this test sees nothing
}

INSTANTIATE_TEST_SUITE_P(Targets, LeaveTest, testing::ValuesIn(UsableTargetNames()),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace windrow::tool
