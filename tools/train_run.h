// A training of the program: which network on which pictures, and what trains it.
#ifndef WINDROW_TOOLS_TRAIN_RUN_H_
#define WINDROW_TOOLS_TRAIN_RUN_H_

#include <cstdint>
#include <iosfwd>
#include <string>

#include "windrow/train.h"

namespace windrow::tool {

struct TrainOptions {
  std::string what, data, network = "lenet";
  std::string save;  // the network's name if empty
  int epochs = 5, steps = 0, verify = 0, seed = 1;
  int threads = 1;
  bool resume = false;
};

// "LeNet-5"
std::string TitleOf(const std::string& network);

struct Training {
  uint64_t seed;
  train::Model model;
  train::SGD sgd;
  train::Trainer trainer;

  // The data live longer.
  Training(const train::Dataset& data, const TrainOptions& options);
  Training(train::Dataset&&, const TrainOptions&) = delete;
};

// Trains, writes NAME.checkpoint and .json after each epoch and when it is interrupted, and at the
// end NAME.safetensors and the pictures. Returns the exit code.
int RunTraining(const TrainOptions& options, std::ostream& out, std::ostream& err);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_TRAIN_RUN_H_
