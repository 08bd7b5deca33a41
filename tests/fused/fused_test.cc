// A pair of layers as one call gives the bits of the two calls: in bands of every size, on every
// target, in any layouts and views, by one thread and by several.
#include "windrow/fused.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "tests/conv/variants.h"
#include "tests/fused/pairs.h"
#include "tests/support/placed.h"
#include "tests/support/threads.h"
#include "tests/support/use_machine.h"

namespace windrow::test {
namespace {

class FusedBits : public testing::TestWithParam<std::string> {
 protected:
  const AllowThreads limit_;
};

// By chance: strides, kernels, padding of all modes, groups, odd channels, ceil_mode, padding that
// counts and does not, layouts, gaps, residuals, numbers that are none.
TEST_P(FusedBits, AreThoseOfTheTwoCalls) {
  constexpr int kPairs = 1200;
  const auto seed = static_cast<uint64_t>(GetParam().size());
  Generator random(seed);
  int64_t in_many_bands = 0, pooled = 0;
  for (int i = 0; i < kPairs; ++i) {
    const PairProblem p = RandomPair(random, 300'000);
    const Scratch scratch = random.OneIn(2) ? Scratch::kCallers : Scratch::kObjects;
    const int threads = random.OneIn(3) ? kMaxThreads : 1;
    tbb::task_arena(threads).execute([&] {
      for (const std::string algorithm : {"bands", "in_turn"}) {
        const BitResult result = CheckFusedBits(p, GetParam(), algorithm, scratch, threads);
        ASSERT_EQ(result.failure, "") << threads << " threads";
      }
    });
    if (HasFatalFailure()) return;
    const UseMachine cache = UseL2(p.l2);
    const Explanation e =
        MakeFused(p, GetParam(), "bands").Explain(p.first.input(), p.first.x_layout);
    in_many_bands += BandsOf(e) > p.first.mb ? 1 : 0;
    pooled += std::holds_alternative<PoolProblem>(p.second) ? 1 : 0;
  }
  EXPECT_GT(in_many_bands, kPairs / 4);
  EXPECT_GT(pooled, kPairs / 6);
}

INSTANTIATE_TEST_SUITE_P(All, FusedBits, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

// Depthwise with a clamp, then 1x1; and a convolution, then 2x2 maxima: the pairs this is for.
PairProblem Mobile(int64_t channels, int64_t side, int64_t stride, int64_t out) {
  PairProblem p;
  p.first = {.mb = 2,
             .g = channels,
             .ic = channels,
             .oc = channels,
             .ih = side,
             .iw = side,
             .kernel = 3,
             .stride = stride,
             .padding = 1,
             .bias = true,
             .epilogue = {.clamp_min = 0, .clamp_max = 6}};
  const Shape middle = p.first.output();
  p.second =
      Problem{.mb = 2, .ic = channels, .oc = out, .ih = middle.h(), .iw = middle.w(), .bias = true};
  return p;
}

PairProblem Vgg(int64_t channels, int64_t side) {
  PairProblem p;
  p.first = {.ic = channels,
             .oc = channels,
             .ih = side,
             .iw = side,
             .kernel = 3,
             .padding = 1,
             .bias = true,
             .epilogue = {.clamp_min = 0}};
  p.second = PoolProblem{.c = channels, .ih = side, .iw = side, .kernel = 2};
  return p;
}

void SetLayouts(PairProblem& p, Layout x, Layout y) {
  p.first.SetLayout(x);
  std::visit([&](auto& q) { q.SetLayout(y); }, p.second);
}

TEST(FusedNetworks, GiveTheBitsOfTheTwoCalls) {
  const AllowThreads limit;
  for (PairProblem p : {Mobile(32, 40, 1, 16), Mobile(48, 41, 2, 24), Vgg(16, 44), Vgg(20, 23)}) {
    for (const int64_t l2 : {16 << 10, 64 << 10}) {
      p.l2 = l2;
      for (const Layout x : {Layout::kNchw, Layout::kNhwc}) {
        for (const Layout y : {Layout::kNchw, Layout::kNhwc}) {
          SetLayouts(p, x, y);
          for (const int threads : kThreadCounts) {
            tbb::task_arena(threads).execute([&] {
              const BitResult result =
                  CheckFusedBits(p, cpu::ActiveTarget(), "auto", Scratch::kCallers, threads);
              EXPECT_EQ(result.failure, "") << threads << " threads";
            });
          }
        }
      }
    }
  }
}

// Which way is chosen, and what Explain says of it.
TEST(FusedChoice, IsBandsWhereTheMiddleLeavesTheCache) {
  const PairProblem p = Mobile(48, 40, 1, 24);
  tbb::task_arena(1).execute([&] {
    const UseMachine cache = UseL2(64 << 10);
    const Fused fused = MakeFused(p, "", "auto");
    const Explanation e = fused.Explain(p.first.input(), Layout::kNhwc);
    EXPECT_EQ(e.algorithm, "bands") << e.ToString();
    EXPECT_GE(BandsOf(e), 10) << e.ToString();
    EXPECT_NE(e.tile.find("depthwise"), std::string::npos) << e.ToString();
    EXPECT_NE(e.tile.find("pointwise"), std::string::npos) << e.ToString();
    EXPECT_EQ(e.output, p.output());
    EXPECT_EQ(e.multiply_adds, p.multiply_adds());
    EXPECT_EQ(e.target, cpu::ActiveTarget());
    ASSERT_EQ(e.candidates.size(), 3u);
    // No more than a band, what its layers need, and alignment.
    EXPECT_LE(fused.WorkspaceBytes(p.first.input(), Layout::kNhwc, 1), size_t{96} << 10);
  });
}

// A 3x3 kernel behind a convolution of many channels: a row that two bands see is expensive.
TEST(FusedChoice, IsInTurnWhereRowsAreComputedTwiceTooOften) {
  PairProblem p;
  p.first = {.ic = 64, .oc = 64, .ih = 40, .iw = 40, .kernel = 3, .padding = 1};
  p.second = Problem{.ic = 64, .oc = 64, .ih = 40, .iw = 40, .kernel = 3, .padding = 1};
  tbb::task_arena(1).execute([&] {
    const UseMachine cache = UseL2(64 << 10);
    const Explanation e = MakeFused(p, "", "auto").Explain(p.first.input(), Layout::kNhwc);
    EXPECT_EQ(e.algorithm, "in_turn") << e.ToString();
  });
}

// A layer's forced algorithm is taken in both ways, and each memory order that it needs.
TEST(FusedChoice, TakesTheLayersAlgorithms) {
  const Problem p{.g = 24, .ic = 24, .oc = 24, .ih = 20, .iw = 20, .kernel = 3, .padding = 1};
  const Problem q{.ic = 24, .oc = 8, .ih = 20, .iw = 20};
  Tensor x(p.input());
  Fill(x.view(), Role::kInput, Values::kPlain);
  const Conv2d second(Options(q, "", "auto"), Weights(q));
  const Tensor expected = second.Run(Conv2d(Options(p, "", "auto"), Weights(p)).Run(x));
  for (const std::string name : {"planar", "depthwise", "im2col", "im2col/source", "reference"}) {
    const Conv2d first(Options(p, "", name), Weights(p));
    for (const std::string way : {"bands", "in_turn", "auto", "reference"}) {
      const Fused fused(first, second, {.algorithm = way});
      EXPECT_TRUE(SameBits(fused.Run(x), expected)) << name << ' ' << way;
      if (way == "reference") continue;
      const std::string tile = fused.Explain(x.shape(), x.layout()).tile;
      EXPECT_NE(tile.find("first " + name.substr(0, name.find('/'))), std::string::npos) << tile;
    }
  }
}

TEST(FusedWeights, OfTheOriginalsAreSeen) {
  const PairProblem p = Mobile(8, 9, 1, 5);
  const auto& q = std::get<Problem>(p.second);
  Conv2d first(Options(p.first, "", "auto"), Weights(p.first), Bias(p.first));
  Conv2d second(Options(q, "", "auto"), Weights(q), Bias(q));
  const Fused fused(first, second);
  Tensor x(p.first.input(), Layout::kNhwc);
  Fill(x.view(), Role::kInput, Values::kPlain);
  const Tensor before = fused.Run(x);
  first.SetWeights(std::vector<float>(size_t{8} * 9, 0.25f));
  second.SetWeights(std::vector<float>(size_t{8} * 5, -0.5f));
  EXPECT_FALSE(SameBits(fused.Run(x), before));
  EXPECT_TRUE(SameBits(fused.Run(x), second.Run(first.Run(x))));
  // Infinite ones may not skip padding.
  first.SetWeights(std::vector<float>(size_t{8} * 9, std::numeric_limits<float>::infinity()));
  EXPECT_TRUE(SameBits(fused.Run(x), second.Run(first.Run(x))));
}

}  // namespace
}  // namespace windrow::test
