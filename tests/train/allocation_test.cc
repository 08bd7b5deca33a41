// A step of a training allocates nothing after the first ones, neither with one thread nor with
// two, nor the smaller batch at the end of an epoch.
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>

#include "tests/support/allocation_count.h"
#include "tests/train/tensors.h"
#include "windrow/train.h"

namespace windrow::test {
namespace {

template <class Optimizer, class Options>
void ExpectNoneInAStep(train::LayerPtr network, const Options& options) {
  const train::Dataset data = Bars(150);  // two batches of 64 and one of 22
  train::Model model(std::move(network), data.image, {.seed = 1});
  Optimizer optimizer(model, options);
  train::Trainer trainer(model, optimizer, data,
                         {.batch_size = 64, .max_gradient_norm = 0.01, .lr = [](int64_t step) {
                            return train::CosineLR(0.01, step, 20);
                          }});
  tbb::task_arena arena(1);
  arena.execute([&] {
    for (int step = 0; step < 4; ++step) trainer.Step();
    EXPECT_TRUE(AllocatesNothing([&] {
      for (int step = 0; step < 7; ++step) trainer.Step();
    }));
  });
}

TEST(TrainAllocation, NoneInAStepAfterTheFirstEpoch) {
  ExpectNoneInAStep<train::SGD>(LeNet5(), train::SGDOptions{.momentum = 0.9});
}

TEST(TrainAllocation, NoneWithAnyLayer) {
  ExpectNoneInAStep<train::Adam>(
      train::Sequential(
          train::Conv2d({.in_channels = 1, .out_channels = 8, .kernel_size = 3, .stride = 2}),
          train::BatchNorm2d({.num_features = 8}), train::SiLU(),
          train::Residual(
              train::Sequential(
                  train::Conv2d(
                      {.in_channels = 8, .out_channels = 8, .kernel_size = 3, .padding = 1}),
                  train::Tanh()),
              train::Sequential(
                  train::Conv2d({.in_channels = 8, .out_channels = 8, .kernel_size = 1}))),
          train::Dropout(0.5), train::LeakyReLU(),
          train::ConvTranspose2d({.in_channels = 8, .out_channels = 8, .kernel_size = 2}),
          train::Sigmoid(), train::AvgPool2d({.kernel_size = 2}),
          train::AdaptiveAvgPool2d({.output_size = 2}), train::Flatten(),
          train::Linear({.in_features = 32, .out_features = 10})),
      train::AdamOptions{.weight_decay = 0.1, .decoupled = true});
}

}  // namespace
}  // namespace windrow::test
