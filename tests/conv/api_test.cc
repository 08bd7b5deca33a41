// What Conv2d promises besides its numbers: shapes, views, sharing, names, explanations.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/conv/sweeps.h"
#include "tests/conv/variants.h"
#include "tests/support/values.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

Tensor Filled(const Shape& shape, Layout layout = Layout::kNhwc, Role role = Role::kInput) {
  Tensor t(shape, layout);
  Fill(t.view(), role, Values::kPlain);
  return t;
}

Conv2d Make(const Problem& p) { return Conv2d(Options(p, "", "auto"), Weights(p), Bias(p)); }

const Problem kSmall{.ic = 5, .oc = 19, .ih = 7, .iw = 9, .kernel = 3, .padding = 1, .bias = true};

TEST(Conv2dApi, RemembersItsOptions) {
  const Conv2d conv = Make(kSmall);
  EXPECT_EQ(conv.options().in_channels, 5);
  EXPECT_EQ(conv.options().out_channels, 19);
  EXPECT_EQ(conv.options().kernel_size, Size2(3));
  EXPECT_EQ(conv.options().algorithm, "auto");
  EXPECT_EQ(conv.options().target, conv.target());
  EXPECT_EQ(conv.target(), cpu::ActiveTarget());
}

TEST(Conv2dApi, OutputShapesOfTheFormula) {
  Conv2dOptions o;
  o.in_channels = 1, o.out_channels = 2, o.kernel_size = {3, 5};
  o.stride = {3, 4}, o.padding = Padding(0, 1), o.dilation = {2, 1};
  const Conv2d conv(o, std::vector<float>(30));
  EXPECT_EQ(conv.OutputShape({4, 1, 20, 21}), Shape(4, 2, (20 - 4 - 1) / 3 + 1, (23 - 5) / 4 + 1));
  EXPECT_EQ(conv.OutputShape({0, 1, 5, 3}), Shape(0, 2, 1, 1));
}

TEST(Conv2dApi, PlansSizesBeyond32Bits) {
  Conv2dOptions o;
  o.in_channels = 64, o.out_channels = 64, o.kernel_size = 3, o.padding = 1;
  const Conv2d conv(o, std::vector<float>(64 * 64 * 9));
  const Shape large(int64_t{1} << 12, 64, int64_t{1} << 17, int64_t{1} << 17);
  EXPECT_EQ(conv.OutputShape(large), large);
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    const Explanation e = conv.Explain(large, layout);
    EXPECT_EQ(e.output, large);
    EXPECT_EQ(e.multiply_adds, large.elements() * 64 * 9);
  }
  o.in_channels = o.out_channels = 1;  // multiply-adds beyond 63 bits saturate
  o.kernel_size = 101, o.padding = 50;
  const Shape larger(int64_t{1} << 6, 1, int64_t{1} << 27, int64_t{1} << 27);
  EXPECT_EQ(Conv2d(o, std::vector<float>(101 * 101)).Explain(larger, Layout::kNhwc).multiply_adds,
            std::numeric_limits<int64_t>::max());
}

TEST(Conv2dApi, EmptyBatchDoesNothing) {
  Problem p = kSmall;
  p.mb = 0;
  const Tensor y = Make(p).Run(Tensor(p.input(), Layout::kNhwc));
  EXPECT_EQ(y.shape(), p.output());
  float guard = 3.0f;
  const TensorView none(&guard, p.output(), Layout::kNchw);
  Make(p).Run(
      {.x = ConstTensorView(nullptr, p.input(), Layout::kNchw), .y = none, .residual = none});
  EXPECT_EQ(guard, 3.0f);
}

TEST(Conv2dApi, OutputHasTheLayoutOfTheInput) {
  const Conv2d conv = Make(kSmall);
  const Tensor nchw = conv.Run(Filled(kSmall.input(), Layout::kNchw));
  const Tensor nhwc = conv.Run(Filled(kSmall.input(), Layout::kNhwc));
  EXPECT_EQ(nchw.layout(), Layout::kNchw);
  EXPECT_EQ(nhwc.layout(), Layout::kNhwc);
  EXPECT_TRUE(SameBits(nchw.view(), nhwc.view()));
}

TEST(Conv2dApi, CropsAndBatchesAreViews) {
  Problem p = kSmall;
  p.mb = 2;
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    const Tensor large = Filled(Shape(4, 5, 12, 13), layout);
    const ConstTensorView crop = large.view().Batch(1, 2).Crop(3, 2, 7, 9);
    Tensor copy(p.input(), layout), y(p.output(), layout);
    Copy(crop, copy);
    const Conv2d conv = Make(p);
    conv.Run(crop, y);
    EXPECT_TRUE(SameBits(y.view(), conv.Run(copy))) << ToString(layout);
  }
}

