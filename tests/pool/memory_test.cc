// A Run of a pooling needs no more memory than its tensors and a workspace that follows from the
// caches and the threads, however large the image. WINDROW_IMAGE_SIDE=8192 in the environment
// measures a larger one.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>
#include <iostream>
#include <string>
#include <tuple>
#include <vector>

#include "tests/pool/harness.h"
#include "tests/pool/problem.h"
#include "tests/support/peak_memory.h"

namespace windrow::test {
namespace {

struct EverydayPooling {
  const char* name;
  PoolProblem problem;  // the image's size is set later
};

void PrintTo(const EverydayPooling& e, std::ostream* out) { *out << e.name; }

std::vector<EverydayPooling> EverydayPoolings() {
  return {
      {"Max2x2", {.c = 3, .kernel = 2}},
      {"Max3x3Indices",
       {.reduction = Reduction::kMaxIndices, .c = 2, .kernel = 3, .stride = 1, .padding = 1}},
      {"Average3x3Stride2",
       {.reduction = Reduction::kAverage, .kernel = 3, .stride = 2, .padding = 1}},
      {"Max13x13", {.c = 2, .kernel = 13, .stride = 1, .padding = 6}},
      {"Global", {.reduction = Reduction::kAverage, .adaptive = true, .c = 3}},
      {"Adaptive7x7", {.adaptive = true, .c = 2, .output_size = 7}},
  };
}

using PoolParameter = std::tuple<EverydayPooling, Layout, Layout>;

class PoolMemory : public testing::TestWithParam<PoolParameter> {
 protected:
  void SetUp() override {
    if (!ResetPeak()) GTEST_SKIP() << "the system does not tell the peak of resident memory";
  }
  static PoolProblem WithSide(int64_t side) {
    const auto& [everyday, x_layout, y_layout] = GetParam();
    PoolProblem p = everyday.problem;
    p.ih = p.iw = side;
    p.SetLayout(y_layout);
    p.x_layout = x_layout;
    return p;
  }
};

TEST_P(PoolMemory, OfARunIsItsWorkspace) {
  tbb::task_arena(kThreads).execute([] {
    const PoolProblem small = WithSide(300);  // starts the threads and reads the code
    (void)RunPool(MakePooling(small, "", "auto"), small, PoolInput(small));
    const PoolProblem p = WithSide(ImageSide(900));
    const AnyPooling pooling = MakePooling(p, "", "auto");
    const Tensor x(p.input(), p.x_layout);  // filled, hence resident
    Tensor y(p.output(), p.y_layout);
    std::vector<int64_t> indices(static_cast<size_t>(p.indices() ? p.output().elements() : 0));
    PoolArgs args{.x = x, .y = y};
    if (p.indices()) args.indices = IndexView(indices.data(), p.output(), p.index_layout);
    const auto workspace = static_cast<int64_t>(pooling.WorkspaceBytes(args, kThreads));
    EXPECT_LE(workspace, MaxWorkspace(kThreads));
    const int64_t first = PeakGrowth([&] { pooling.Run(args); });
    const int64_t repeated = PeakGrowth([&] { pooling.Run(args); });
    EXPECT_LE(first, workspace + kSlack);
    EXPECT_LE(repeated, kSlack);
    std::cout << ToString(p) << ": workspace " << workspace / 1024 << " KiB, peak growth "
              << first / 1024 << " KiB, of a repeated Run " << repeated / 1024 << " KiB\n";
  });
}

std::string PoolingName(const testing::TestParamInfo<PoolParameter>& test) {
  const auto& [everyday, x_layout, y_layout] = test.param;
  return everyday.name + std::string("_") + ToString(x_layout) + "_" + ToString(y_layout);
}

const auto kPoolLayouts = testing::Values(Layout::kNhwc, Layout::kNchw);
INSTANTIATE_TEST_SUITE_P(All, PoolMemory,
                         testing::Combine(testing::ValuesIn(EverydayPoolings()), kPoolLayouts,
                                          kPoolLayouts),
                         PoolingName);

// Tables of a few words for each pixel of a row may come on top.
int64_t MaxOf(int64_t threads, int64_t width) {
  return MaxWorkspace(static_cast<int>(threads)) + threads * width * 16;
}

TEST(PoolWorkspaceSize, DoesNotGrowWithTheImage) {
  for (const EverydayPooling& everyday : EverydayPoolings()) {
    PoolProblem p = everyday.problem;
    const AnyPooling pooling = MakePooling(p, "", "auto");
    for (const Size2 size : {Size2(64), Size2(1000), Size2(8192), Size2(100'000),
                             Size2(16, 100'000), Size2(100'000, 16)}) {
      p.ih = size.h, p.iw = size.w;
      for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
        for (const int threads : {1, 2, 64}) {
          EXPECT_LE(static_cast<int64_t>(pooling.WorkspaceBytes(p.input(), layout, threads)),
                    MaxOf(threads, size.w))
              << everyday.name << ' ' << p.input().ToString() << ' ' << ToString(layout);
        }
      }
    }
  }
}

// That of gradients has the same bound. What the views are of is not touched.
TEST(PoolWorkspaceSize, OfGradientsDoesNotGrowWithTheImage) {
  if (sizeof(void*) < 8) GTEST_SKIP() << "there are no such addresses";
  for (const EverydayPooling& everyday : EverydayPoolings()) {
    PoolProblem p = everyday.problem;
    const AnyPooling pooling = MakePooling(p, "", "auto");
    for (const Size2 size :
         {Size2(64), Size2(1000), Size2(8192), Size2(16, 100'000), Size2(100'000, 16)}) {
      p.ih = size.h, p.iw = size.w;
      const auto address = [](uint64_t at) { return static_cast<uintptr_t>(at << 44); };
      for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
        PoolBackwardArgs args{
            .dy = {reinterpret_cast<const float*>(address(1)), p.output(), layout},
            .dx = {reinterpret_cast<float*>(address(2)), p.input(), layout}};
        if (!p.average()) {
          args.indices = {reinterpret_cast<const int64_t*>(address(3)), p.output(), layout};
        }
        for (const int threads : {1, 2, 64}) {
          EXPECT_LE(static_cast<int64_t>(pooling.WorkspaceBytes(args, threads)),
                    MaxOf(threads, size.w))
              << everyday.name << ' ' << p.input().ToString() << ' ' << ToString(layout);
        }
      }
    }
  }
}

}  // namespace
}  // namespace windrow::test
