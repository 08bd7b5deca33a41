// What the poolings promise besides their numbers: shapes, views, sharing, explanations.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/pool/harness.h"
#include "tests/pool/problem.h"
#include "tests/pool/sweeps.h"
#include "tests/pool/variants.h"
#include "tests/support/values.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

const PoolProblem kSmall{.c = 5, .ih = 7, .iw = 9, .kernel = 3, .stride = 2, .padding = 1};

Tensor Filled(const Shape& shape, Layout layout = Layout::kNhwc) {
  Tensor t(shape, layout);
  Fill(t.view(), Role::kInput, Values::kPlain);
  return t;
}

TEST(PoolApi, OutputShapesOfTheFormula) {
  const MaxPool2d max(
      {.kernel_size = {3, 5}, .stride = {3, 4}, .padding = Padding(0, 1), .dilation = {2, 1}});
  EXPECT_EQ(max.OutputShape({4, 2, 20, 21}), Shape(4, 2, (20 - 4 - 1) / 3 + 1, (23 - 5) / 4 + 1));
  EXPECT_EQ(max.OutputShape({0, 1, 5, 3}), Shape(0, 1, 1, 1));
  EXPECT_EQ(max.OutputShape({2, 0, 5, 3}), Shape(2, 0, 1, 1));
  const AvgPool2d ceil({.kernel_size = 2, .stride = 3, .ceil_mode = true});
  EXPECT_EQ(ceil.OutputShape({1, 1, 3, 4}), Shape(1, 1, 1, 2));
  EXPECT_EQ(ceil.OutputShape({1, 1, 1, 1}), Shape(1, 1, 1, 1)) << "a window of one pixel";
  const AvgPool2d same({.kernel_size = 3, .stride = 2, .padding = Padding::Same()});
  EXPECT_EQ(same.OutputShape({1, 1, 7, 8}), Shape(1, 1, 4, 4));
  const AdaptiveMaxPool2d adaptive({.output_size = {AdaptivePool2dOptions::kAsInput, 4}});
  EXPECT_EQ(adaptive.OutputShape({3, 2, 6, 5}), Shape(3, 2, 6, 4));
}

TEST(PoolApi, IsBoundToTheActiveTarget) {
  EXPECT_EQ(MaxPool2d({.kernel_size = 2}).target(), cpu::ActiveTarget());
  for (const std::string& name : UsableNames()) {
    EXPECT_EQ(AdaptiveAvgPool2d({.output_size = 1, .target = name}).target(), name);
  }
}

// Nothing is read or written where there are no outputs, in any algorithm.
TEST(PoolApi, EmptyTensorsDoNothing) {
  for (const std::string& algorithm : PoolAlgorithmsToTest()) {
    for (const auto& [mb, c] : {std::array<int64_t, 2>{0, 5}, {3, 0}, {0, 0}}) {
      for (const bool adaptive : {false, true}) {
        for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
          PoolProblem p = kSmall;
          p.reduction = Reduction::kMaxIndices;
          p.adaptive = adaptive;
          p.mb = mb, p.c = c;
          p.SetLayout(layout);
          const AnyPooling pooling = MakePooling(p, "", algorithm);
          EXPECT_EQ(pooling.OutputShape(p.input()), p.output());
          const PoolArgs args{.x = ConstTensorView(nullptr, p.input(), layout),
                              .y = TensorView(nullptr, p.output(), layout),
                              .indices = IndexView(nullptr, p.output(), layout)};
          EXPECT_NO_THROW(pooling.Run(args)) << ToString(p);
          if (algorithm != "auto") continue;
          EXPECT_EQ(pooling.Explain(p.input(), layout).output, p.output());
          EXPECT_NO_THROW((void)pooling.WorkspaceBytes(args, 2));
          EXPECT_NO_THROW((void)pooling.WorkspaceBytes(p.input(), layout, 2));
        }
      }
    }
  }
}

TEST(PoolApi, OutputHasTheLayoutOfTheInput) {
  const AnyPooling pooling = MakePooling(kSmall, "", "auto");
  const Tensor nchw = pooling.Run(Filled(kSmall.input(), Layout::kNchw));
  const Tensor nhwc = pooling.Run(Filled(kSmall.input(), Layout::kNhwc));
  EXPECT_EQ(nchw.layout(), Layout::kNchw);
  EXPECT_EQ(nhwc.layout(), Layout::kNhwc);
  EXPECT_TRUE(SameBits(nchw.view(), nhwc.view()));
}