TEST(Conv2dApi, ConcatenatesIntoChannelSlices) {
  const Tensor x = Filled(kSmall.input());
  const Conv2d conv = Make(kSmall);
  const Tensor expected = conv.Run(x);
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    Tensor both(Shape(1, 38, 7, 9), layout);
    conv.Run(x, both.view().Channels(0, 19));
    conv.Run(x, both.view().Channels(19, 19));
    EXPECT_TRUE(SameBits(both.view().Channels(0, 19), expected.view()));
    EXPECT_TRUE(SameBits(both.view().Channels(19, 19), expected.view()));
    // From one half of a tensor to the other.
    Tensor halves(Shape(1, 24, 7, 9), layout);
    Copy(x, halves.view().Channels(0, 5));
    conv.Run(halves.view().Channels(0, 5), halves.view().Channels(5, 19));
    EXPECT_TRUE(SameBits(halves.view().Channels(5, 19), expected.view()));
  }
}

TEST(Conv2dApi, InputsAndResidualsMayBroadcast) {
  const Tensor column = Filled(Shape(1, 5, 7, 1)), pixel = Filled(Shape(1, 19, 1, 1));
  Tensor wide(kSmall.input(), Layout::kNhwc), residual(kSmall.output(), Layout::kNhwc);
  for (int64_t w = 0; w < 9; ++w) Copy(column, wide.view().Crop(0, w, 7, 1));
  for (int64_t i = 0; i < 63; ++i) Copy(pixel, residual.view().Crop(i / 9, i % 9, 1, 1));
  Tensor expected(kSmall.output(), Layout::kNhwc), y = expected;
  const Conv2d conv = Make(kSmall);
  conv.Run({.x = wide, .y = expected, .residual = residual});
  conv.Run({.x = ConstTensorView(column.data(), kSmall.input(), Layout::kNhwc, {0, 1, 5, 0}),
            .y = y,
            .residual = ConstTensorView(pixel.data(), y.shape(), Layout::kNhwc, {0, 1, 0, 0})});
  EXPECT_TRUE(SameBits(y.view(), expected.view()));
}

TEST(Conv2dApi, SetWeightsIsAsBuiltAnew) {
  Problem p = kSmall;
  p.g = 1;
  const Tensor x = Filled(p.input());
  std::vector<float> other = Weights(p);
  std::reverse(other.begin(), other.end());
  Conv2d conv = Make(p);
  const Tensor before = conv.Run(x);
  conv.SetWeights(other);
  const Tensor anew = Conv2d(Options(p, "", "auto"), other).Run(x);
  EXPECT_FALSE(SameBits(before.view(), anew.view()));
  EXPECT_TRUE(SameBits(conv.Run(x), anew.view())) << "the old bias is gone too";
  conv.SetWeights(Weights(p), Bias(p));
  EXPECT_TRUE(SameBits(conv.Run(x), before.view()));
}

// A copy is the same layer, also a constant one; one that was built from options() is not.
TEST(Conv2dApi, CopiesShareTheirWeights) {
  const Tensor x = Filled(kSmall.input());
  std::vector<float> other = Weights(kSmall);
  std::reverse(other.begin(), other.end());
  const Conv2d original = Make(kSmall);
  const Tensor before = original.Run(x);
  const Conv2d apart(original.options(), Weights(kSmall), Bias(kSmall));
  Conv2d copy = original;
  copy.SetWeights(other);
  const Tensor after = copy.Run(x);
  EXPECT_FALSE(SameBits(before, after));
  EXPECT_TRUE(SameBits(original.Run(x), after));
  EXPECT_TRUE(SameBits(apart.Run(x), before));
}

// With infinite weights zero padding counts, in a Run like the one before too.
TEST(Conv2dApi, SetWeightsMayMakePaddingCount) {
  const Problem p{.oc = 3, .ih = 5, .iw = 6, .kernel = 3, .padding = 1};
  const Tensor x = Filled(p.input());
  Conv2d conv = Make(p);
  const Tensor before = conv.Run(x);
  const std::vector<float> infinite(static_cast<size_t>(p.weights()),
                                    std::numeric_limits<float>::infinity());
  conv.SetWeights(infinite, Bias(p));
  EXPECT_TRUE(SameBits(conv.Run(x), Conv2d(Options(p, "", "auto"), infinite, Bias(p)).Run(x)));
  conv.SetWeights(Weights(p), Bias(p));
  EXPECT_TRUE(SameBits(conv.Run(x), before.view()));
}

