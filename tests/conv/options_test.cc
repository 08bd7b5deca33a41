// Any members of the structs may be named and the others left out: to compile this is the test.
#pragma GCC diagnostic error "-Wextra"
#pragma GCC diagnostic error "-Wmissing-field-initializers"

#include <gtest/gtest.h>

#include <vector>

#include "windrow/windrow.h"

namespace windrow::test {
namespace {

TEST(Options, MayBeLeftOut) {
  const Conv2dOptions conv{.in_channels = 1, .out_channels = 2, .kernel_size = 3};
  EXPECT_EQ(conv.target, "");
  EXPECT_EQ((Conv2dOptions{.groups = 2}).in_channels, 0);
  EXPECT_EQ((Conv2dOptions{.epilogue = {.clamp_min = 0}}).epilogue.clamp_min, 0.0f);
  EXPECT_EQ((Epilogue{.clamp_max = 6}).clamp_max, 6.0f);
  EXPECT_TRUE((Epilogue{.activation = Activation::kSilu}).scale.empty());
  EXPECT_EQ((MaxPool2dOptions{.kernel_size = 3}).stride, Size2(0));
  EXPECT_EQ((AvgPool2dOptions{.kernel_size = 3}).divisor_override, std::nullopt);
  EXPECT_EQ((AdaptivePool2dOptions{.output_size = 1}).algorithm, "auto");
  EXPECT_TRUE((RunArgs{.x = {}, .y = {}}).residual.empty());
  EXPECT_TRUE((PoolArgs{.x = {}, .y = {}}).indices.empty());
  EXPECT_EQ((Strides{.w = 1}).n, 0);
  EXPECT_FALSE((Explanation::Candidate{.reason = "none"}).accepts);
  EXPECT_FALSE((Explanation::Candidate{.reason = "none"}).accepts);
  EXPECT_EQ((Explanation{.tile = "scalar"}).algorithm, "");
  EXPECT_EQ((Explanation{.output = Shape()}).algorithm, "");
  EXPECT_EQ((cpu::TargetInfo{.usable = true}).name, "");
  const std::vector<float> weights(18);
  EXPECT_EQ(Conv2d({.in_channels = 1, .out_channels = 2, .kernel_size = 3}, weights)
                .OutputShape({1, 1, 3, 3}),
            Shape(1, 2, 1, 1));
}

}  // namespace
}  // namespace windrow::test
