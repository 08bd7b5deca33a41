// The last part: a kernel is learnt by gradient descent, and the losses compared with PyTorch's.
#include <algorithm>

#include "tools/examples.h"
#include "windrow/train.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

// PyTorch 1.13's losses are recorded with six digits, of which another order of the sum moves the
// last.
constexpr double kSixDigits = 2e-5, kThreeDigits = 5e-3;
// Of losses so small that the rounding of a layer's outputs, which are near 1, shows.
constexpr double kRounding = 2e-4;

// Ones with a band of zeros in columns 2 to 5, and six equal rows to learn.
Tensor Band() {
  Tensor x(Shape(1, 1, 6, 8));
  for (int64_t i = 0; i < 48; ++i) x.data()[i] = i % 8 < 2 || i % 8 > 5 ? 1.0f : 0.0f;
  return x;
}

Tensor SixRows(std::initializer_list<float> row) {
  std::vector<float> values;
  for (int i = 0; i < 6; ++i) values.insert(values.end(), row);
  return Matrix(6, static_cast<int64_t>(row.size()), values);
}

Tensor EdgeRows() { return SixRows({0, 1, 0, 0, 0, -1, 0}); }

// A kernel of 1x2 that starts at [0.5 -0.25], and a bias that starts at 0.25.
train::Model Start(bool bias) {
  train::Model model(
      train::Conv2d({.in_channels = 1, .out_channels = 1, .kernel_size = {1, 2}}, bias),
      Shape(1, 1, 6, 8));
  model.parameter("weight").value = Matrix(1, 2, {0.5f, -0.25f});
  if (bias) model.parameter("bias").value = Matrix(1, 1, {0.25f});
  return model;
}

// Descends and gives the losses before every n-th update, as a row.
Tensor Losses(train::Model& model, const Tensor& target, double lr, int64_t every, int64_t count) {
  const Tensor x = Band();
  Tensor dy(target.shape()), losses(Shape(1, 1, 1, count));
  train::SGD sgd(model, {.lr = lr});
  for (int64_t step = 1; step <= every * count; ++step) {
    const auto y = model.Forward(x, {.training = true});
    const double loss = train::MSELoss(y, target, dy, train::Reduction::kSum);
    if (step % every == 0) losses.data()[step / every - 1] = static_cast<float>(loss);
    model.Backward(dy);
    sgd.Step();
  }
  return losses;
}

// The weights, and the bias if there is one, in a row.
Tensor Learnt(const train::Model& model) {
  std::vector<float> values;
  for (const train::Parameter* p : model.parameters()) {
    values.insert(values.end(), p->value.data(), p->value.data() + p->value.shape().elements());
  }
  return Matrix(1, static_cast<int64_t>(values.size()), values);
}

Check Close(const char* what, Tensor computed, std::initializer_list<float> expected,
            double tolerance = kSixDigits) {
  const auto count = static_cast<int64_t>(expected.size());
  return {what, std::move(computed), Matrix(1, count, expected), tolerance};
}

std::vector<Check> LearnTheKernel() {
  train::Model model = Start(false);
  const Tensor losses = Losses(model, EdgeRows(), 0.03, 2, 5);

  // The same loop, written by hand.
  std::vector<float> w = {0.5f, -0.25f}, dw(2);
  Conv2d conv({.in_channels = 1, .out_channels = 1, .kernel_size = {1, 2}}, w);
  const Tensor x = Band(), target = EdgeRows();
  for (int step = 0; step < 10; ++step) {
    Tensor dy = conv.Run(x);
    for (int64_t i = 0; i < 42; ++i) dy.data()[i] = 2 * (dy.data()[i] - target.data()[i]);
    conv.BackwardWeights({.x = x, .dy = dy, .dw = dw});
    for (size_t i = 0; i < 2; ++i) w[i] -= 0.03f * dw[i];
    conv.SetWeights(w);
  }
  return {
      Close("the loss of steps 2, 4, 6, 8, 10; lr 0.03", losses,
            {2.52f, 0.567883f, 0.154707f, 0.0502986f, 0.0184096f}),
      Close("the kernel then, towards [1 -1]", Learnt(model), {1.006216f, -0.979373f}),
      Close("by a loop of one's own", Matrix(1, 2, w), {1.006216f, -0.979373f}),
  };
}

