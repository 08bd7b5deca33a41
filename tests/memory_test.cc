// A Run needs no more memory than its tensors and a workspace that follows from the caches and the
// threads, however large the image: measured as the peak of the process's resident set. In a
// program of its own, as it counts everything the process does.
//
// WINDROW_IMAGE_SIDE=8192 in the environment measures a larger image than continuous integration.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <tuple>
#include <vector>

#include "lib/base/aligned.h"
#include "lib/base/cache.h"
#include "tests/harness.h"
#include "tests/problem.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace windrow::test {
namespace {

constexpr int kThreads = 2;
// What a process takes besides: a thread's stack, code read for the first time, the kernel's
// rounding of the count, a huge page where a few small ones would do.
constexpr int64_t kSlack = 4 << 20;

constexpr int64_t kMiB = 1 << 20;

// "VmRSS" (resident now) or "VmHWM" (its peak), in bytes; -1 if the system does not say.
int64_t Status(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;) {
    int64_t kib = 0;
    if (key == name + ":" && status >> kib) return kib << 10;
    status.ignore(1 << 10, '\n');
  }
  return -1;
}

// Makes the peak what is resident now, with nothing kept for later by malloc.
bool ResetPeak() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
  std::ofstream clear("/proc/self/clear_refs");
  clear << "5" << std::flush;
  return clear.good() && Status("VmHWM") >= 0;
}

// How much more than now is resident at the peak of f().
template <typename F>
int64_t PeakGrowth(const F& f) {
  EXPECT_TRUE(ResetPeak());
  const int64_t before = Status("VmRSS");
  f();
  return Status("VmHWM") - before;
}

// The bound that holds for every image.
int64_t MostWorkspace(int threads) {
  return internal::Caches().l2 * threads + int64_t{internal::kAlignment};
}

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
  static int64_t Side() {
    const char* side = std::getenv("WINDROW_IMAGE_SIDE");
    return side == nullptr ? 1280 : std::atoll(side);
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
    const Problem p = WithSide(Side());
    const Conv2d conv = Make(p);
    const Tensor x(p.input(), p.x_layout);  // filled, hence resident
    Tensor y(p.output(), p.y_layout);
    const int64_t first = PeakGrowth([&] { conv.Run(x, y); });
    const int64_t repeated = PeakGrowth([&] { conv.Run(x, y); });
    // It can be asked for only if the layouts are the same.
    const bool same = p.x_layout == p.y_layout;
    const auto workspace =
        same ? static_cast<int64_t>(conv.WorkspaceBytes(p.input(), p.x_layout, kThreads))
             : MostWorkspace(kThreads);
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
                    MostWorkspace(threads))
              << everyday.name << ' ' << p.input().ToString() << ' ' << ToString(layout);
        }
      }
    }
  }
}

}  // namespace
}  // namespace windrow::test
