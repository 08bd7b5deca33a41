// Batches of a set of pictures, as a network takes them.
#ifndef WINDROW_LIB_TRAIN_BATCHES_H_
#define WINDROW_LIB_TRAIN_BATCHES_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "windrow/train.h"

namespace windrow::internal {

class Batches {
 public:
  // Throws std::invalid_argument unless the set is one, of the model's pictures, with labels that
  // are its classes, and has a batch. All live longer.
  Batches(const train::Model& model, const train::Dataset& data, int64_t batch_size);

  // Puts pictures of the set into x() and labels().
  void Take(std::span<const int64_t> which);
  ConstTensorView x() const { return x_.view().Batch(0, count_); }
  std::span<const int64_t> labels() const { return {labels_.data(), static_cast<size_t>(count_)}; }

 private:
  const train::Dataset& data_;
  std::array<float, 256> values_;  // of a pixel
  Tensor x_;
  std::vector<int64_t> labels_;
  int64_t count_ = 0;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_TRAIN_BATCHES_H_
