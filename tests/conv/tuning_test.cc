// Tuning::kMeasure: which plans are tried, that each gives the right bits, and that the fastest
// stays. Times are made up.
#include "windrow/tuning.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/base/trials.h"
#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/conv/sweeps.h"
#include "tests/conv/variants.h"
#include "tests/support/expect_throw.h"
#include "tests/support/values.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

// A clock by which a Run takes as long as is said before it.
int64_t now = 0, run_takes = 0;
int64_t Clock() { return now += run_takes; }

class Measured : public testing::Test {
 protected:
  Measured() { internal::SetTrialClockForTest(Clock); }
  ~Measured() override { internal::SetTrialClockForTest(nullptr); }
};

constexpr int kMaxPlans = 4, kRounds = 4;
constexpr double kMaxTimes = 2.5;  // as long as the best estimate

const Problem kDense{.ic = 40, .oc = 96, .ih = 20, .iw = 21, .kernel = 3, .padding = 1};

Conv2d Make(const Problem& p, Tuning tuning, const std::string& algorithm = "auto") {
  Conv2dOptions o = Options(p, "", algorithm);
  o.tuning = tuning;
  return Conv2d(o, Weights(p), Bias(p));
}

Tensor Input(const Problem& p) {
  Tensor x(p.input(), p.x_layout);
  Fill(x.view(), Role::kInput, p.values);
  return x;
}

// The plans that have been measured, with their microseconds.
std::map<std::string, double> Tried(const Explanation& e) {
  std::map<std::string, double> tried;
  for (const auto& c : e.candidates) {
    if (c.microseconds > 0) tried[c.algorithm] = c.microseconds;
  }
  return tried;
}

// Each of the first Runs gives the bits of the reference, whichever plan it runs.
TEST_F(Measured, EveryRunGivesTheSameBitsAndOneStays) {
  for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
    Problem p = kDense;
    p.SetLayout(layout);
    const Tensor x = Input(p), expected = Expected(p, cpu::ActiveTarget());
    tbb::task_arena(1).execute([&] {
      const Conv2d conv = Make(p, Tuning::kMeasure);
      const std::string estimate = Make(p, Tuning::kEstimate).Explain(p.input(), layout).algorithm;
      EXPECT_EQ(conv.Explain(p.input(), layout).chosen_by, "estimate");
      for (int run = 0; run < kMaxPlans * kRounds + 2; ++run) {
        run_takes = 1000 * (run % 3 + 1);
        ASSERT_TRUE(SameBits(conv.Run(x), expected.view())) << "Run " << run;
        if (run == 0) {
          EXPECT_EQ(Tried(conv.Explain(p.input(), layout)).count(estimate), 1u)
              << "the best by estimate comes first";
        }
      }
      const Explanation e = conv.Explain(p.input(), layout);
      EXPECT_EQ(e.chosen_by, "measurement") << e.ToString();
      EXPECT_NE(e.ToString().find("chosen by measurement"), std::string::npos);
      EXPECT_GE(Tried(e).size(), 2u) << e.ToString();
      EXPECT_LE(Tried(e).size(), size_t{kMaxPlans}) << e.ToString();
    });
  }
}

TEST_F(Measured, TheFastestStays) {
  const Tensor x = Input(kDense);
  tbb::task_arena(1).execute([&] {
    for (size_t fastest = 0; fastest < 2; ++fastest) {
      const Conv2d conv = Make(kDense, Tuning::kMeasure);
      for (size_t run = 0; run < 2 || conv.Explain(x.shape(), x.layout()).chosen_by == "estimate";
           ++run) {
        ASSERT_LE(run, size_t{kMaxPlans * kRounds});
        run_takes = 5000;
        // Which plan this Run is shows in what it changes.
        const auto before = Tried(conv.Explain(x.shape(), x.layout()));
        if (run == fastest) run_takes = 1000;
        static_cast<void>(conv.Run(x));
        if (run != fastest) continue;
        for (const auto& [plan, time] : Tried(conv.Explain(x.shape(), x.layout()))) {
          if (before.count(plan) == 0) {
            EXPECT_EQ(time, 1.0);
          }
        }
      }
      const Explanation e = conv.Explain(x.shape(), x.layout());
      EXPECT_EQ(Tried(e)[e.algorithm], 1.0) << e.ToString();
    }
  });
}

