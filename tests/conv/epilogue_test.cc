// Activations and scales of an epilogue: the bits of a convolution without them, and then them.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/conv/sweeps.h"
#include "tests/conv/variants.h"
#include "tests/support/expect_throw.h"
#include "tests/support/formulas.h"
#include "tests/support/threads.h"
#include "tests/support/use_machine.h"
#include "tests/support/values.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

// As if on a CPU with so small a cache, and so far from memory, that outputs are cut into bands
// everywhere.
UseMachine SmallCache(int64_t l2) {
  return UseMachine([=](internal::Machine& m) {
    m.l2 = l2;
    m.past_l2_byte = 1e6;
  });
}

std::vector<Problem> WithEpilogues(std::vector<Problem> all, uint64_t seed) {
  Generator random(seed);
  for (Problem& p : all) {
    p.epilogue.activation = static_cast<Activation>(random.Between(0, 5));
    p.scale = p.epilogue.activation == Activation::kIdentity || random.OneIn(2);
    p.y_layout = static_cast<Layout>(random.Between(0, 1));
    p.residual_layout = static_cast<Layout>(random.Between(0, 1));
    p.x_layout = random.OneIn(4) ? static_cast<Layout>(random.Between(0, 1)) : p.y_layout;
  }
  return all;
}

class EpilogueBits : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, EpilogueBits, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