TEST(PoolApi, RunWithIndicesIsARunWithIndices) {
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    const Tensor x = Filled(Shape(2, 5, 7, 9), layout);
    const auto expect = [&](const auto& pooling) {
      const Shape output = pooling.OutputShape(x.shape());
      Tensor y(output, layout);
      IndexTensor indices(output, layout);
      pooling.Run({.x = x, .y = y, .indices = indices});
      for (const MaxPoolResult& r : {pooling.RunWithIndices(x), pooling.RunWithIndices(x.view()),
                                     pooling.RunWithIndices(Tensor(x))}) {
        EXPECT_TRUE(SameBits(r.y, y));
        ASSERT_EQ(r.indices.shape(), output);
        EXPECT_EQ(r.indices.layout(), layout);
        EXPECT_EQ(std::memcmp(r.indices.data(), indices.data(),
                              static_cast<size_t>(output.elements()) * sizeof(int64_t)),
                  0);
        ForEach(output, [&](int64_t n, int64_t c, int64_t h, int64_t w) {
          const int64_t at = r.indices.at(n, c, h, w);
          EXPECT_EQ(r.y.at(n, c, h, w), x.at(n, c, at / 9, at % 9));
        });
      }
    };
    expect(MaxPool2d({.kernel_size = 3, .stride = 2, .padding = 1}));
    expect(AdaptiveMaxPool2d({.output_size = {2, 4}}));
  }
}

TEST(PoolApi, CropsSlicesAndBatchesAreViews) {
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    for (const Reduction reduction : kReductions) {
      PoolProblem p = WithReduction(kSmall, reduction);
      p.mb = 2;
      const Tensor large = Filled(Shape(4, 9, 12, 13), layout);
      const ConstTensorView part = large.view().Batch(1, 2).Channels(3, 5).Crop(3, 2, 7, 9);
      Tensor copy(p.input(), layout), wide(Shape(2, 11, 4, 5), layout);
      Copy(part, copy);
      const AnyPooling pooling = MakePooling(p, "", "auto");
      const TensorView slice = wide.view().Channels(6, 5);
      pooling.Run(part, slice);
      EXPECT_TRUE(SameBits(slice, pooling.Run(copy))) << ToString(layout);
    }
  }
}

TEST(PoolApi, InputsMayBroadcast) {
  const Tensor column = Filled(Shape(1, 5, 7, 1));
  Tensor wide(kSmall.input(), Layout::kNhwc), y(kSmall.output(), Layout::kNhwc);
  for (int64_t w = 0; w < 9; ++w) Copy(column, wide.view().Crop(0, w, 7, 1));
  for (const Reduction reduction : {Reduction::kMax, Reduction::kAverage}) {
    const AnyPooling pooling = MakePooling(WithReduction(kSmall, reduction), "", "auto");
    pooling.Run(ConstTensorView(column.data(), kSmall.input(), Layout::kNhwc, {0, 1, 5, 0}), y);
    EXPECT_TRUE(SameBits(y.view(), pooling.Run(wide)));
  }
}

TEST(PoolApi, OneObjectTakesAnySize) {
  for (const Reduction reduction : kReductions) {
    const AnyPooling pooling = MakePooling(WithReduction(kSmall, reduction), "", "auto");
    for (const auto& [n, c, h, w] : {std::array<int64_t, 4>{1, 1, 1, 1},
                                     {3, 20, 20, 2},
                                     {2, 65, 7, 30},
                                     {1, 3, 90, 201},
                                     {1, 1, 1, 1}}) {
      PoolProblem p = WithReduction(kSmall, reduction);
      p.mb = n, p.c = c, p.ih = h, p.iw = w;
      EXPECT_TRUE(SameOutputs(RunPool(pooling, p, PoolInput(p)), ExpectedPool(p))) << ToString(p);
    }
  }
}

