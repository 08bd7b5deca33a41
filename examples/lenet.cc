// Trains LeNet-5 on MNIST with the library alone: lenet FOLDER, where scripts/get-mnist FOLDER has
// put its files. About 99 % of the test's digits are read after five epochs.
#include <cstdio>
#include <exception>
#include <string>

#include "windrow/train.h"

namespace nn = windrow::train;

namespace {

nn::Dataset Read(const std::string& folder, const std::string& part) {
  nn::Dataset data = nn::ReadIdx(folder + "/" + part + "-images-idx3-ubyte",
                                 folder + "/" + part + "-labels-idx1-ubyte");
  data.mean = 0.1307;  // a network sees (pixel / 255 - mean) / std
  data.std = 0.3081;
  return data;
}

void Train(const std::string& folder) {
  const nn::Dataset data = Read(folder, "train"), test = Read(folder, "t10k");
  nn::Model lenet(
      nn::Sequential(
          nn::Conv2d({.in_channels = 1, .out_channels = 6, .kernel_size = 5, .padding = 2}),
          nn::ReLU(), nn::MaxPool2d({.kernel_size = 2}),
          nn::Conv2d({.in_channels = 6, .out_channels = 16, .kernel_size = 5}), nn::ReLU(),
          nn::MaxPool2d({.kernel_size = 2}), nn::Flatten(),
          nn::Linear({.in_features = 400, .out_features = 120}), nn::ReLU(),
          nn::Linear({.in_features = 120, .out_features = 84}), nn::ReLU(),
          nn::Linear({.in_features = 84, .out_features = 10})),
      data.image, {.seed = 1});
  nn::SGD sgd(lenet, {.momentum = 0.9, .weight_decay = 1e-4});
  nn::Trainer trainer(lenet, sgd, data, {.batch_size = 64, .seed = 1, .lr = [&](int64_t step) {
                                           return nn::StepLR(0.05, step,
                                                             2 * trainer.steps_per_epoch(), 0.2);
                                         }});
  for (int epoch = 1; epoch <= 5; ++epoch) {
    double loss = 0;
    for (int64_t i = 0; i < trainer.steps_per_epoch(); ++i) loss += trainer.Step();
    std::printf("epoch %d: loss %.4f, of the test %.2f %% right\n", epoch,
                loss / static_cast<double>(trainer.steps_per_epoch()),
                100 * nn::Evaluate(lenet, test).accuracy());
  }
  nn::SaveWeights(lenet, "lenet.safetensors");  // with PyTorch's names
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: lenet FOLDER\n"), 2;
  try {
    Train(argv[1]);
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "lenet: %s\n", e.what()), 1;
  }
}