TEST(Conv2dApi, WeightsAreCopied) {
  std::vector<float> weights = Weights(kSmall), bias = Bias(kSmall);
  const Tensor x = Filled(kSmall.input());
  const Conv2d conv(Options(kSmall, "", "auto"), weights, bias);
  const Tensor before = conv.Run(x);
  std::fill(weights.begin(), weights.end(), 0.0f);
  std::fill(bias.begin(), bias.end(), 0.0f);
  EXPECT_TRUE(SameBits(conv.Run(x), before.view()));
}

TEST(Conv2dApi, OneObjectTakesAnySize) {
  const Conv2d conv = Make(kSmall);
  for (const auto& [n, h, w] :
       {std::array<int64_t, 3>{1, 1, 1}, {3, 20, 2}, {2, 7, 30}, {1, 1, 1}}) {
    Problem p = kSmall;
    p.mb = n, p.ih = h, p.iw = w;
    EXPECT_TRUE(SameBits(conv.Run(Filled(p.input())), Expected(p, conv.target())));
  }
}

TEST(Conv2dApi, AlgorithmsEndWithTheReference) {
  const std::vector<std::string> names = Algorithms();
  ASSERT_GE(names.size(), 2u);
  EXPECT_EQ(names.back(), "reference");
  EXPECT_EQ(std::count(names.begin(), names.end(), "direct"), 1);
  EXPECT_EQ(std::count(names.begin(), names.end(), "auto"), 0);
}

// The candidate that should run.
std::string Cheapest(const Explanation& e) {
  const Explanation::Candidate* best = nullptr;
  for (const Explanation::Candidate& c : e.candidates) {
    EXPECT_EQ(c.cycles > 0, c.accepts) << c.algorithm;
    if (c.algorithm == "reference") continue;  // only by force
    if (c.accepts && (best == nullptr || c.cycles < best->cycles)) best = &c;
  }
  return best->algorithm;
}

TEST(Conv2dApi, ChoosesTheCheapest) {
  std::set<std::string> chosen;
  for (const Problem& p : RandomProblems(8, 300, 2'000'000)) {
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      const Explanation e = Make(p).Explain(p.input(), layout);
      if (p.mb == 0) continue;
      EXPECT_EQ(Cheapest(e), e.algorithm) << ToString(p) << "\n" << e.ToString();
      chosen.insert(e.algorithm);
    }
  }
  EXPECT_EQ(chosen.count("reference"), 0u);
  EXPECT_EQ(chosen.size(), Algorithms().size() - 1) << "a strategy is never the best";
}

TEST(Conv2dApi, WorkspaceOfViewsIsWhatARunTakes) {
  const Problem p{.ic = 118, .oc = 173, .ih = 30, .iw = 15};
  const Conv2d conv = Make(p);
  const Tensor image(Shape(1, p.ic, p.ih, 18));
  const ConstTensorView crop(image.data(), p.input(), Layout::kNchw, image.view().strides());
  Tensor y(p.output(), Layout::kNhwc);
  const RunArgs args{.x = crop, .y = y};
  const size_t bytes = conv.WorkspaceBytes(args, 1);
  ASSERT_GT(bytes, 0u);
  std::vector<std::byte> workspace(bytes);
  tbb::task_arena(1).execute([&] {
    RunArgs given = args;
    given.workspace = workspace;
    EXPECT_NO_THROW(conv.Run(given));
    given.workspace = given.workspace.first(bytes - 1);
    EXPECT_THROW(conv.Run(given), std::invalid_argument);
  });
  EXPECT_THROW(conv.WorkspaceBytes(args, 0), std::invalid_argument);
  EXPECT_THROW(conv.WorkspaceBytes(RunArgs{.x = crop, .y = {}}, 1), std::invalid_argument);
}

// A depthwise x whose columns overlap: its channels and pixels have the same distance.
TEST(Conv2dApi, DepthwiseOfOverlappingColumns) {
  Conv2dOptions o;
  o.in_channels = o.out_channels = o.groups = 2;
  o.kernel_size = {1, 2};
  const Conv2d conv(o, std::vector<float>(4, 1.0f));
  const std::vector<float> data{1, 2, 3, 4};
  const ConstTensorView x(data.data(), Shape(1, 2, 1, 3), Layout::kNhwc, Strides{4, 1, 4, 1});
  Tensor y(Shape(1, 2, 1, 2));
  conv.Run(x, y);
  EXPECT_EQ(std::vector<float>(y.data(), y.data() + 4), (std::vector<float>{3, 5, 5, 7}));
}