TEST_F(Measured, NothingIsTriedThatShouldTakeMuchLonger) {
  run_takes = 1000;
  for (const Problem& p : RandomProblems(21, 40, 1'000'000)) {
    if (p.mb == 0 || p.residual != Residual::kNone) continue;
    const Conv2d conv = Make(p, Tuning::kMeasure);
    const Tensor x = Input(p);
    tbb::task_arena(1).execute([&] {
      for (int run = 0; run <= kMaxPlans * kRounds; ++run) static_cast<void>(conv.Run(x));
      const Explanation e = conv.Explain(p.input(), p.x_layout);
      double best = 1e300;
      for (const auto& c : e.candidates) {
        const bool variant = c.algorithm.find('/') != std::string::npos;
        if (c.accepts && !variant && c.algorithm != "reference") best = std::min(best, c.cycles);
      }
      for (const auto& c : e.candidates) {
        if (c.microseconds > 0) {
          EXPECT_LE(c.cycles, best * kMaxTimes * 1.001) << e.ToString();
        }
      }
    });
  }
}

TEST_F(Measured, TheResidualMayBeY) {
  run_takes = 1000;
  Problem p = kDense;
  p.residual = Residual::kInPlace;
  for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
    p.SetLayout(layout);
    const Tensor x = Input(p), expected = Expected(p, cpu::ActiveTarget());
    const Conv2d conv = Make(p, Tuning::kMeasure);
    tbb::task_arena(1).execute([&] {
      for (int run = 0; run < kMaxPlans * kRounds + 2; ++run) {
        Tensor y(p.output(), layout);
        Fill(y.view(), Role::kResidual, p.values);
        conv.Run({.x = x, .y = y, .residual = y});
        ASSERT_TRUE(SameBits(y, expected.view())) << "Run " << run;
      }
    });
  }
}

TEST_F(Measured, ForcedAlgorithmsTryTheirOwnPlansOnly) {
  run_takes = 1000;
  const Conv2d conv = Make(kDense, Tuning::kMeasure, "im2col");
  const Tensor x = Input(kDense);
  tbb::task_arena(1).execute([&] {
    for (int run = 0; run < kMaxPlans * kRounds + 2; ++run) static_cast<void>(conv.Run(x));
  });
  for (const auto& [plan, time] : Tried(conv.Explain(x.shape(), x.layout()))) {
    EXPECT_EQ(plan.substr(0, 6), "im2col");
  }
}

