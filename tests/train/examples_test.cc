// The chapter's examples of learning a kernel by gradient descent, beside the losses that PyTorch
// 1.13 gave: those before the update of step N.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/train/tensors.h"
#include "windrow/train.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

using Losses = std::map<int, double>;  // of some steps, counted from 1

// White with a black band in columns 2 to 5.
Tensor Band() {
  Tensor x(Shape(1, 1, 6, 8));
  for (int64_t i = 0; i < 48; ++i) x.data()[i] = i % 8 < 2 || i % 8 > 5 ? 1.0f : 0.0f;
  return x;
}

Tensor SixRows(const Numbers& row) {
  Numbers all;
  for (int i = 0; i < 6; ++i) all.insert(all.end(), row.begin(), row.end());
  return Matrix(6, static_cast<int64_t>(row.size()), all);
}

const Numbers kEdges = {0, 1, 0, 0, 0, -1, 0};

train::Model EdgeModel(bool bias, uint64_t seed = 0) {
  return train::Model(
      train::Conv2d({.in_channels = 1, .out_channels = 1, .kernel_size = {1, 2}}, bias),
      Shape(1, 1, 6, 8), {.seed = seed});
}

// Starts at [0.5 -0.25] and, if there is a bias, 0.25.
train::Model StartOfTheExamples(bool bias) {
  train::Model model = EdgeModel(bias);
  model.parameter("weight").value.at(0, 0, 0, 0) = 0.5f;
  model.parameter("weight").value.at(0, 0, 0, 1) = -0.25f;
  if (bias) model.parameter("bias").value.at(0, 0, 0, 0) = 0.25f;
  return model;
}

// The losses of all steps.
std::vector<double> Descend(train::Model& model, const Tensor& target, double lr, int steps) {
  const Tensor x = Band();
  Tensor dy(target.shape());
  train::SGD sgd(model, {.lr = lr});
  std::vector<double> losses;
  for (int step = 0; step < steps; ++step) {
    const auto y = model.Forward(x, {.training = true});
    losses.push_back(train::MSELoss(y, target, dy, train::Reduction::kSum));
    model.Backward(dy);
    sgd.Step();
  }
  return losses;
}

void ExpectLosses(const std::vector<double>& losses, const Losses& recorded,
                  double tolerance = 2e-5) {
  for (const auto& [step, loss] : recorded) {
    EXPECT_NEAR(losses[static_cast<size_t>(step) - 1], loss, tolerance * loss) << "step " << step;
  }
}

void ExpectWeights(const train::Model& model, float a, float b) {
  EXPECT_NEAR(model.parameter("weight").value.data()[0], a, 2e-6f);
  EXPECT_NEAR(model.parameter("weight").value.data()[1], b, 2e-6f);
}

TEST(LearningExamples, E14LearnsTheKernel) {
  train::Model model = StartOfTheExamples(false);
  ExpectLosses(Descend(model, SixRows(kEdges), 0.03, 10),
               {{2, 2.52}, {4, 0.567883}, {6, 0.154707}, {8, 0.0502986}, {10, 0.0184096}});
  ExpectWeights(model, 1.006216f, -0.979373f);
}

TEST(LearningExamples, E15LearnsKernelAndBias) {
  train::Model model = StartOfTheExamples(true);
  ExpectLosses(Descend(model, SixRows(kEdges), 0.01, 20),
               {{5, 1.68633}, {10, 0.469546}, {15, 0.13076}, {20, 0.0364159}});
  ExpectWeights(model, 0.951409f, -0.951638f);
  EXPECT_NEAR(model.parameter("bias").value.data()[0], 0.000128f, 2e-6f);
}

TEST(LearningExamples, E16DivergesAboveTheBound) {
  train::Model model = StartOfTheExamples(true), slow = StartOfTheExamples(true);
  const std::vector<double> losses = Descend(model, SixRows(kEdges), 0.03, 10);
  ExpectLosses(losses, {{2, 45.195}, {4, 2401.23}, {6, 133205}});
  ExpectLosses(losses, {{8, 7.39e6}, {10, 4.1e8}}, 5e-3);  // printed with three digits
  const std::vector<double> slowly = Descend(slow, SixRows(kEdges), 0.003, 200);
  ExpectLosses(slowly, {{40, 0.268527}, {80, 0.0142928}});
  // Each error is 2e-4 in the end, of numbers near 1: what rounding is in them is more than 2e-5.
  ExpectLosses(slowly, {{120, 0.000760806}, {160, 4.04968e-05}, {200, 2.15547e-06}}, 2e-4);

  const Tensor x = Band();
  EXPECT_NEAR(2 / train::LargestStableLR(model, x), 124.3068, 1e-4);
  train::Model without = EdgeModel(false);
  EXPECT_NEAR(2 / train::LargestStableLR(without, x), 60, 1e-5);
  // Just below it descent converges, just above it does not.
  for (const auto& [factor, converges] : {std::pair(0.99, true), std::pair(1.01, false)}) {
    train::Model m = StartOfTheExamples(true);
    const double bound = train::LargestStableLR(m, x);
    const std::vector<double> l = Descend(m, SixRows(kEdges), factor * bound, 400);
    EXPECT_EQ(l.back() < 0.01, converges);
    EXPECT_EQ(l.back() > 1000, !converges);
  }
}

TEST(LearningExamples, E17LearnsToCopy) {
  train::Model model = StartOfTheExamples(false);
  ExpectLosses(Descend(model, SixRows({1, 1, 0, 0, 0, 0, 1}), 0.03, 30), {{2, 5.4768},
                                                                          {4, 2.22473},
                                                                          {6, 0.908131},
                                                                          {8, 0.371448},
                                                                          {10, 0.152057},
                                                                          {12, 0.062268},
                                                                          {14, 0.0255024},
                                                                          {16, 0.0104453},
                                                                          {18, 0.0042783},
                                                                          {20, 0.0017524}});
  ExpectWeights(model, 0.999536f, -0.000464f);
}

TEST(LearningExamples, EveryStartEndsNearTheKernel) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    train::Model model = EdgeModel(false, seed);
    Descend(model, SixRows(kEdges), 0.03, 20);
    EXPECT_NEAR(model.parameter("weight").value.data()[0], 1, 0.05) << seed;
    EXPECT_NEAR(model.parameter("weight").value.data()[1], -1, 0.05) << seed;
  }
}

// The loop written by hand, with convolution's own functions: forward, loss, backward, update.
TEST(LearningExamples, ALoopOfOnesOwn) {
  const Tensor x = Band(), target = SixRows(kEdges);
  std::vector<float> w = {0.5f, -0.25f}, dw(2);
  Conv2d conv({.in_channels = 1, .out_channels = 1, .kernel_size = {1, 2}}, w);
  Tensor dy(target.shape());
  std::vector<double> losses;
  for (int step = 0; step < 10; ++step) {
    const Tensor y = conv.Run(x);
    double loss = 0;
    for (int64_t i = 0; i < y.shape().elements(); ++i) {
      const float error = y.data()[i] - target.data()[i];
      loss += static_cast<double>(error) * static_cast<double>(error);
      dy.data()[i] = 2 * error;
    }
    losses.push_back(loss);
    conv.BackwardWeights({.x = x, .dy = dy, .dw = dw});
    for (size_t i = 0; i < w.size(); ++i) w[i] -= 0.03f * dw[i];
    conv.SetWeights(w);
  }
  ExpectLosses(losses, {{2, 2.52}, {4, 0.567883}, {6, 0.154707}, {8, 0.0502986}, {10, 0.0184096}});
}

}  // namespace
}  // namespace windrow::test
