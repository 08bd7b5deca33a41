// A workspace that the caller brings: WorkspaceBytes is enough, and what lies after it stays.
#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

TEST(Workspace, IsEnoughAndNotRequired) {
  for (const int64_t ic : {3, 64}) {
    for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
      const Problem p{.ic = ic, .oc = 19, .ih = 20, .iw = 21, .kernel = 3, .padding = 1};
      const Conv2d conv(Options(p, "", "auto"), Weights(p), Bias(p));
      Tensor x(p.input(), layout), y(p.output(), layout);
      Fill(x.view(), Role::kInput, Values::kPlain);
      const size_t bytes = conv.WorkspaceBytes(p.input(), layout, /*threads=*/4);
      constexpr std::byte kAfter{0x5A};
      std::vector<std::byte> memory(bytes + 64, kAfter);
      conv.Run({.x = x, .y = y, .workspace = std::span(memory).first(bytes)});
      EXPECT_TRUE(SameBits(y.view(), conv.Run(x)));
      for (size_t i = bytes; i < memory.size(); ++i) ASSERT_EQ(memory[i], kAfter);
    }
  }
}

}  // namespace
}  // namespace windrow::test
