// The records of machines, and that costs depend on nothing else.
#include "lib/base/machine.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "windrow/conv2d.h"

namespace windrow::internal {
namespace {

TEST(MachineTest, HasARowForEveryCpu) {
  const auto row = [](Vendor vendor, int family, int model) {
    return MachineOf({.vendor = vendor, .family = family, .model = model});
  };
  EXPECT_STREQ(row(Vendor::kAmd, 0x1A, 0x44).name, "AMD Zen 5 or later");
  EXPECT_STREQ(row(Vendor::kAmd, 0x1B, 0).name, "AMD Zen 5 or later");
  EXPECT_STREQ(row(Vendor::kAmd, 0x19, 0x61).name, "AMD");
  EXPECT_STREQ(row(Vendor::kIntel, 6, 207).name, "Intel");
  EXPECT_STREQ(row(Vendor::kIntel, 0x1A, 0).name, "Intel");
  EXPECT_STREQ(row(Vendor::kOther, 0, 0).name, "other");
  EXPECT_FALSE(row(Vendor::kAmd, 0x1A, 0).kernels_zero_upper);
  for (const Vendor vendor : {Vendor::kOther, Vendor::kIntel, Vendor::kAmd}) {
    const Machine m = row(vendor, 1, 1), unknown{.name = ""};
    EXPECT_TRUE(m.kernels_zero_upper);
    EXPECT_EQ(m.l2, unknown.l2);
  }
}

TEST(MachineTest, ThisOneHasCaches) {
  const Machine& m = ThisMachine();
  EXPECT_GT(m.l1d, 0);
  EXPECT_GE(m.l2, m.l1d);
  EXPECT_GE(m.l3, 0);
  EXPECT_STREQ(m.name, MachineOf(ThisCpu()).name);
}

class Costs : public testing::Test {
 protected:
  void TearDown() override { SetMachineForTest(before_); }

  static double Of(const std::string& algorithm, Layout layout) {
    const Conv2d conv({.in_channels = 16, .out_channels = 16, .kernel_size = 3, .padding = 1},
                      std::vector<float>(16 * 16 * 9));
    for (const auto& c : conv.Explain(Shape(1, 16, 20, 20), layout).candidates) {
      if (c.algorithm == algorithm) return c.cycles;
    }
    return 0;
  }

  const Machine before_ = ThisMachine();
};

TEST_F(Costs, DependOnTheRecord) {
  const double direct = Of("direct", Layout::kNhwc), im2col = Of("im2col", Layout::kNhwc),
               staged = Of("direct", Layout::kNchw);
  Machine slow = before_;
  slow.copy *= 100, slow.transpose *= 100;
  SetMachineForTest(slow);
  EXPECT_EQ(Of("direct", Layout::kNhwc), direct) << "nothing is copied";
  EXPECT_GT(Of("direct", Layout::kNchw), 2 * staged);
  EXPECT_GT(Of("im2col", Layout::kNhwc), 2 * im2col);
  slow.multiply_adds /= 100;
  SetMachineForTest(slow);
  EXPECT_GT(Of("direct", Layout::kNhwc), 2 * direct);
}

}  // namespace
}  // namespace windrow::internal