std::vector<Check> LearnKernelAndBias() {
  train::Model model = Start(true);
  const Tensor losses = Losses(model, EdgeRows(), 0.01, 5, 4);
  Tensor learnt = Learnt(model), kernel = Matrix(1, 2, {learnt.data()[0], learnt.data()[1]});
  return {
      Close("the loss of steps 5, 10, 15, 20; lr 0.01", losses,
            {1.68633f, 0.469546f, 0.13076f, 0.0364159f}),
      Close("the kernel then", std::move(kernel), {0.951409f, -0.951638f}),
      Close("the bias then", Matrix(1, 1, {learnt.data()[2]}), {0.000128f}, kThreeDigits),
  };
}

std::vector<Check> Diverge() {
  train::Model fast = Start(true), slow = Start(true), without = Start(false);
  const Tensor x = Band(), losses = Losses(fast, EdgeRows(), 0.03, 2, 5);
  const Tensor slowly = Losses(slow, EdgeRows(), 0.003, 40, 5);
  const auto bound = [&](train::Model& model) {
    return static_cast<float>(train::LargestStableLR(model, x));
  };
  const auto part = [](const Tensor& all, int64_t first, int64_t count) {
    const float* const from = all.data() + first;
    return Matrix(1, count, std::vector<float>(from, from + count));
  };
  return {
      Close("with a bias and lr 0.03 the loss grows: steps 2, 4, 6", part(losses, 0, 3),
            {45.195f, 2401.23f, 133205.0f}),
      Close("steps 8, 10, of which three digits are known", part(losses, 3, 2), {7.39e6f, 4.1e8f},
            kThreeDigits),
      Close("why: 2 / the largest eigenvalue is all that lr may be; with a bias, without",
            Matrix(1, 2, {bound(slow), bound(without)}), {2 / 124.3068f, 2 / 60.0f}),
      Close("lr 0.003: steps 40, 80", part(slowly, 0, 2), {0.268527f, 0.0142928f}),
      Close("steps 120, 160, 200", part(slowly, 2, 3), {0.000760806f, 4.04968e-05f, 2.15547e-06f},
            kRounding),
  };
}

std::vector<Check> LearnToCopy() {
  train::Model model = Start(false);
  const Tensor target = SixRows({1, 1, 0, 0, 0, 0, 1});
  Tensor losses = Losses(model, target, 0.03, 2, 15);
  losses = Matrix(1, 10, std::vector<float>(losses.data(), losses.data() + 10));
  Tensor learnt = Learnt(model);
  return {
      Close("the loss of steps 2, 4 to 20; lr 0.03", losses,
            {5.4768f, 2.22473f, 0.908131f, 0.371448f, 0.152057f, 0.062268f, 0.0255024f, 0.0104453f,
             0.0042783f, 0.0017524f}),
      Close("the first weight after 30 steps", Matrix(1, 1, {learnt.data()[0]}), {0.999536f}),
      Close("the second", Matrix(1, 1, {learnt.data()[1]}), {-0.000464f}, kThreeDigits),
  };
}

constexpr Example kLearningExamples[] = {
    {"E14", "learning a kernel", LearnTheKernel, "learn"},
    {"E15", "learning a kernel and a bias", LearnKernelAndBias, "learn"},
    {"E16", "why it diverges", Diverge, "learn"},
    {"E17", "learning to copy", LearnToCopy, "learn"},
};

}  // namespace

std::span<const Example> LearningExamples() { return kLearningExamples; }

}  // namespace windrow::tool
