// What Tuning::kMeasure decides, with times that are made up.
#include "lib/base/trials.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace windrow::internal {
namespace {

struct TrialKey {
  int64_t call;
};
struct TrialPlanned {
  int64_t plan;
  TrialRun run;
};
using TestTrials = Trials<TrialKey, TrialPlanned, int>;

void Begin(TestTrials& trials, int64_t call, size_t count, int64_t threads = 1) {
  std::array<TestTrials::Tried, TestTrials::kMaxPlans> plans{};
  for (size_t i = 0; i < plans.size(); ++i) {
    plans[i].which = static_cast<int>(i);
    plans[i].nanoseconds = TestTrials::kNotYet;
    plans[i].planned.plan = static_cast<int64_t>(i);
  }
  trials.Begin({call}, threads, std::span(plans).first(count));
}

// Runs so that plan i takes times[i], until one is settled; the plans that ran, and that one last.
std::vector<int64_t> Settle(TestTrials& trials, int64_t call, const std::vector<int64_t>& times) {
  std::vector<int64_t> ran;
  for (int i = 0; i < 100; ++i) {
    TrialPlanned p{};
    EXPECT_TRUE(trials.Next({call}, 1, p));
    ran.push_back(p.plan);
    if (p.run.trial < 0) return ran;
    trials.Report(p.run, times[static_cast<size_t>(p.plan)]);
  }
  ADD_FAILURE() << "never settles";
  return ran;
}

TEST(Trials, RunEachPlanInTurnAndKeepTheFastest) {
  TestTrials trials;
  Begin(trials, 7, 3);
  EXPECT_EQ(Settle(trials, 7, {100, 50, 70}),
            (std::vector<int64_t>{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 1}));
  TestTrials::Trial found;
  ASSERT_TRUE(trials.Look({7}, 1, found));
  EXPECT_TRUE(found.is_settled());
  EXPECT_EQ(found.plans[1].nanoseconds, 50);
  EXPECT_FALSE(trials.Look({8}, 1, found));
  EXPECT_FALSE(trials.Look({7}, 2, found)) << "on other threads it is another call";
}

TEST(Trials, PreferTheEstimateToWhatIsHardlyFaster) {
  TestTrials trials;
  Begin(trials, 1, 2);
  EXPECT_EQ(Settle(trials, 1, {1000, 980}).back(), 0);
  Begin(trials, 2, 2);
  EXPECT_EQ(Settle(trials, 2, {1000, 960}).back(), 1);
}

TEST(Trials, OfOnePlanThereIsNothingToTry) {
  TestTrials trials;
  Begin(trials, 1, 1);
  EXPECT_EQ(Settle(trials, 1, {}), (std::vector<int64_t>{0}));
}

// A first Run may pack weights.
TEST(Trials, CountTheFastestRun) {
  TestTrials trials;
  Begin(trials, 1, 2);
  TrialPlanned p{};
  for (const int64_t time : {100, 9000}) {
    ASSERT_TRUE(trials.Next({1}, 1, p));
    trials.Report(p.run, time);
  }
  EXPECT_EQ(Settle(trials, 1, {100, 50}).back(), 1);
}

TEST(Trials, GoOnWithoutRunsThatNeverEnd) {
  TestTrials trials;
  Begin(trials, 1, 3);
  TrialPlanned p{};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(trials.Next({1}, 1, p));
    if (p.plan != 2) trials.Report(p.run, 100);
  }
  EXPECT_EQ(Settle(trials, 1, {100, 50, 70}).back(), 1);
  Begin(trials, 2, 2);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(trials.Next({2}, 1, p));  // all of them throw
  ASSERT_TRUE(trials.Next({2}, 1, p));
  EXPECT_EQ(p.plan, 0);
  EXPECT_LT(p.run.trial, 0);
}

TEST(Trials, RunWhatIsMuchTooSlowTwice) {
  TestTrials trials;
  Begin(trials, 1, 3);
  EXPECT_EQ(Settle(trials, 1, {100, 300, 90}),
            (std::vector<int64_t>{0, 1, 2, 0, 1, 2, 0, 2, 0, 2, 2}));
}

TEST(Trials, ForgetTheOldestShape) {
  TestTrials trials;
  TrialPlanned old{};
  Begin(trials, 0, 2);
  ASSERT_TRUE(trials.Next({0}, 1, old));
  for (size_t i = 1; i <= TestTrials::kShapes; ++i) Begin(trials, static_cast<int64_t>(i), 2);
  TrialPlanned p{};
  EXPECT_FALSE(trials.Next({0}, 1, p));
  trials.Report(old.run, 1);  // of nothing that is known
  TestTrials::Trial found;
  ASSERT_TRUE(trials.Look({TestTrials::kShapes}, 1, found));
  EXPECT_EQ(found.plans[0].nanoseconds, TestTrials::kNotYet);
}

}  // namespace
}  // namespace windrow::internal
