// What is said where numbers stop being finite: data, an overflow in the middle of a network, one
// on the way back, too large a learning rate.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include "tests/support/expect_throw.h"
#include "tests/train/tensors.h"
#include "windrow/train.h"

namespace windrow::test {
namespace {

// What is said when a step of a small network with this input, gradient and learning rate fails.
std::string ErrorOf(float input, float gradient, double lr) {
  train::Model model(
      train::Sequential(train::Linear({.in_features = 2, .out_features = 2}), train::Tanh(),
                        train::Linear({.in_features = 2, .out_features = 1})),
      Shape(1, 2, 1, 1));
  model.parameter("2.bias").value.data()[0] = 1;
  train::SGD sgd(model, {.lr = lr});
  Tensor x(Shape(1, 2, 1, 1)), dy(Shape(1, 1, 1, 1));
  for (int step = 0; step < 3; ++step) {
    if (step == 2) x.data()[1] = input, dy.data()[0] = gradient;
    model.Forward(x, {.training = true});
    model.Backward(dy);
    try {
      sgd.Step();
    } catch (const std::runtime_error& e) {
      return e.what();
    }
  }
  return "";
}

TEST(NotFinite, NamesStepParameterElementAndCause) {
  EXPECT_EQ(ErrorOf(1, 1, 0.1), "");
  const std::string input = ErrorOf(NAN, 1, 0.1);
  EXPECT_EQ(input,
            "after step 2, 0.weight is nan at element 0 of 2x2x1x1: the input is nan at n 0, c 1, "
            "h 0, w 0 of 1x2x1x1");
  const std::string gradient = ErrorOf(1, std::numeric_limits<float>::infinity(), 0.1);
  EXPECT_NE(gradient.find("the gradient of 2.bias is inf at n 0, c 0, h 0, w 0 of 1x1x1x1, of "
                          "layer 2 (Linear), fed by an input up to "),
            std::string::npos)
      << gradient;
  const std::string large = ErrorOf(1, 2, 3e38);
  EXPECT_NE(large.find("its gradient there is 2, all outputs and gradients were finite: the "
                       "learning rate 3e+38 is too large"),
            std::string::npos)
      << large;
}

TEST(NotFinite, NamesTheFirstLayer) {
  train::Model model(
      train::Sequential(train::Residual(train::Sequential(
                            train::Conv2d({.in_channels = 1, .out_channels = 1, .kernel_size = 1}),
                            train::SiLU())),
                        train::Sigmoid()),
      Shape(1, 1, 1, 2));
  const Tensor x(Shape(1, 1, 1, 2), Numbers{0, 3e38f});
  EXPECT_EQ(model.FirstNotFinite(), "");
  model.parameter("0.0.weight").value.data()[0] = 100;
  model.Forward(x, {.training = true});
  EXPECT_EQ(model.FirstNotFinite(),
            "the output of layer 0.0 (Conv2d) is inf at n 0, c 0, h 0, w 1 of 1x1x1x2, fed by an "
            "input up to 3e+38 and weights up to 100");
}

// In the middle of a network, found by the optimiser after the whole step.
TEST(NotFinite, NamesWhatFedTheLayerInTheMiddle) {
  train::Model model(
      train::Sequential(train::Linear({.in_features = 1, .out_features = 1, .bias = false}),
                        train::ReLU(),
                        train::Residual(train::Linear({.in_features = 1, .out_features = 1}),
                                        train::Linear({.in_features = 1, .out_features = 1})),
                        train::Sigmoid()),
      Shape(1, 1, 1, 1));
  for (train::Parameter* p : model.parameters()) p->value.data()[0] = 1;
  model.parameter("0.weight").value.data()[0] = 2e30f;
  model.parameter("2.downsample.weight").value.data()[0] = -3e8f;
  train::SGD sgd(model, {});
  const Tensor x(Shape(1, 1, 1, 1), Numbers{1}), dy(Shape(1, 1, 1, 1), Numbers{1});
  model.Forward(x, {.training = true});
  EXPECT_EQ(model.FirstNotFinite(),
            "the output of layer 2.downsample (Linear) is -inf at n 0, c 0, h 0, w 0 of 1x1x1x1, "
            "fed by an input up to 2e+30 and weights up to 3e+08");
  model.Backward(dy);
  model.parameter("2.downsample.weight").gradient.data()[0] = NAN;
  EXPECT_TRUE(Throws<std::runtime_error>(
      [&] { sgd.Step(); },
      {"after step 0, 2.downsample.weight is nan", "layer 2.downsample (Linear) is -inf"}));
}

// Forward is finite, a gradient of the middle is not.
TEST(NotFinite, NamesTheLayerWhereTheWayBackOverflows) {
  train::Model model(
      train::Sequential(train::Linear({.in_features = 1, .out_features = 1, .bias = false}),
                        train::Linear({.in_features = 1, .out_features = 1, .bias = false})),
      Shape(1, 1, 1, 1));
  model.parameter("0.weight").value.data()[0] = 1e-30f;
  model.parameter("1.weight").value.data()[0] = 1e30f;
  const Tensor x(Shape(1, 1, 1, 1), Numbers{1}), dy(Shape(1, 1, 1, 1), Numbers{1e20f});
  model.Forward(x, {.training = true});
  model.Backward(dy);
  EXPECT_EQ(
      model.FirstNotFinite(),
      "the gradient of 0.weight is inf at n 0, c 0, h 0, w 0 of 1x1x1x1, of layer 0 (Linear), "
      "fed by an input up to 1 and weights up to 1e-30");
}

class NotFiniteTrainer : public testing::Test {
 protected:
  train::Dataset data_ = Bars(20, 4);
  train::Model model_{
      train::Sequential(train::Flatten(),
                        train::Linear({.in_features = 16, .out_features = 10, .bias = false})),
      data_.image};
};

// Only pictures of seven have light there.
TEST_F(NotFiniteTrainer, NamesThePicture) {
  train::SGD sgd(model_, {});
  train::Trainer trainer(model_, sgd, data_, {.batch_size = 20, .seed = 1});
  trainer.Step();
  data_.pixels.assign(data_.pixels.size(), 0);
  data_.pixels[13 * 16 + 5] = 255;
  model_.parameter("1.weight").value.data()[7 * 16 + 5] = std::numeric_limits<float>::max();
  data_.std = 0.5;
  const uint64_t before = model_.Hash();
  train::Trainer other(model_, sgd, data_, {.batch_size = 20, .seed = 1});
  EXPECT_TRUE(Throws<std::runtime_error>(
      [&] { other.Step(); },
      {"after step 0, the loss is ", "from picture 13 of the set on", "layer 1 (Linear) is inf",
       ", c 7, h 0, w 0 of 20x10x1x1", "fed by an input up to 2 and weights up to 3.40282e+38"}));
  EXPECT_EQ(model_.Hash(), before);
  EXPECT_EQ(other.step(), 0);
}

TEST_F(NotFiniteTrainer, TooLargeALearningRateIsSeenByWhatItMadeOfTheWeights) {
  train::Model model(
      train::Sequential(train::Flatten(), train::Linear({.in_features = 16, .out_features = 8}),
                        train::Linear({.in_features = 8, .out_features = 10})),
      data_.image);
  train::SGD sgd(model, {.lr = 1e30});
  train::Trainer trainer(model, sgd, data_, {.batch_size = 20});
  trainer.Step();
  EXPECT_TRUE(Throws<std::runtime_error>([&] { trainer.Step(); },
                                         {"after step 1, the loss is ", "layer 2 (Linear) is ",
                                          "fed by an input up to ", "e+29 and weights up to "}));
}

TEST_F(NotFiniteTrainer, PixelsThatAreNotFiniteAreRefused) {
  train::SGD sgd(model_, {});
  data_.std = 1e-300;
  EXPECT_TRUE(Throws([&] { train::Trainer(model_, sgd, data_, {.batch_size = 20}); },
                     {"std 1e-300", "pixels of 1 are inf"}));
  data_.std = 1;
  data_.mean = -1e300;
  EXPECT_TRUE(Throws([&] { train::Trainer(model_, sgd, data_, {.batch_size = 20}); },
                     {"mean -1e+300", "pixels of 0 are inf"}));
}

}  // namespace
}  // namespace windrow::test