// The reference's, which oracle_test.cc compares with a convolution written apart from it.
TEST_P(EpilogueBits, AreTheReferencesOnBands) {
  std::vector<std::string> algorithms = Algorithms();
  std::erase(algorithms, "reference");
  for (const int64_t l2 : {2 << 10, 8 << 10, 512 << 10}) {
    const UseMachine cache = SmallCache(l2);
    int64_t done = 0, banded = 0;
    for (const Problem& p : WithEpilogues(RandomProblems(31, 300, 60'000), 1)) {
      Known known(p, GetParam());
      const Conv2d conv(Options(p, GetParam(), "auto"), known.weights, known.bias);
      banded += p.mb > 0 && conv.Explain(p.input(), p.y_layout).tile.ends_with(" bands");
      for (const std::string& algorithm : algorithms) {
        const Scratch scratch = done % 2 == 0 ? Scratch::kCallers : Scratch::kObjects;
        const BitResult result = CheckBits(p, known, GetParam(), algorithm, scratch);
        ASSERT_EQ(result.failure, "");
        done += !result.refused;
      }
    }
    EXPECT_GT(done, 150);
    EXPECT_GT(banded, l2 < 512 << 10 ? 15 : -1);
  }
}

// Planes of one pixel lie like pixels, but for x.
TEST_P(EpilogueBits, OfAPixelWhoseResidualIsY) {
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    Problem p{.mb = 3, .ic = 20, .oc = 24};
    p.SetLayout(layout);
    p.scale = true;
    p.residual = Residual::kInPlace;
    EXPECT_EQ(CheckBits(p, GetParam(), "pointwise").failure, "");
  }
}

TEST_P(EpilogueBits, OfABatchOfNone) {
  Problem p{.mb = 0, .ic = 2, .oc = 3};
  p.scale = true;
  p.residual = Residual::kInPlace;
  EXPECT_EQ(CheckBits(p, GetParam(), "auto", Scratch::kCallers).failure, "");
}

// Calls that are worth several threads, on bands of rows, of images, and at once.
std::vector<Problem> LargeProblems() {
  const Problem narrow{.ic = 16, .oc = 24, .ih = 30, .iw = 31, .kernel = 3, .padding = 1};
  std::vector<Problem> all(7, narrow);
  all[1].SetLayout(Layout::kNchw);
  all[2] = {.ic = 64, .oc = 96, .ih = 14, .iw = 15};
  all[3] = {.mb = 70, .ic = 64, .oc = 80};  // vectors
  all[4] = {.g = 64, .ic = 64, .oc = 64, .ih = 40, .iw = 33, .kernel = 3, .padding = 1};
  all[5] = {.ic = 3, .oc = 32, .ih = 61, .iw = 50, .kernel = 7, .stride = 2, .padding = 3};
  all[5].mode = PaddingMode::kReflect;
  all[6] = {.ic = 40, .oc = 150, .ih = 9, .iw = 9, .kernel = 3, .padding = 1};
  all[6].SetLayout(Layout::kNchw);
  std::vector<Problem> with;
  for (Problem& p : all) {
    for (const Residual residual : {Residual::kNone, Residual::kSeparate, Residual::kInPlace}) {
      p.residual = residual;
      p.epilogue = {.clamp_min = -1.5f, .clamp_max = 6, .activation = Activation::kGeluTanh};
      p.scale = residual != Residual::kSeparate;
      with.push_back(p);
    }
  }
  return with;
}

TEST(EpilogueThreads, HaveTheSameBits) {
  const AllowThreads limit;
  const std::string target = UsableNames().front();
  for (const int64_t l2 : {16 << 10, 64 << 10, 2 << 20}) {
    const UseMachine cache = SmallCache(l2);
    for (const Problem& p : LargeProblems()) {
      Known known(p, target);
      for (const int threads : {1, 2, 4}) {
        for (const Scratch scratch : {Scratch::kCallers, Scratch::kObjects}) {
          BitResult result;
          tbb::task_arena(threads).execute(
              [&] { result = CheckBits(p, known, target, "auto", scratch, threads); });
          ASSERT_EQ(result.failure, "") << threads << " threads, L2 of " << l2;
        }
      }
    }
  }
}

float ClampedAndActivated(float v, const Epilogue& e) {
  v += 0.0f;
  v = v < e.clamp_min ? e.clamp_min : v > e.clamp_max ? e.clamp_max : v;
  return Activated(e.activation, e.negative_slope, v);
}

// Of outputs in nchw.
void ExpectThen(const Tensor& y, const Tensor& plain, const Epilogue& e, const std::string& what) {
  ForEach(y.shape(), [&](int64_t n, int64_t c, int64_t h, int64_t w) {
    float v = plain.view().at(n, c, h, w);
    if (!e.scale.empty()) v *= e.scale[static_cast<size_t>(c)];
    const float expected = ClampedAndActivated(v, e), found = y.view().at(n, c, h, w);
    ASSERT_EQ(std::bit_cast<uint32_t>(found), std::bit_cast<uint32_t>(expected))
        << what << " at " << n << ' ' << c << ' ' << h << ' ' << w << ": " << found << ", not "
        << expected;
  });
}

TEST_P(EpilogueBits, AreThoseOfAPassOverAll) {
  const UseMachine cache = SmallCache(16 << 10);
  for (Problem p : WithEpilogues(RandomProblems(37, 150, 40'000), 2)) {
    p.residual = Residual::kNone;
    const Conv2dOptions o = Options(p, GetParam(), "auto");
    Conv2dOptions plain = o;
    plain.epilogue = {};
    Tensor x(p.input(), p.x_layout), y(p.output(), p.y_layout), without(p.output(), p.y_layout);
    Fill(x.view(), Role::kInput, p.values);
    Conv2d(o, Weights(p), Bias(p)).Run(x, y);
    Conv2d(plain, Weights(p), Bias(p)).Run(x, without);
    ExpectThen(y, without, o.epilogue, ToString(p));
    if (HasFatalFailure()) return;
  }
}

TEST_P(EpilogueBits, OfTransposedConvolution) {
  const UseMachine cache = SmallCache(16 << 10);
  Generator random(5);
  for (int i = 0; i < 60; ++i) {
    ConvTranspose2dOptions o;
    o.in_channels = random.Between(1, 20), o.out_channels = random.Between(1, 40);
    o.kernel_size = random.Pair(1, 4), o.stride = random.Pair(1, 3), o.target = GetParam();
    o.algorithm = random.OneIn(4) ? "reference" : "auto";
    const auto numbers = [](int64_t count, Role role) {
      std::vector<float> v(static_cast<size_t>(count));
      Fill(v, role, Values::kPlain);
      return v;
    };
    const auto w =
        numbers(o.in_channels * o.out_channels * o.kernel_size.h * o.kernel_size.w, Role::kWeights);
    const auto b = numbers(o.out_channels, Role::kBias);
    Tensor x(Shape(2, o.in_channels, random.Between(1, 12), random.Between(1, 12)),
             static_cast<Layout>(random.Between(0, 1)));
    Fill(x.view(), Role::kInput, Values::kPlain);
    const Tensor plain = ConvTranspose2d(o, w, b).Run(x);
    o.epilogue = {.clamp_min = -2, .activation = static_cast<Activation>(random.Between(0, 5))};
    if (random.OneIn(2)) o.epilogue.scale = numbers(o.out_channels, Role::kResidual);
    const ConvTranspose2d conv(o, w, b);
    ExpectThen(conv.Run(x), plain, o.epilogue, "transposed");
    if (HasFatalFailure()) return;
    // Of the gradients nothing is part.
    ConvTranspose2dOptions without = o;
    without.epilogue = {};
    Tensor dx(x.shape()), expected(x.shape());
    conv.BackwardData(plain.view(), dx.view());
    ConvTranspose2d(without, w, b).BackwardData(plain.view(), expected.view());
    ASSERT_TRUE(SameBits(dx, expected));
  }
}

TEST(Epilogues, AreNoPartOfGradients) {
  Problem p{.ic = 5, .oc = 7, .ih = 9, .iw = 8, .kernel = 3};
  p.mode = PaddingMode::kReplicate;
  p.padding = 1;
  const Conv2d plain(Options(p, "", "auto"), Weights(p));
  p.epilogue.activation = Activation::kSilu;
  p.scale = true;
  const Conv2d conv(Options(p, "", "auto"), Weights(p));
  Tensor x(p.input()), dy(p.output()), dx(p.input()), expected(p.input());
  Fill(x.view(), Role::kInput, Values::kPlain);
  Fill(dy.view(), Role::kResidual, Values::kPlain);
  conv.BackwardData(dy.view(), dx.view());
  plain.BackwardData(dy.view(), expected.view());
  EXPECT_TRUE(SameBits(dx, expected));
  std::vector<float> dw(Weights(p).size()), expected_dw(dw.size());
  conv.BackwardWeights({.x = x.view(), .dy = dy.view(), .dw = dw});
  plain.BackwardWeights({.x = x.view(), .dy = dy.view(), .dw = expected_dw});
  EXPECT_EQ(dw, expected_dw);
}

TEST(Epilogues, OfOneDimension) {
  Conv1dOptions o;
  o.in_channels = 1, o.out_channels = 2, o.kernel_size = 1;
  o.epilogue = {.activation = Activation::kLeakyRelu, .negative_slope = 0.5f, .scale = {1, -2}};
  Tensor x(Shape(1, 1, 1, 3));
  for (int64_t i = 0; i < 3; ++i) x.data()[i] = static_cast<float>(i) - 1;
  const Tensor y = Conv1d(o, std::vector<float>{1, 1}).Run(x);
  const std::vector<float> expected{-0.5f, 0, 1, 2, 0, -1};
  EXPECT_EQ(std::vector<float>(y.data(), y.data() + 6), expected);
}

// torch.nn.functional of -4, -1, 0.5, 3, computed from the definitions with 20 digits.
TEST(Epilogues, ArePyTorchsFunctions) {
  struct Row {
    Activation activation;
    double expected[4];
  };
  constexpr Row kRows[] = {
      {Activation::kSigmoid,
       {0.017986209962091558, 0.26894142136999512, 0.62245933120185457, 0.95257412682243336}},
      {Activation::kSilu,
       {-0.07194483984836623, -0.26894142136999512, 0.31122966560092728, 2.8577223804673001}},
      {Activation::kHardSwish, {0, -1.0 / 3, 0.29166666666666667, 3}},
      {Activation::kLeakyRelu, {-0.04, -0.01, 0.5, 3}},
      {Activation::kGeluTanh, {-7.0210832e-05, -0.15880801, 0.34571401, 2.9963627}},
  };
  for (const Row& row : kRows) {
    Conv2dOptions o;
    o.in_channels = o.out_channels = 1, o.kernel_size = 1;
    o.epilogue.activation = row.activation;
    Tensor x(Shape(1, 1, 2, 2));
    const float inputs[] = {-4, -1, 0.5f, 3};
    std::copy_n(inputs, 4, x.data());
    const Tensor y = Conv2d(o, std::vector<float>{1}).Run(x);
    for (int64_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(y.data()[i], row.expected[i], 3e-7) << static_cast<int>(row.activation);
    }
  }
}

TEST(Epilogues, AreCheckedWhenTheyAreGiven) {
  const auto error = [](const Epilogue& e) -> std::string {
    Conv2dOptions o;
    o.in_channels = 1, o.out_channels = 8, o.kernel_size = 1, o.epilogue = e;
    ConvTranspose2dOptions t;
    t.in_channels = 1, t.out_channels = 8, t.kernel_size = 1, t.epilogue = e;
    std::string text;
    try {
      Conv2d(o, std::vector<float>(8));
    } catch (const std::invalid_argument& wrong) {
      text = wrong.what();
    }
    try {
      ConvTranspose2d(t, std::vector<float>(8));
    } catch (const std::invalid_argument& wrong) {
      return text == wrong.what() ? text : "two errors";
    }
    return text;
  };
  EXPECT_EQ(error({.scale = std::vector<float>(8, 2.0f)}), "");
  EXPECT_EQ(error({.scale = {1, 2, 3}}),
            "there are 3 scales, the convolution has 8 output channels");
  std::vector<float> infinite(8, 1.0f);
  infinite[5] = INFINITY;
  EXPECT_EQ(error({.scale = infinite}), "the scale of channel 5 is inf; it must be finite");
  EXPECT_EQ(error({.negative_slope = -INFINITY}), "negative_slope is -inf; it must be finite");
  EXPECT_NE(error({.activation = static_cast<Activation>(6)}).find("activation"),
            std::string::npos);
}

TEST(Epilogues, AreNamedInExplanations) {
  Problem p{.ic = 3, .oc = 4, .ih = 20, .iw = 5, .kernel = 3};
  const auto explain = [&] {
    return Conv2d(Options(p, "", "auto"), Weights(p)).Explain(p.input(), Layout::kNhwc);
  };
  const std::string plain = explain().call;
  p.epilogue.activation = Activation::kSilu;
  p.scale = true;
  EXPECT_EQ(explain().call, plain + " silu scale");
  EXPECT_TRUE(explain().tile.ends_with(", then scale and activation")) << explain().tile;
  const UseMachine cache = SmallCache(1024);
  EXPECT_TRUE(explain().tile.ends_with(" bands")) << explain().tile;
}

}  // namespace
}  // namespace windrow::test