// A plane of more than 2^32 pixels that are all the same row, or the same pixel, in memory.
TEST(PoolApi, IndicesBeyond32Bits) {
  constexpr int64_t kSide = 70'000;
  const std::vector<float> row(kSide, 1.0f);
  const Shape x(1, 1, kSide, kSide), out(1, 1, 2, 2);
  for (const std::string& algorithm : PoolAlgorithmsToTest()) {
    const MaxPool2d pooling({.kernel_size = 2, .stride = kSide - 2, .algorithm = algorithm});
    for (const Strides& strides : {Strides{0, 0, 0, 1}, Strides{0, 1, 0, 0}}) {
      const Layout layout = strides.w == 1 ? Layout::kNchw : Layout::kNhwc;
      Tensor y(out, layout);
      std::vector<int64_t> indices(4);
      try {
        pooling.Run({.x = ConstTensorView(row.data(), x, layout, strides),
                     .y = y,
                     .indices = IndexView(indices.data(), out, layout)});
      } catch (const std::invalid_argument& e) {
        EXPECT_TRUE(algorithm != "auto" && IsRefusal(e, algorithm)) << e.what();
        continue;
      }
      const int64_t last = (kSide - 2) * kSide;
      EXPECT_EQ(indices, (std::vector<int64_t>{0, kSide - 2, last, last + kSide - 2}))
          << algorithm << ' ' << ToString(layout);
      EXPECT_EQ(std::count(y.data(), y.data() + 4, 1.0f), 4);
    }
  }
}

TEST(PoolApi, AlgorithmsEndWithTheReference) {
  const std::vector<std::string> names = PoolAlgorithms();
  ASSERT_FALSE(names.empty());
  EXPECT_EQ(names.back(), "reference");
  EXPECT_EQ(std::count(names.begin(), names.end(), "auto"), 0);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
}

TEST(PoolApi, ChoosesTheCheapest) {
  std::set<std::string> chosen;
  for (PoolProblem p : RandomPoolProblems(8, 400, 500'000)) {
    if (p.input().elements() == 0) continue;
    const Explanation e = MakePooling(p, "", "auto").Explain(p.input(), p.x_layout);
    const Explanation::Candidate* best = nullptr;
    for (const Explanation::Candidate& c : e.candidates) {
      EXPECT_TRUE(c.accepts || c.cycles == 0) << c.algorithm << ' ' << ToString(p);
      // The reference only where nobody else does it.
      if (c.algorithm == "reference" && best != nullptr) continue;
      if (c.accepts && (best == nullptr || c.cycles < best->cycles)) best = &c;
    }
    ASSERT_NE(best, nullptr);
    EXPECT_EQ(best->algorithm, e.algorithm) << ToString(p) << "\n" << e.ToString();
    chosen.insert(e.algorithm);
  }
  EXPECT_EQ(chosen.count("reference"), 0u) << "it only runs where nobody else can";
  EXPECT_GE(chosen.size() + 2, PoolAlgorithms().size()) << "a strategy is never the best";
}

TEST(PoolApi, ExplainsItself) {
  const Explanation e = MakePooling(kSmall, "", "auto").Explain(kSmall.input(), Layout::kNchw);
  EXPECT_EQ(e.target, cpu::ActiveTarget());
  EXPECT_EQ(e.output, kSmall.output());
  ASSERT_EQ(e.candidates.size(), PoolAlgorithms().size());
  const std::string text = e.ToString();
  for (size_t i = 0; i < e.candidates.size(); ++i) {
    EXPECT_EQ(e.candidates[i].algorithm, PoolAlgorithms()[i]);
    EXPECT_FALSE(e.candidates[i].reason.empty());
    EXPECT_NE(text.find(e.candidates[i].reason), std::string::npos) << text;
  }
  EXPECT_TRUE(e.candidates.back().accepts) << "the reference takes everything";
  for (const std::string& fact : {e.algorithm, e.target, e.tile, e.output.ToString()}) {
    EXPECT_FALSE(fact.empty());
    EXPECT_NE(text.find(fact), std::string::npos) << text;
  }
}

// Each strategy says how it would do the call.
TEST(PoolApi, ExplainsTheTile) {
  std::set<std::string> tiles;
  for (const std::string& algorithm : PoolAlgorithms()) {
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      PoolProblem p = kSmall;
      p.c = 64;
      p.SetLayout(layout);
      if (!Accepts(p, algorithm)) continue;
      const Explanation e = MakePooling(p, "", algorithm).Explain(p.input(), layout);
      EXPECT_EQ(e.algorithm, algorithm);
      EXPECT_TRUE(algorithm == "reference"
                      ? e.tile == "scalar"
                      : e.tile.find_first_of("0123456789") != std::string::npos)
          << e.tile;
      tiles.insert(algorithm);
    }
  }
  EXPECT_EQ(tiles.size(), PoolAlgorithms().size());
}

