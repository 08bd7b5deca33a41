// Denormals: the caller's flush-to-zero state holds on every thread, and nobody's is changed.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/conv/sweeps.h"
#include "tests/conv/variants.h"
#include "tests/support/control_bits_observer.h"
#include "tests/support/mxcsr.h"
#include "tests/support/threads.h"

namespace windrow::test {
namespace {

// Products of 2^-70 and 2^-70 are denormal, and one is not zero in any sum of them.
Problem DenormalSums() { return {.ic = 16, .oc = 24, .ih = 30, .iw = 31, .kernel = 3}; }

class ConvFlush : public testing::TestWithParam<std::tuple<Flush, std::string>> {
 protected:
  void SetUp() override {
    if (!kCanFlush) GTEST_SKIP() << "no control of denormals here";
  }
  static uint32_t bits() { return std::get<0>(GetParam()).bits; }
  static const std::string& target() { return std::get<1>(GetParam()); }
};

// On the best target: threads know nothing of targets.
class ConvFlushThreads : public testing::TestWithParam<Flush> {
 protected:
  void SetUp() override {
    if (!kCanFlush) GTEST_SKIP() << "no control of denormals here";
  }
  static uint32_t bits() { return GetParam().bits; }
  const AllowThreads limit_;
};

TEST_P(ConvFlushThreads, KeepTheCallersState) {
  for (const std::string& algorithm : Algorithms()) {
    Problem p = DenormalSums();
    const bool planar = algorithm == "planar";
    if (algorithm == "depthwise" || planar) p.g = p.oc = p.ic;
    if (algorithm == "pointwise") p.ic *= 9, p.kernel = 1;
    const std::vector<float> weights(static_cast<size_t>(p.weights()), 0x1p-70f);
    const Conv2d conv(Options(p, "", algorithm), weights);
    Tensor x(p.input(), planar ? Layout::kNchw : Layout::kNhwc);
    std::fill_n(x.data(), x.shape().elements(), 0x1p-70f);
    for (const int threads : kThreadCounts) {
      tbb::task_arena arena(threads);
      const ControlBitsObserver observer(arena);
      arena.execute([&] {
        for (int round = 0; round < 3; ++round) {
          const ScopedControlBits scoped(bits());
          const uint32_t before = ControlBits();
          const Tensor y = conv.Run(x);
          ASSERT_EQ(ControlBits(), before) << "the caller's state was changed";
          // So few products of 2^-140 are denormal in each partial sum. Where denormal operands
          // are zeros, so are the results, since +0 is added last.
          const uint32_t sum =
              bits() != 0 ? 0u : static_cast<uint32_t>(p.ic / p.g * p.kernel.h * p.kernel.w) << 9;
          for (int64_t i = 0; i < y.shape().elements(); ++i) {
            ASSERT_EQ(std::bit_cast<uint32_t>(y.data()[i]), sum)
                << algorithm << " on " << threads << " threads, element " << i;
          }
        }
      });
      EXPECT_EQ(ControlBitsObserver::Changed(), 0) << threads << " threads";
    }
  }
}

TEST_P(ConvFlushThreads, DenormalInputs) {
  const Problem p = DenormalSums();
  const std::vector<float> weights(static_cast<size_t>(p.weights()), 1.0f);
  const Conv2d conv(Options(p, "", "auto"), weights);
  Tensor x(p.input(), Layout::kNhwc);
  std::fill_n(x.data(), x.shape().elements(), std::bit_cast<float>(3u));
  for (const int threads : kThreadCounts) {
    tbb::task_arena(threads).execute([&] {
      const ScopedControlBits scoped(bits());
      const Tensor y = conv.Run(x);
      const uint32_t sum = bits() != 0 ? 0u : 3u * 144u;
      for (int64_t i = 0; i < y.shape().elements(); ++i) {
        ASSERT_EQ(std::bit_cast<uint32_t>(y.data()[i]), sum) << threads << " threads";
      }
    });
  }
}

// Every algorithm flushes as the reference does, in the same places.
TEST_P(ConvFlush, SameBitsAsTheReference) {
  const ScopedControlBits scoped(bits());
  for (Problem p : RandomProblems(6, 400, 20'000)) {
    p.values = Values::kDenormal;
    p.bias = false;
    for (const Numerics numerics : {Numerics::kNative, Numerics::kPortable}) {
      p.numerics = numerics;
      ASSERT_EQ(CheckBits(p, target(), "auto").failure, "");
    }
  }
}

// A denormal bias, with taps on padding first or alone.
TEST_P(ConvFlush, DenormalBiasUnderPadding) {
  const ScopedControlBits scoped(bits());
  for (const int64_t kernel : {1, 3}) {
    const Problem p{.ic = 2,
                    .oc = 21,
                    .ih = 3,
                    .iw = 4,
                    .kernel = kernel,
                    .padding = 3,
                    .bias = true,
                    .values = Values::kDenormal};
    EXPECT_EQ(CheckBits(p, target(), "auto").failure, "");
  }
}

INSTANTIATE_TEST_SUITE_P(All, ConvFlushThreads, testing::ValuesIn(FlushStates()),
                         [](const auto& test) { return std::string(test.param.name); });
INSTANTIATE_TEST_SUITE_P(All, ConvFlush,
                         testing::Combine(testing::ValuesIn(FlushStates()),
                                          testing::ValuesIn(UsableNames())),
                         [](const auto& test) {
                           std::string name = std::get<0>(test.param).name;
                           return name.append("_").append(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace windrow::test
