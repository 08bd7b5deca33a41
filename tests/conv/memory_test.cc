// A Run needs no more memory than its tensors and a workspace that follows from the caches and the
// threads, however large the image: measured as the peak of the process's resident set. In a
// program of its own, as it counts everything the process does.
//
// WINDROW_IMAGE_SIDE=8192 in the environment measures a larger image than continuous integration.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>
#include <iostream>
#include <string>
#include <tuple>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/support/peak_memory.h"

namespace windrow::test {
namespace {

struct Everyday {
  const char* name;
  Problem problem;  // the image's size is set later
};

void PrintTo(const Everyday& e, std::ostream* out) { *out << e.name; }

std::vector<Everyday> EverydayProblems() {
  return {
      {"Grey3x3", {.kernel = 3, .padding = Padding::Same()}},
      {"Colour3x3Reflect",
       {.ic = 3, .oc = 8, .kernel = 3, .padding = 1, .mode = PaddingMode::kReflect}},
      {"Pointwise", {.ic = 4, .oc = 4}},
      {"Depthwise3x3", {.g = 4, .ic = 4, .oc = 4, .kernel = 3, .padding = 1}},
      {"Stride2", {.ic = 3, .oc = 16, .kernel = 7, .stride = 2, .padding = 3}},
  };
}

using Parameter = std::tuple<Everyday, Layout, Layout>;

class Memory : public testing::TestWithParam<Parameter> {
 protected:
  void SetUp() override {
    if (!ResetPeak()) GTEST_SKIP() << "the system does not tell the peak of resident memory";
  }

  static Problem WithSide(int64_t side) {
    auto [everyday, x_layout, y_layout] = GetParam();
    Problem p = everyday.problem;
    p.ih = p.iw = side;
    p.SetLayout(x_layout);
    p.y_layout = y_layout;
    return p;
  }
  static Conv2d Make(const Problem& p) {
    return Conv2d(Options(p, /*target=*/"", "auto"), Weights(p), Bias(p));
  }
  // Starts the threads and reads the code.
  static void WarmUp() {
    const Problem p = WithSide(300);
    const Tensor x(p.input(), p.x_layout);
    Tensor y(p.output(), p.y_layout);
    Make(p).Run(x, y);
  }
};

TEST_P(Memory, OfARunIsItsWorkspace) {
  tbb::task_arena(kThreads).execute([] {
    WarmUp();
    const Problem p = WithSide(ImageSide(1280));
    const Conv2d conv = Make(p);
    const Tensor x(p.input(), p.x_layout);  // filled, hence resident
    Tensor y(p.output(), p.y_layout);
    const int64_t first = PeakGrowth([&] { conv.Run(x, y); });
    const int64_t repeated = PeakGrowth([&] { conv.Run(x, y); });
    // It can be asked for only if the layouts are the same.
    const bool same = p.x_layout == p.y_layout;
    const auto workspace =
        same ? static_cast<int64_t>(conv.WorkspaceBytes(p.input(), p.x_layout, kThreads))
             : MaxWorkspace(kThreads);
    EXPECT_LE(first, workspace + kSlack);
    EXPECT_LE(repeated, kSlack);
    const int64_t tensors = (p.input().elements() + p.output().elements()) * int64_t{sizeof(float)};
    std::cout << ToString(p) << ": tensors " << tensors / kMiB << " MiB, workspace "
              << (same ? "" : "at most ") << workspace / 1024 << " KiB, peak growth "
              << first / 1024 << " KiB, of a repeated Run " << repeated / 1024 << " KiB\n";
  });
}

std::string NameOf(const testing::TestParamInfo<Parameter>& test) {
  const auto& [everyday, x_layout, y_layout] = test.param;
  return everyday.name + std::string("_") + ToString(x_layout) + "_" + ToString(y_layout);
}

const auto kLayouts = testing::Values(Layout::kNhwc, Layout::kNchw);
INSTANTIATE_TEST_SUITE_P(All, Memory,
                         testing::Combine(testing::ValuesIn(EverydayProblems()), kLayouts,
                                          kLayouts),
                         NameOf);

// The test of the test: memory is seen that is there only for a while.
TEST(PeakGrowth, SeesATemporary) {
  if (!ResetPeak()) GTEST_SKIP();
  constexpr int64_t kBytes = 6 * kMiB;  // less than any tensor above
  const int64_t growth = PeakGrowth([] {
    const std::vector<char> temporary(kBytes, 1);
    EXPECT_EQ(static_cast<const volatile char&>(temporary.back()), 1);
  });
  EXPECT_GT(growth, kBytes - kSlack / 2);
  EXPECT_LT(PeakGrowth([] {}), kSlack / 2);
}

TEST(Workspace, DoesNotGrowWithTheImage) {
  constexpr int64_t kLong = int64_t{1} << 30;
  for (const Everyday& everyday : EverydayProblems()) {
    Problem p = everyday.problem;
    const Conv2d conv(Options(p, /*target=*/"", "auto"), Weights(p), Bias(p));
    for (const Size2 size : {Size2(64), Size2(1000), Size2(8192), Size2(100'000), Size2(1 << 20),
                             Size2(16, kLong), Size2(kLong, 16)}) {
      p.ih = size.h, p.iw = size.w;
      for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
        for (const int threads : {1, 2, 64}) {
          EXPECT_LE(static_cast<int64_t>(conv.WorkspaceBytes(p.input(), layout, threads)),
                    MaxWorkspace(threads))
              << everyday.name << ' ' << p.input().ToString() << ' ' << ToString(layout);
        }
      }
    }
  }
}

}  // namespace
}  // namespace windrow::test
