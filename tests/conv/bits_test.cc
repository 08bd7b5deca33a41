// Every sweep on every usable target, algorithm, layout and numerics: the bits of the reference.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/conv/sweeps.h"
#include "tests/conv/variants.h"
#include "tests/support/threads.h"
#include "tests/support/use_machine.h"

namespace windrow::test {
namespace {

using Parameter = std::tuple<Sweep, cpu::TargetInfo>;

// One way to run a sweep, and how that went.
struct Way {
  Variant variant;
  int64_t checked = 0, refused = 0;
};

// All of a target, of one numerics.
std::vector<Way> Ways(const Sweep& sweep, const cpu::TargetInfo& target, Numerics numerics) {
  std::vector<Way> ways;
  for (const Variant& v : Variants()) {
    if (v.target.name == target.name && v.numerics == numerics &&
        TakesOf(v, sweep.name) != Takes::kNone) {
      ways.push_back({v});
    }
  }
  return ways;
}

class ConvBits : public testing::TestWithParam<Parameter> {};

TEST_P(ConvBits, EqualTheReference) {
  const auto& [sweep, target] = GetParam();
  for (const Numerics numerics : {Numerics::kNative, Numerics::kPortable}) {
    std::vector<Way> ways = Ways(sweep, target, numerics);
    if (ways.empty()) continue;
    for (Problem p : sweep.problems(ways.front().variant)) {
      p.numerics = numerics;
      Known known(p, target.name);
      for (Way& way : ways) {
        p.SetLayout(way.variant.layout);
        const BitResult result = CheckBits(p, known, target.name, way.variant.algorithm);
        ++(result.refused ? way.refused : way.checked);
        ASSERT_EQ(result.failure, "");
      }
    }
    for (const Way& way : ways) {
      if (TakesOf(way.variant, sweep.name) == Takes::kAll) {
        EXPECT_EQ(way.refused, 0) << way.variant.Name();
      }
      EXPECT_GT(way.checked, 0) << way.variant.Name() << " refuses all " << way.refused;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ConvBits,
                         testing::Combine(testing::ValuesIn(Sweeps()),
                                          testing::ValuesIn(UsableTargets())),
                         [](const auto& test) {
                           return std::get<0>(test.param).name +
                                  ("_" + std::get<1>(test.param).name);
                         });

// x, y and the residual each in its own layout; some algorithm must take it.
class MixedLayouts : public testing::TestWithParam<std::string> {};

TEST_P(MixedLayouts, EqualTheReference) {
  for (Problem p : RandomProblems(3, 150, 40'000)) {
    Known known(p, GetParam());
    for (int layouts = 0; layouts < 8; ++layouts) {
      p.x_layout = static_cast<Layout>(layouts & 1);
      p.y_layout = static_cast<Layout>(layouts >> 1 & 1);
      p.residual_layout = static_cast<Layout>(layouts >> 2 & 1);
      ASSERT_EQ(CheckBits(p, known, GetParam(), "auto").failure, "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, MixedLayouts, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

// As if on a CPU with caches so small that everything is done in parts: blocks, steps of a
// reduction, outputs that go past the caches.
class SmallCaches : public testing::TestWithParam<std::string> {
 private:
  const UseMachine machine_{[](internal::Machine& m) {
    m.l1d = 1 << 10;
    m.l2 = 8 << 10;
    m.l3 = 0;
  }};
  const AllowThreads limit_;
};

TEST_P(SmallCaches, GiveTheSameBits) {
  std::vector<Problem> all = RandomProblems(8, 250, 60'000);
  const std::vector<Problem> larger = RandomProblems(9, 30, 2'000'000);
  all.insert(all.end(), larger.begin(), larger.end());
  int64_t checked = 0;
  for (Problem& p : all) {
    Known known(p, GetParam());
    for (const std::string& algorithm : Algorithms()) {
      if (algorithm == "reference") continue;
      for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
        p.SetLayout(layout);
        const int threads = checked % 3 == 0 ? 3 : 1;
        BitResult result;
        tbb::task_arena(threads).execute([&] {
          result = CheckBits(p, known, GetParam(), algorithm, Scratch::kObjects, threads);
        });
        ASSERT_EQ(result.failure, "");
        checked += !result.refused;
      }
    }
  }
  EXPECT_GT(checked, static_cast<int64_t>(all.size()));
}

INSTANTIATE_TEST_SUITE_P(All, SmallCaches, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace windrow::test
