// A Run of a convolution allocates nothing, the first one with a new shape included.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/allocation_count.h"
#include "windrow/conv2d.h"

namespace windrow::test {
namespace {

class Allocation : public testing::TestWithParam<std::string> {
 protected:
  static Conv2d Make(int64_t ic, int64_t oc, int64_t kernel) {
    Conv2dOptions o;
    if (GetParam() == "depthwise" || GetParam() == "planar") oc = o.groups = ic;
    o.in_channels = ic;
    o.out_channels = oc;
    o.kernel_size = kernel;
    o.padding = Padding::Same();
    o.algorithm = GetParam();
    return Conv2d(
        o, std::vector<float>(static_cast<size_t>(oc * (ic / o.groups) * kernel * kernel), 0.5f));
  }
  // Runs a few times on one thread; how many allocations, and bytes that stay. Where scratch memory
  // is needed, a first Run may make the object's larger.
  static void ExpectNone(const Conv2d& conv, const Shape& input, Layout layout) {
    const Tensor x(input, layout);
    Tensor y(conv.OutputShape(input), layout);
    tbb::task_arena arena(1);
    arena.execute([&] {
      if (conv.WorkspaceBytes(input, layout, 1) > 0) conv.Run(x, y);
      EXPECT_TRUE(AllocatesNothing([&] {
        for (int i = 0; i < 3; ++i) conv.Run(x, y);
      })) << input.ToString();
    });
  }
};

TEST_P(Allocation, TheCounterCounts) {
  const int64_t before = Allocations();
  const uint64_t bytes = BytesInUse();
  const Tensor t(Shape(1, 1, 10, 10));
  EXPECT_GT(Allocations() - before, 0);
  if (bytes != 0) {
    EXPECT_GE(BytesInUse(), bytes + 400);
  }
}

TEST_P(Allocation, NoneInARunNotEvenOfANewShape) {
  for (const int64_t kernel : {1, 3}) {
    if (kernel > 1 && GetParam() == "pointwise") continue;
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      if (GetParam() == "planar" && layout == Layout::kNhwc) continue;
      const Conv2d conv = Make(16, 24, kernel);
      conv.Run(Tensor(Shape(1, 16, 8, 8), layout));  // the first packs the weights
      for (const Shape& s : {Shape(1, 16, 9, 9), Shape(2, 16, 30, 31), Shape(1, 16, 3, 100),
                             Shape(1, 16, 9, 9), Shape(0, 16, 5, 5)}) {
        ExpectNone(conv, s, layout);
      }
    }
  }
}

TEST(GradientAllocation, NoneInARepeatedCall) {
  for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
    for (const int64_t groups : {1, 16}) {
      for (const PaddingMode mode : {PaddingMode::kZeros, PaddingMode::kReflect}) {
        Conv2dOptions o;
        o.in_channels = 16, o.out_channels = 32, o.kernel_size = 3, o.stride = 2, o.padding = 1;
        o.groups = groups, o.padding_mode = mode;
        std::vector<float> w(static_cast<size_t>(32 * 16 / groups * 9), 0.5f), db(32);
        const Conv2d conv(o, w);
        const Tensor x(Shape(2, 16, 17, 18), layout), dy(conv.OutputShape(x.shape()), layout);
        Tensor dx(x.shape(), layout);
        const auto run = [&] {
          conv.BackwardData(dy, dx);
          conv.BackwardWeights({.x = x, .dy = dy, .dw = w, .db = db});
        };
        tbb::task_arena(1).execute([&] {
          run();
          EXPECT_TRUE(AllocatesNothing(run));
        });
      }
    }
  }
}

// While plans are tried, each may pack weights and make scratch memory larger, once.
TEST(MeasuredAllocation, NoneOnceEveryPlanHasRun) {
  Conv2dOptions o{.in_channels = 16, .out_channels = 48, .kernel_size = 3, .padding = 1};
  o.tuning = Tuning::kMeasure;
  const Conv2d conv(o, std::vector<float>(size_t{16} * 48 * 9, 0.5f));
  for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
    const Tensor x(Shape(1, 16, 21, 22), layout);
    Tensor y(conv.OutputShape(x.shape()), layout);
    tbb::task_arena(1).execute([&] {
      for (int i = 0; i < 4; ++i) conv.Run(x, y);
      EXPECT_TRUE(AllocatesNothing([&] {
        for (int i = 0; i < 20; ++i) conv.Run(x, y);
      }));
      EXPECT_EQ(conv.Explain(x.shape(), layout).chosen_by, "measurement");
    });
  }
}

std::vector<std::string> AutoAndAll() {
  std::vector<std::string> names = Algorithms();
  names.push_back("auto");
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, Allocation, testing::ValuesIn(AutoAndAll()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace windrow::test