// Whichever plan runs, the caller's workspace is large enough.
TEST_F(Measured, AWorkspaceIsThatOfTheLargestPlan) {
  run_takes = 1000;
  for (Problem p : RandomProblems(5, 60, 300'000)) {
    if (p.mb == 0 || p.residual != Residual::kNone) continue;
    const Conv2d conv = Make(p, Tuning::kMeasure);
    const Tensor x = Input(p), expected = Expected(p, cpu::ActiveTarget());
    Tensor y(p.output(), p.y_layout);
    RunArgs args{.x = x, .y = y};
    tbb::task_arena(1).execute([&] {
      std::vector<std::byte> workspace(conv.WorkspaceBytes(args, 1));
      args.workspace = workspace;
      for (int run = 0; run < kMaxPlans * kRounds + 2; ++run) {
        ASSERT_NO_THROW(conv.Run(args)) << ToString(p);
        ASSERT_TRUE(SameBits(y, expected.view())) << ToString(p) << ", Run " << run;
      }
    });
  }
}

TEST_F(Measured, GradientsAndPoolingsToo) {
  run_takes = 1000;
  const auto settles = [](const auto& run, const auto& explain) {
    for (int i = 0; i < kMaxPlans * kRounds + 2; ++i) run();
    EXPECT_EQ(explain().chosen_by, "measurement") << explain().ToString();
  };
  const Tensor x = Input(kDense);
  const Conv2d conv = Make(kDense, Tuning::kMeasure);
  const Tensor dy = conv.Run(x), plain = [&] {
    Tensor dx(x.shape(), x.layout());
    Make(kDense, Tuning::kEstimate).BackwardData(dy, dx);
    return dx;
  }();
  Tensor dx(x.shape(), x.layout());
  tbb::task_arena(1).execute([&] {
    settles(
        [&] {
          conv.BackwardData(dy, dx);
          EXPECT_TRUE(SameBits(dx, plain.view()));
        },
        [&] { return conv.Explain(BackwardDataArgs{.dy = dy, .dx = dx}); });
    const MaxPool2d pool({.kernel_size = 3, .stride = 2, .tuning = Tuning::kMeasure});
    const Tensor expected = MaxPool2d({.kernel_size = 3, .stride = 2}).Run(x);
    settles([&] { EXPECT_TRUE(SameBits(pool.Run(x), expected.view())); },
            [&] { return pool.Explain(x.shape(), x.layout()); });
  });
}

TEST(Tuning, IsOneOfItsEnum) {
  EXPECT_TRUE(Throws([] { Make(kDense, static_cast<Tuning>(7)); }, {"tuning is 7", "0 to 1"}));
  EXPECT_TRUE(Throws([] { MaxPool2d({.kernel_size = 2, .tuning = static_cast<Tuning>(2)}); },
                     {"tuning is 2"}));
}

TEST(Tuning, APlanMayBeForcedByItsName) {
  const Conv2d conv = Make(kDense, Tuning::kEstimate, "direct/tile");
  const Explanation e = conv.Explain(kDense.input(), Layout::kNhwc);
  EXPECT_EQ(e.algorithm, "direct/tile");
  EXPECT_EQ(e.chosen_by, "force");
  EXPECT_NE(e.tile,
            Make(kDense, Tuning::kEstimate, "direct").Explain(kDense.input(), Layout::kNhwc).tile);
  EXPECT_TRUE(Throws([] { Make(kDense, Tuning::kEstimate, "direct/nonsense"); },
                     {"direct/nonsense", "im2col"}));
  EXPECT_TRUE(Throws(
      [] {
        Make(kDense, Tuning::kEstimate, "direct/stores").Explain(kDense.input(), Layout::kNhwc);
      },
      {"direct/stores", "there is no other such plan"}));
}

// The bits of every plan that is not its strategy's best by estimate.
class PlanVariants : public testing::TestWithParam<std::string> {};

TEST_P(PlanVariants, EqualTheReference) {
  std::map<std::string, int> checked;
  std::vector<Problem> problems = RandomProblems(77, 150, 200'000);
  for (const Problem& p : RandomProblems(78, 12, 8'000'000)) problems.push_back(p);
  for (Problem p : problems) {
    Known known(p, GetParam());
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      p.SetLayout(layout);
      Conv2dOptions o = Options(p, GetParam(), "auto");
      o.tuning = Tuning::kMeasure;
      const Conv2d conv(o, Weights(p), Bias(p));
      for (const auto& c : conv.Explain(p.input(), layout).candidates) {
        if (c.algorithm.find('/') == std::string::npos) continue;
        const BitResult result = CheckBits(p, known, GetParam(), c.algorithm);
        ASSERT_EQ(result.failure, "");
        if (!result.refused) ++checked[c.algorithm];
      }
    }
  }
  EXPECT_GE(checked.size(), 12u) << "few plans have variants";
}

INSTANTIATE_TEST_SUITE_P(All, PlanVariants, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace windrow::test
