// Kernels, or those who call them, leave no upper half of a vector register in use.
#include "lib/simd/zero_upper.h"

#include <gtest/gtest.h>
#include <tbb/task_arena.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "lib/simd/kernels.h"
#include "lib/simd/target.h"
#include "tests/support/upper_halves.h"
#include "tests/tools/tool_call.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

using test::UpperHalvesInUse;

class ZeroUpperTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!test::CanSeeUpperHalves()) GTEST_SKIP() << "this CPU does not tell what is in use";
  }
  void TearDown() override { internal::g_caller_zeros_upper = together_; }

  // What a kernel called directly leaves.
  static bool InUseAfterAKernel() {
    const internal::Target target = internal::FindTarget(GetParam());
    static std::array<float, 256> from{}, to{};
    internal::Tiles(target.index, target.fused).transpose(from.data(), 16, 16, 16, to.data(), 16);
    return UpperHalvesInUse();
  }

  // What a Run leaves, with every algorithm that takes it, on one thread, whose registers can be
  // seen.
  static void CheckConvolutions() {
    for (const std::string& algorithm : Algorithms()) {
      for (const int64_t groups : {1, 32}) {
        const Conv2dOptions o{.in_channels = 32,
                              .out_channels = 32,
                              .kernel_size = algorithm == "pointwise" ? 1 : 3,
                              .groups = groups,
                              .algorithm = algorithm,
                              .target = GetParam()};
        const auto weights =
            static_cast<size_t>(32 * (32 / groups) * o.kernel_size.h * o.kernel_size.w);
        CheckRuns(Conv2d(o, std::vector<float>(weights, 0.5f)), algorithm);
      }
    }
  }

  static void CheckPoolings() {
    for (const std::string& algorithm : PoolAlgorithms()) {
      for (const int64_t stride : {1, 3}) {
        CheckRuns(
            MaxPool2d(
                {.kernel_size = 3, .stride = stride, .algorithm = algorithm, .target = GetParam()}),
            algorithm);
      }
    }
  }

 private:
  template <class Op>
  static void CheckRuns(const Op& op, const std::string& algorithm) {
    tbb::task_arena(1).execute([&] {
      for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
        const Tensor x(Shape(1, 32, 20, 20), layout);
        try {
          op.Run(x);
        } catch (const std::invalid_argument&) {
          continue;  // the algorithm does not do it
        }
        EXPECT_FALSE(UpperHalvesInUse()) << algorithm << ' ' << ToString(layout);
      }
    });
  }

  const bool together_ = internal::g_caller_zeros_upper;
};

TEST_P(ZeroUpperTest, EachKernelClearsThem) {
  internal::g_caller_zeros_upper = false;
  EXPECT_FALSE(InUseAfterAKernel());
  CheckConvolutions();
  CheckPoolings();
}

TEST_P(ZeroUpperTest, TheLastOfASeriesDoes) {
  internal::g_caller_zeros_upper = true;
  EXPECT_EQ(InUseAfterAKernel(), GetParam().starts_with("AVX"));  // or this test sees nothing
  internal::EndKernels();
  EXPECT_FALSE(UpperHalvesInUse());
  CheckConvolutions();
  CheckPoolings();
}

INSTANTIATE_TEST_SUITE_P(Targets, ZeroUpperTest, testing::ValuesIn(UsableTargetNames()),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace windrow::tool
