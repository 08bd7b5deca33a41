// A hundred steps with the weights, pictures and options of PyTorch, beside the losses that it has
// given (scripts/pytorch_record/train.py).
#include "windrow/train.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/train/training.h"

namespace windrow::test {
namespace {

std::map<std::string, std::vector<double>> RecordedLosses() {
  std::ifstream file(std::string(WINDROW_PYTORCH) + "/train.txt");
  std::map<std::string, std::vector<double>> all;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    for (double loss = 0; words >> loss;) all[name].push_back(loss);
  }
  return all;
}

// Beside the losses recorded under this name.
template <class Optimizer, class Options>
void ExpectRecorded(const std::string& name, train::LayerPtr network, const Options& options,
                    double max_norm = 0) {
  const std::vector<double> recorded = RecordedLosses()[name];
  ASSERT_FALSE(recorded.empty());
  train::Dataset data = Bars(1000);
  data.mean = 0.3;
  data.std = 0.4;
  train::Model model(std::move(network), data.image, {.seed = 1});
  Optimizer optimizer(model, options);
  train::Trainer trainer(model, optimizer, data,
                         {.batch_size = 64, .seed = 3, .max_gradient_norm = max_norm});
  for (size_t step = 0; step < recorded.size(); ++step) {
    EXPECT_NEAR(trainer.Step(), recorded[step], 1e-4 * recorded[step]) << "step " << step;
  }
}

TEST(PytorchTraining, LeNetWithSgd) {
  ExpectRecorded<train::SGD>("lenet_sgd", LeNet5(), train::SGDOptions{.lr = 0.05});
}

TEST(PytorchTraining, LeNetWithMomentum) {
  ExpectRecorded<train::SGD>(
      "lenet_momentum", LeNet5(),
      train::SGDOptions{.lr = 0.01, .momentum = 0.9, .weight_decay = 1e-3, .nesterov = true}, 1);
}

TEST(PytorchTraining, EveryLayerWithAdam) {
  ExpectRecorded<train::Adam>("every_adam", EveryLayerWithDropout(0, Numerics::kNative),
                              train::AdamOptions{.weight_decay = 1e-2});
}

TEST(PytorchTraining, EveryLayerWithAdamW) {
  ExpectRecorded<train::Adam>(
      "every_adamw", EveryLayerWithDropout(0, Numerics::kNative),
      train::AdamOptions{.lr = 2e-3, .weight_decay = 0.1, .decoupled = true}, 2);
}

}  // namespace
}  // namespace windrow::test
