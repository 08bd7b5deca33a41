// A Run of a pair of layers like the one before allocates nothing.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/support/allocation_count.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

TEST(FusedAllocation, NoneInARepeatedRun) {
  const Conv2d first(
      {.in_channels = 24, .out_channels = 24, .kernel_size = 3, .padding = 1, .groups = 24},
      std::vector<float>(size_t{24} * 9, 0.5f));
  const Conv2d second({.in_channels = 24, .out_channels = 17, .kernel_size = 1},
                      std::vector<float>(size_t{24} * 17, 0.5f));
  for (const char* algorithm : {"bands", "in_turn", "auto"}) {
    const FusedOptions options{.algorithm = algorithm};
    for (const Fused& pair :
         {Fused(first, second, options), Fused(first, MaxPool2d({.kernel_size = 2}), options)}) {
      for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
        const Tensor x(Shape(2, 24, 60, 61), layout);
        Tensor y(pair.OutputShape(x.shape()), layout);
        std::vector<std::byte> workspace(pair.WorkspaceBytes(x.shape(), layout, 1));
        const RunArgs args{.x = x, .y = y, .workspace = workspace};
        tbb::task_arena(1).execute([&] {
          pair.Run(x, y);
          EXPECT_TRUE(AllocatesNothing([&] {
            for (int i = 0; i < 3; ++i) pair.Run(x, y), pair.Run(args);
          })) << algorithm;
        });
      }
    }
  }
}

}  // namespace
}  // namespace windrow::test
