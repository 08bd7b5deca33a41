// A Run allocates nothing, the first one with a new shape included. In a program of its own, as it
// replaces operator new.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "windrow/conv2d.h"

#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
#include <malloc.h>
#endif

namespace {

std::atomic<int64_t> g_allocations = 0;

void* Allocate(std::size_t size, std::size_t alignment) {
  ++g_allocations;
  void* p = nullptr;
  if (posix_memalign(&p, alignment, size == 0 ? 1 : size) != 0) throw std::bad_alloc();
  return p;
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size, alignof(std::max_align_t)); }
void* operator new[](std::size_t size) { return Allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace windrow {
namespace {

// Bytes that malloc has given out, operator new or not; 0 where that is not known.
uint64_t BytesInUse() {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

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
      const int64_t allocations = g_allocations;
      const uint64_t bytes = BytesInUse();
      for (int i = 0; i < 3; ++i) conv.Run(x, y);
      EXPECT_EQ(g_allocations - allocations, 0) << input.ToString();
      EXPECT_EQ(BytesInUse(), bytes) << input.ToString();
    });
  }
};

TEST_P(Allocation, TheCounterCounts) {
  const int64_t before = g_allocations;
  const uint64_t bytes = BytesInUse();
  const Tensor t(Shape(1, 1, 10, 10));
  EXPECT_GT(g_allocations - before, 0);
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
      for (const Shape& s : {Shape(1, 16, 9, 9), Shape(2, 16, 30, 31), Shape(1, 16, 3, 100),
                             Shape(1, 16, 9, 9), Shape(0, 16, 5, 5)}) {
        ExpectNone(conv, s, layout);
      }
    }
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
}  // namespace windrow