TEST(Conv2dApi, ExplainsItself) {
  const Explanation e = Make(kSmall).Explain(kSmall.input(), Layout::kNchw);
  EXPECT_EQ(e.target, cpu::ActiveTarget());
  EXPECT_EQ(e.output, kSmall.output());
  EXPECT_EQ(e.multiply_adds, kSmall.multiply_adds());
  ASSERT_EQ(e.candidates.size(), Algorithms().size());
  for (size_t i = 0; i < e.candidates.size(); ++i) {
    const Explanation::Candidate& c = e.candidates[i];
    EXPECT_EQ(c.algorithm, Algorithms()[i]);
    EXPECT_FALSE(c.reason.empty());
    EXPECT_NE(e.ToString().find(c.reason), std::string::npos) << e.ToString();
    if (c.algorithm != "depthwise") continue;
    EXPECT_FALSE(c.accepts);
    EXPECT_EQ(c.reason, "groups have more than one input and output channel");
  }
  EXPECT_EQ(Cheapest(e), e.algorithm);
  for (const std::string& fact : {e.algorithm, e.target, e.numerics, e.tile, e.output.ToString(),
                                  std::to_string(e.multiply_adds)}) {
    EXPECT_NE(e.ToString().find(fact), std::string::npos) << e.ToString();
  }
}

TEST(Conv2dApi, ExplainsNumericsAndLanes) {
  for (const cpu::TargetInfo& t : UsableTargets()) {
    Problem p = kSmall;
    p.oc = 200;  // at least one whole tile
    for (const Numerics numerics : {Numerics::kNative, Numerics::kPortable}) {
      p.numerics = numerics;
      const Conv2d conv(Options(p, t.name, "direct"), Weights(p), Bias(p));
      const Explanation e = conv.Explain(p.input(), Layout::kNhwc);
      const bool fused = t.fused && numerics == Numerics::kNative;
      EXPECT_EQ(e.numerics, fused ? "fused" : "unfused");
      EXPECT_NE(e.tile.find(" of " + std::to_string(t.lanes) + " lane"), std::string::npos)
          << e.tile;
    }
  }
}

TEST(Conv2dApi, PortableNumericsRunOnGeneralKernelsWhereTheTargetFuses) {
  for (const cpu::TargetInfo& t : UsableTargets()) {
    Problem p{.g = 64, .ic = 64, .oc = 64, .ih = 9, .iw = 9, .kernel = 3};
    for (const Numerics numerics : {Numerics::kNative, Numerics::kPortable}) {
      p.numerics = numerics;
      const bool all = !t.fused || numerics == Numerics::kNative;
      const Conv2d conv(Options(p, t.name, "auto"), Weights(p));
      for (const auto& c : conv.Explain(p.input(), Layout::kNchw).candidates) {
        if (c.algorithm != "planar") continue;
        EXPECT_EQ(c.accepts, all) << c.reason;
        if (!all) {
          EXPECT_EQ(c.reason, "this target has no planar kernel for portable numerics");
        }
      }
      // Blocks of pixels, or the register tile.
      const Explanation pixels =
          Conv2d(Options(p, t.name, "depthwise"), Weights(p)).Explain(p.input(), Layout::kNhwc);
      EXPECT_EQ(pixels.tile.find(" pixels, a vector") != std::string::npos, all) << pixels.tile;
    }
  }
}

TEST(Conv2dApi, TakesAViewAndGivesATensor) {
  const Conv2d conv({.in_channels = 2, .out_channels = 3, .kernel_size = 3},
                    std::vector<float>(54, 0.5f));
  Tensor wide(Shape(1, 5, 6, 7), Layout::kNhwc);
  Fill(wide.view(), Role::kInput, Values::kPlain);
  const ConstTensorView x = ConstTensorView(wide).Channels(1, 2);
  Tensor dense(x.shape(), Layout::kNhwc);
  Copy(x, dense);
  EXPECT_EQ(conv.Run(x).layout(), Layout::kNhwc);
  EXPECT_TRUE(SameBits(conv.Run(x), conv.Run(dense)));
}

TEST(Version, IsTheProjects) {
  EXPECT_STREQ(Version(), WINDROW_PROJECT_VERSION);
  EXPECT_STREQ(WINDROW_VERSION_STRING, WINDROW_PROJECT_VERSION);
  const std::vector<int> parts{WINDROW_VERSION_MAJOR, WINDROW_VERSION_MINOR, WINDROW_VERSION_PATCH};
  EXPECT_EQ(internal::StrCat(parts[0], '.', parts[1], '.', parts[2]), WINDROW_PROJECT_VERSION);
  EXPECT_EQ(WINDROW_VERSION, (parts[0] * 1000 + parts[1]) * 1000 + parts[2]);
}

}  // namespace
}  // namespace windrow::test
