// Trainings that tests of determinism run.
#ifndef WINDROW_TESTS_TRAIN_TRAINING_H_
#define WINDROW_TESTS_TRAIN_TRAINING_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "tests/train/tensors.h"
#include "windrow/train.h"

namespace windrow::test {

// Every kind of layer, and tensors large enough for several tasks.
inline train::LayerPtr EveryLayerWithDropout(double p, Numerics numerics) {
  const auto conv = [=](int64_t in, int64_t out, int64_t stride) {
    return train::Conv2d({.in_channels = in,
                          .out_channels = out,
                          .kernel_size = 3,
                          .stride = stride,
                          .padding = 1,
                          .numerics = numerics},
                         false);
  };
  const auto norm = [=](int64_t channels) {
    return train::BatchNorm2d({.num_features = channels, .numerics = numerics});
  };
  return train::Sequential(
      conv(1, 16, 1), norm(16), train::ReLU(), train::MaxPool2d({.kernel_size = 2}),
      train::Residual(train::Sequential(conv(16, 24, 2), norm(24), train::SiLU()),
                      train::Sequential(conv(16, 24, 2), norm(24))),
      train::Tanh(), train::Dropout(p), train::Sigmoid(),
      train::ConvTranspose2d({.in_channels = 24,
                              .out_channels = 8,
                              .kernel_size = 2,
                              .stride = 2,
                              .numerics = numerics}),
      train::LeakyReLU(), train::AvgPool2d({.kernel_size = 2}),
      train::AdaptiveAvgPool2d({.output_size = 2}), train::Flatten(),
      train::Linear({.in_features = 32, .out_features = 10, .numerics = numerics}));
}

inline train::LayerPtr EveryLayer(Numerics numerics) {
  return EveryLayerWithDropout(0.2, numerics);
}

struct Training {
  std::function<train::LayerPtr(Numerics)> network = LeNet5;
  Numerics numerics = Numerics::kNative;
  Layout layout = Layout::kNhwc;
  bool adam = false;
  int64_t side = 28;  // of the pictures
};

// A run that may be stopped and gone on with.
class TrainingRun {
 public:
  explicit TrainingRun(const Training& s)
      : data_(Bars(150, s.side)),
        model_(s.network(s.numerics), data_.image, {.seed = 1, .layout = s.layout}) {
    data_.mean = 0.3;
    data_.std = 0.4;
    if (s.adam) {
      optimizer_ = std::make_unique<train::Adam>(model_, train::AdamOptions{.weight_decay = 0.01});
    } else {
      optimizer_ = std::make_unique<train::SGD>(
          model_, train::SGDOptions{.lr = 0.05, .momentum = 0.9, .weight_decay = 1e-4});
    }
    trainer_.emplace(
        model_, *optimizer_, data_,
        train::TrainerOptions{
            .batch_size = 64, .seed = 3, .max_gradient_norm = 1, .lr = [](int64_t step) {
              return train::CosineLR(0.05, step, 12, 0.001);
            }});
  }
  train::Trainer& trainer() { return *trainer_; }
  uint64_t Steps(int64_t count) {
    for (int64_t i = 0; i < count; ++i) trainer().Step();
    return model_.Hash();
  }
  uint64_t Hash() const { return model_.Hash(); }

 private:
  train::Dataset data_;
  train::Model model_;
  std::unique_ptr<train::Optimizer> optimizer_;
  std::optional<train::Trainer> trainer_;
};

inline uint64_t HashAfter(const Training& training, int64_t steps) {
  return TrainingRun(training).Steps(steps);
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_TRAIN_TRAINING_H_