// What is said of views is what a Run of them does: with indices, and in two layouts.
TEST(PoolApi, ExplainsViews) {
  const MaxPool2d max({.kernel_size = 3, .stride = 2, .padding = 1});
  const Tensor x = Filled(Shape(1, 64, 20, 20));
  Tensor y(max.OutputShape(x.shape()), Layout::kNhwc), planes(y.shape(), Layout::kNchw);
  std::vector<int64_t> indices(static_cast<size_t>(y.shape().elements()));
  const IndexView view(indices.data(), y.shape(), Layout::kNhwc);
  const Explanation dense = max.Explain(x.shape(), Layout::kNhwc),
                    views = max.Explain({.x = x, .y = y});
  EXPECT_EQ(views.ToString(), dense.ToString());
  const auto candidate = [](const Explanation& e, const std::string& name) {
    return *std::find_if(e.candidates.begin(), e.candidates.end(),
                         [&](const auto& c) { return c.algorithm == name; });
  };
  const Explanation with = max.Explain({.x = x, .y = y, .indices = view});
  EXPECT_EQ(with.output, y.shape());
  EXPECT_NE(candidate(with, "pixels").cycles, candidate(dense, "pixels").cycles);
  EXPECT_EQ(max.Explain({.x = x, .y = planes}).algorithm, "transposed");
  EXPECT_FALSE(candidate(max.Explain({.x = x, .y = planes}), "pixels").accepts);
  const MaxPool2d forced({.kernel_size = 3, .stride = 2, .padding = 1, .algorithm = "pixels"});
  EXPECT_EQ(forced.Explain({.x = x, .y = y}).algorithm, "pixels");
  EXPECT_THROW((void)forced.Explain({.x = x, .y = planes}), std::invalid_argument);
  Tensor small(Shape(1, 64, 9, 9));
  EXPECT_THROW((void)max.Explain({.x = x, .y = small}), std::invalid_argument);
}

TEST(PoolApi, HasTheOptionsItWasGiven) {
  const std::string target = UsableNames().front();
  const MaxPool2d max({.kernel_size = {3, 2}, .stride = 2, .ceil_mode = true, .target = target});
  EXPECT_EQ(max.options().kernel_size, Size2(3, 2));
  EXPECT_EQ(max.options().stride, Size2(2));
  EXPECT_TRUE(max.options().ceil_mode);
  EXPECT_EQ(max.options().target, target);
  const AvgPool2d average({.kernel_size = 3, .divisor_override = 7, .algorithm = "reference"});
  EXPECT_EQ(average.options().divisor_override, 7);
  EXPECT_EQ(average.options().algorithm, "reference");
  EXPECT_EQ(average.options().target, cpu::ActiveTarget());
  EXPECT_EQ(AdaptiveMaxPool2d({.output_size = {5, 1}}).options().output_size, Size2(5, 1));
  const AdaptiveAvgPool2d adaptive({.output_size = {1, 5}});
  EXPECT_EQ(AdaptiveAvgPool2d(adaptive.options()).options().output_size, Size2(1, 5));
}

TEST(PoolApi, PlansSizesBeyond32Bits) {
  const Shape large(int64_t{1} << 12, 64, int64_t{1} << 17, int64_t{1} << 17);
  for (const Reduction reduction : {Reduction::kMax, Reduction::kAverage}) {
    PoolProblem p = WithReduction(kSmall, reduction);
    p.stride = 1;
    for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
      EXPECT_EQ(MakePooling(p, "", "auto").Explain(large, layout).output, large);
    }
  }
}

}  // namespace
}  // namespace windrow::test
