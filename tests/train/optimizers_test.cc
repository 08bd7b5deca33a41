// Optimisers against PyTorch's formulas in f64, clipping, learning rates.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/expect_throw.h"
#include "tests/train/tensors.h"
#include "windrow/train.h"

namespace windrow::test {
namespace {

// 30 weights, and gradients that are set by hand.
class OptimizerTest : public testing::Test {
 protected:
  static constexpr size_t kCount = 30;
  train::Model model_{
      train::Conv2d({.in_channels = 3, .out_channels = 10, .kernel_size = 1}, false),
      Shape(1, 3, 2, 2)};
  train::Parameter& weight_ = model_.parameter("weight");

  // Steps ten times with gradients that change and compares with update(weights, gradients, step).
  template <typename F>
  void Compare(train::Optimizer& optimizer, const F& update) {
    std::vector<double> w(weight_.value.data(), weight_.value.data() + kCount);
    for (int step = 0; step < 10; ++step) {
      train::Random(2, 0, step).Uniform(weight_.gradient, -1, 1);
      const std::vector<double> g(weight_.gradient.data(), weight_.gradient.data() + kCount);
      optimizer.Step();
      update(w, g, step);
      for (size_t i = 0; i < kCount; ++i) {
        ASSERT_NEAR(weight_.value.data()[i], w[i], 2e-6) << "step " << step << ", element " << i;
      }
    }
    EXPECT_EQ(optimizer.steps(), 10);
  }
};

TEST_F(OptimizerTest, Sgd) {
  for (const bool nesterov : {false, true}) {
    for (const double momentum : {0.0, 0.9}) {
      for (const double dampening : {0.0, 0.3}) {
        if (nesterov && (momentum == 0 || dampening != 0)) continue;
        train::SGD sgd(model_, {.lr = 0.1,
                                .momentum = momentum,
                                .dampening = dampening,
                                .weight_decay = 0.01,
                                .nesterov = nesterov});
        std::vector<double> m(kCount);
        Compare(sgd, [&](std::vector<double>& w, const std::vector<double>& gradient, int step) {
          for (size_t i = 0; i < kCount; ++i) {
            double g = gradient[i] + 0.01 * w[i];
            if (momentum != 0) {
              m[i] = step == 0 ? g : momentum * m[i] + (1 - dampening) * g;
              g = nesterov ? g + momentum * m[i] : m[i];
            }
            w[i] -= 0.1 * g;
          }
        });
      }
    }
  }
}

TEST_F(OptimizerTest, Adam) {
  for (const bool decoupled : {false, true}) {
    train::Adam adam(model_, {.lr = 0.02, .weight_decay = 0.1, .decoupled = decoupled});
    std::vector<double> m(kCount), v(kCount);
    Compare(adam, [&](std::vector<double>& w, const std::vector<double>& gradient, int step) {
      for (size_t i = 0; i < kCount; ++i) {
        const double g = gradient[i] + (decoupled ? 0 : 0.1 * w[i]);
        if (decoupled) w[i] *= 1 - 0.02 * 0.1;
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.999 * v[i] + 0.001 * g * g;
        const double corrected = m[i] / (1 - std::pow(0.9, step + 1));
        w[i] -= 0.02 * corrected / (std::sqrt(v[i] / (1 - std::pow(0.999, step + 1))) + 1e-8);
      }
    });
  }
}

TEST_F(OptimizerTest, ClipGradNormScalesWhatIsTooLong) {
  train::Random(2, 0).Uniform(weight_.gradient, -1, 1);
  const Numbers before = ValuesOf(weight_.gradient);
  double squares = 0;
  for (const float g : before) squares += static_cast<double>(g) * static_cast<double>(g);
  const double norm = std::sqrt(squares);
  EXPECT_NEAR(train::ClipGradNorm(model_, 100), norm, 1e-6 * norm);
  EXPECT_EQ(ValuesOf(weight_.gradient), before);
  EXPECT_NEAR(train::ClipGradNorm(model_, 0.5), norm, 1e-6 * norm);
  for (size_t i = 0; i < kCount; ++i) {
    EXPECT_NEAR(weight_.gradient.data()[i], static_cast<double>(before[i]) * 0.5 / norm, 1e-6);
  }
  EXPECT_NEAR(train::ClipGradNorm(model_, 1), 0.5, 1e-6);
  EXPECT_TRUE(Throws([&] { train::ClipGradNorm(model_, 0); }, {"max_norm is 0"}));
}

TEST_F(OptimizerTest, RefusesOptionsThatMakeNoSense) {
  EXPECT_TRUE(Throws([&] { train::SGD(model_, {.lr = -1}); }, {"learning rate is -1"}));
  EXPECT_TRUE(Throws([&] { train::SGD(model_, {.lr = NAN}); }, {"learning rate is nan"}));
  EXPECT_TRUE(Throws([&] { train::SGD(model_, {.lr = 1e39}); }, {"learning rate is 1e+39"}));
  EXPECT_TRUE(Throws([&] { train::SGD(model_, {.momentum = 2}); }, {"momentum is 2"}));
  EXPECT_TRUE(Throws([&] { train::SGD(model_, {.nesterov = true}); }, {"Nesterov", "0 and 0"}));
  EXPECT_TRUE(
      Throws([&] { train::SGD(model_, {.weight_decay = -0.5}); }, {"weight_decay is -0.5"}));
  EXPECT_TRUE(Throws([&] { train::Adam(model_, {.beta1 = 1}); }, {"beta1 is 1"}));
  EXPECT_TRUE(Throws([&] { train::Adam(model_, {.eps = -1}); }, {"eps is -1"}));
}

TEST(LearningRates, FollowTheirFormulas) {
  EXPECT_EQ(train::StepLR(0.5, 29, 10, 0.5), 0.125);
  EXPECT_EQ(train::StepLR(0.5, 9, 10, 0.5), 0.5);
  EXPECT_EQ(train::CosineLR(0.5, 0, 100), 0.5);
  EXPECT_NEAR(train::CosineLR(0.5, 25, 100, 0.1), 0.1 + 0.4 * (1 + std::sqrt(0.5)) / 2, 1e-15);
  EXPECT_NEAR(train::CosineLR(0.5, 50, 100), 0.25, 1e-15);
  EXPECT_EQ(train::CosineLR(0.5, 100, 100, 0.1), 0.1);
  EXPECT_EQ(train::CosineLR(0.5, 1000, 100, 0.1), 0.1);
  EXPECT_EQ(train::WarmupLR(0.5, 0, 5), 0.1);
  EXPECT_EQ(train::WarmupLR(0.5, 4, 5), 0.5);
  EXPECT_EQ(train::WarmupLR(0.5, 7, 5), 0.5);
  EXPECT_EQ(train::WarmupLR(0.5, 0, 0), 0.5);
  EXPECT_TRUE(Throws([] { train::StepLR(1, -1, 5); }, {"step -1"}));
  EXPECT_TRUE(Throws([] { train::CosineLR(1, 1, 0); }, {"of 0"}));
}

TEST(LargestStableLR, IsThatOfTheHessian) {
  // One weight: the error is the sum of (w x - t)^2, its second derivative 2 sum x^2.
  train::Model model(train::Conv2d({.in_channels = 1, .out_channels = 1, .kernel_size = 1}, false),
                     Shape(1, 1, 1, 3));
  const Tensor x(Shape(1, 1, 1, 3), Numbers{1, 2, 3});
  const float before = model.parameter("weight").value.data()[0];
  EXPECT_NEAR(train::LargestStableLR(model, x), 1.0 / 14, 1e-7);
  EXPECT_EQ(model.parameter("weight").value.data()[0], before);
  const Tensor zeros(x.shape()), other(Shape(1, 1, 3, 1));
  EXPECT_TRUE(std::isinf(train::LargestStableLR(model, zeros)));
  EXPECT_TRUE(Throws([&] { train::LargestStableLR(model, other); }, {"1x1x3x1", "1x1x1x3"}));
}

}  // namespace
}  // namespace windrow::test
