// Denormals in pooling: the caller's flush-to-zero state holds on every thread, and nobody's is
// changed.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <tuple>

#include "tests/pool/harness.h"
#include "tests/pool/problem.h"
#include "tests/pool/sweeps.h"
#include "tests/pool/variants.h"
#include "tests/support/control_bits_observer.h"
#include "tests/support/mxcsr.h"
#include "tests/support/threads.h"

namespace windrow::test {
namespace {

class PoolFlush : public testing::TestWithParam<std::tuple<Flush, std::string>> {
 protected:
  void SetUp() override {
    if (!kCanFlush) GTEST_SKIP() << "no control of denormals here";
  }
  static uint32_t bits() { return std::get<0>(GetParam()).bits; }
  static const std::string& target() { return std::get<1>(GetParam()); }
};

// On the best target: threads know nothing of targets.
class PoolFlushThreads : public testing::TestWithParam<Flush> {
 protected:
  void SetUp() override {
    if (!kCanFlush) GTEST_SKIP() << "no control of denormals here";
  }
  static uint32_t bits() { return GetParam().bits; }
  const AllowThreads limit_;
};

// Enough work for several threads.
PoolProblem ManyDenormals() { return {.c = 40, .ih = 52, .iw = 53, .kernel = 3, .stride = 1}; }

// Of an x full of one denormal: of 8 = 2^3 units in the last place, a sum of 9 is 72 and over 9
// again 8.
TEST_P(PoolFlushThreads, KeepTheCallersState) {
  constexpr uint32_t kDenormal = 8;
  for (const Reduction reduction : kReductions) {
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      for (const std::string& algorithm : PoolAlgorithmsToTest()) {
        if (!TakesEveryday(algorithm, layout, reduction)) continue;
        PoolProblem p = ManyDenormals();
        p.reduction = reduction;
        p.SetLayout(layout);
        const AnyPooling pooling = MakePooling(p, "", algorithm);
        Tensor x(p.input(), layout);
        std::fill_n(x.data(), x.shape().elements(), std::bit_cast<float>(kDenormal));
        for (const int threads : kThreadCounts) {
          tbb::task_arena arena(threads);
          const ControlBitsObserver observer(arena);
          arena.execute([&] {
            const ScopedControlBits scoped(bits());
            const uint32_t before = ControlBits();
            const Tensor y = RunPool(pooling, p, x).y;
            ASSERT_EQ(ControlBits(), before) << "the caller's state was changed";
            const uint32_t expected = bits() != 0 ? 0u : kDenormal;
            for (int64_t i = 0; i < y.shape().elements(); ++i) {
              ASSERT_EQ(std::bit_cast<uint32_t>(y.data()[i]), expected)
                  << algorithm << ' ' << ToString(p) << " on " << threads << " threads, " << i;
            }
          });
          EXPECT_EQ(ControlBitsObserver::Changed(), 0) << threads << " threads";
        }
      }
    }
  }
}

// Every algorithm flushes as the reference does, in the same places: also the index of a maximum
// may change, since denormals are equal where they are zeros.
TEST_P(PoolFlush, SameBitsAsTheReference) {
  const ScopedControlBits scoped(bits());
  for (PoolProblem p : RandomPoolProblems(6, 150, 20'000)) {
    p.values = Values::kDenormal;
    KnownPool known(p);
    for (const std::string& algorithm : PoolAlgorithmsToTest()) {
      ASSERT_EQ(CheckPoolBits(p, known, target(), algorithm).failure, "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PoolFlushThreads, testing::ValuesIn(FlushStates()),
                         [](const auto& test) { return std::string(test.param.name); });
INSTANTIATE_TEST_SUITE_P(All, PoolFlush,
                         testing::Combine(testing::ValuesIn(FlushStates()),
                                          testing::ValuesIn(UsableNames())),
                         [](const auto& test) {
                           std::string name = std::get<0>(test.param).name;
                           return name.append("_").append(std::get<1>(test.param));
                         });

// That flushing changes what a maximum is, or the test above would show nothing.
TEST(PoolFlushStates, ChangeOutputsAndIndices) {
  if (!kCanFlush) GTEST_SKIP() << "no control of denormals here";
  const PoolProblem p{.reduction = Reduction::kMaxIndices,
                      .c = 9,
                      .ih = 30,
                      .iw = 30,
                      .kernel = 3,
                      .stride = 1,
                      .values = Values::kDenormal};
  const PoolOutputs kept = ExpectedPool(p);
  const ScopedControlBits scoped(kFlushToZero | kDenormalsAreZero);
  const PoolOutputs flushed = ExpectedPool(p);
  EXPECT_FALSE(SameBits(kept.y, flushed.y));
  EXPECT_NE(kept.indices, flushed.indices);
}

}  // namespace
}  // namespace windrow::test
