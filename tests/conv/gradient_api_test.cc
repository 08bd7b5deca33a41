// Gradients as users call them: threads, workspaces, accumulation, new weights, errors.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cstddef>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "tests/conv/gradient_oracle.h"
#include "tests/conv/gradients.h"
#include "tests/support/expect_throw.h"
#include "tests/support/placed.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

TEST(ConvGradientApi, ACallersWorkspaceIsEnoughAndNothingElseIsTouched) {
  for (const Problem& p : GradientProblems()) {
    const Conv2d conv(Options(p, "", "auto"), Weights(p));
    Gradients expected(p), own(p);
    expected.Run(conv);
    const auto run = [&](auto args) {
      const size_t bytes = conv.WorkspaceBytes(args, 1);
      GuardedBuffer buffer;
      const auto floats = buffer.Take<float>(static_cast<int64_t>(bytes + 3) / 4 + 1, Edge::kEnd);
      args.workspace = std::as_writable_bytes(floats).last(bytes);
      if constexpr (std::is_same_v<decltype(args), BackwardDataArgs>) {
        tbb::task_arena(1).execute([&] { conv.BackwardData(args); });
      } else {
        tbb::task_arena(1).execute([&] { conv.BackwardWeights(args); });
      }
      if (bytes < 2) return;
      args.workspace = args.workspace.first(bytes / 2);
      EXPECT_TRUE(Throws(
          [&] {
            tbb::task_arena(1).execute([&] {
              if constexpr (std::is_same_v<decltype(args), BackwardDataArgs>) {
                conv.BackwardData(args);
              } else {
                conv.BackwardWeights(args);
              }
            });
          },
          {"the workspace has "}))
          << ToString(p);
    };
    run(own.data());
    run(own.weights());
    EXPECT_TRUE(own == expected) << ToString(p);
  }
}

TEST(ConvGradientApi, AccumulatesOneRoundedSum) {
  for (const Problem& p : GradientProblems()) {
    const Conv2d conv(Options(p, "", "auto"), Weights(p));
    Gradients g(p), sum(p);
    g.Run(conv);
    Fill(sum.dw, Role::kWeights, Values::kNonFinite);
    Fill(sum.db, Role::kBias, Values::kPlain);
    std::vector<float> dw = sum.dw, db = sum.db;
    const auto add = [](std::vector<float>& to, const std::vector<float>& from) {
      for (size_t i = 0; i < to.size(); ++i) {
        to[i] = to[i] + from[i] + 0.0f;
        if (to[i] != to[i]) to[i] = std::bit_cast<float>(0x7FC00000u);
      }
    };
    add(dw, g.dw);
    add(db, g.db);
    BackwardWeightsArgs args = sum.weights();
    args.accumulate = true;
    conv.BackwardWeights(args);
    EXPECT_TRUE(SameFloats(sum.dw, dw)) << ToString(p);
    EXPECT_TRUE(SameFloats(sum.db, db)) << ToString(p);
  }
}

TEST(ConvGradientApi, SetWeightsTurnsThemRoundAnew) {
  for (const Problem& p : GradientProblems()) {
    Conv2d conv(Options(p, "", "auto"), std::vector<float>(static_cast<size_t>(p.weights())));
    Gradients g(p), expected(p);
    g.Run(conv);
    conv.SetWeights(Weights(p));
    g.Run(conv);
    expected.Run(Conv2d(Options(p, "", "auto"), Weights(p)));
    EXPECT_TRUE(g == expected) << ToString(p);
  }
}

// No input of the padding takes part: an infinite weight gives no NaN there.
TEST(ConvGradientApi, InfiniteWeightsMeetNoPadding) {
  for (Problem p : GradientProblems()) {
    std::vector<float> w = Weights(p);
    w[w.size() / 2] = std::numeric_limits<float>::infinity();
    for (const char* const algorithm : {"auto", "reference"}) {
      Conv2dOptions o = Options(p, "", "auto");
      o.backward.data = algorithm;
      const Conv2d conv(o, w);
      Gradients g(p);
      conv.BackwardData(g.data());
      const Tensor expected =
          ScatteredData(p, conv.Explain(p.input(), p.x_layout).numerics == "fused", w, g.dy.view());
      EXPECT_TRUE(SameBits(g.dx, expected)) << algorithm << ' ' << ToString(p);
    }
  }
}

TEST(ConvGradientApi, NoImagesGiveZeros) {
  const Problem p{.mb = 0, .ic = 3, .oc = 5, .ih = 4, .iw = 4, .kernel = 3};
  const Conv2d conv(Options(p, "", "auto"), Weights(p));
  Gradients g(p);
  std::fill(g.dw.begin(), g.dw.end(), 7.0f);
  std::fill(g.db.begin(), g.db.end(), 7.0f);
  g.Run(conv);
  EXPECT_TRUE(SameFloats(g.dw, std::vector<float>(g.dw.size())));
  EXPECT_TRUE(SameFloats(g.db, std::vector<float>(g.db.size())));
}

TEST(ConvGradientApi, ExplainsItself) {
  const Problem p{.ic = 3, .oc = 5, .ih = 8, .iw = 9, .kernel = 3, .stride = 2};
  Conv2dOptions o = Options(p, "", "auto");
  const Conv2d conv(o, Weights(p));
  Gradients g(p);
  const Explanation data = conv.Explain(g.data()), weights = conv.Explain(g.weights());
  EXPECT_EQ(data.output, p.input());
  EXPECT_NE(data.tile.find("4 phases"), std::string::npos) << data.tile;
  EXPECT_EQ(weights.algorithm, "tiles");
  EXPECT_EQ(weights.output, Shape(5, 3, 3, 3));
  EXPECT_EQ(weights.target, conv.target());
  o.backward = {.data = "reference", .weights = "reference"};
  EXPECT_EQ(Conv2d(o, Weights(p)).Explain(g.data()).algorithm, "reference");
  EXPECT_EQ(Conv2d(o, Weights(p)).Explain(g.weights()).algorithm, "reference");
}

TEST(ConvGradientMisuse, NamesBothFacts) {
  const Problem p{.ic = 3, .oc = 5, .ih = 8, .iw = 9, .kernel = 3, .padding = 1};
  const Conv2d conv(Options(p, "", "auto"), Weights(p));
  Gradients g(p);
  Tensor wrong(Shape(1, 5, 8, 8));
  EXPECT_TRUE(Throws([&] { conv.BackwardData(wrong, g.dx); },
                     {"dy has the shape 1x5x8x8", "the convolution gives 1x5x8x9"}));
  Tensor channels(Shape(1, 4, 8, 9));
  EXPECT_TRUE(Throws([&] { conv.BackwardData(g.dy, channels); },
                     {"has 4 channels, the convolution expects 3"}));
  EXPECT_TRUE(Throws([&] { conv.BackwardData({.dy = g.dy, .dx = {}}); }, {"there is no view dx"}));
  EXPECT_TRUE(Throws([&] { conv.BackwardData({.dy = {}, .dx = g.dx}); }, {"there is no view dy"}));
  const auto with = [&](const auto& change) {
    return [&, change] {
      BackwardWeightsArgs args = g.weights();
      change(args);
      conv.BackwardWeights(args);
    };
  };
  EXPECT_TRUE(Throws(with([](auto& a) { a.dw = a.dw.first(7); }),
                     {"dw has 7 elements, the convolution has 135 weights"}));
  EXPECT_TRUE(Throws(with([](auto& a) { a.db = a.db.first(4); }),
                     {"db has 4 elements, the convolution has 5 output channels"}));
  EXPECT_TRUE(Throws(with([](auto& a) { a.db = a.dw.subspan(3, 5); }), {"dw overlaps db"}));
  EXPECT_TRUE(Throws(with([&](auto& a) { a.db = {g.dy.data() + 1, 5}; }), {"db overlaps x or dy"}));
  EXPECT_TRUE(Throws(with([](auto& a) { a.dy = {}; }), {"there is no view dy"}));
  EXPECT_TRUE(Throws(with([](auto& a) { a.x = {}; }), {"there is no input view x"}));
  EXPECT_TRUE(Throws([&] { conv.BackwardData({.dy = g.x, .dx = g.x}); }, {"dy has the shape"}));
  Conv2dOptions o = Options(p, "", "auto");
  o.backward.weights = "winograd";
  EXPECT_TRUE(Throws([&] { Conv2d(o, Weights(p)); },
                     {"there is no gradient algorithm \"winograd\"", "auto, tiles, depthwise"}));
  o.backward = {.data = "winograd"};
  EXPECT_TRUE(
      Throws([&] { Conv2d(o, Weights(p)); }, {"there is no convolution algorithm \"winograd\""}));
}

}  // namespace
}  // namespace windrow::test
