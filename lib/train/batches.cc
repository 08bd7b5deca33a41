#include "lib/train/batches.h"

#include <algorithm>
#include <cmath>

#include "lib/base/error.h"
#include "lib/base/parallel.h"

namespace windrow::internal {

Batches::Batches(const train::Model& model, const train::Dataset& data, int64_t batch_size)
    : data_(data) {
  const int64_t size = data.size(), classes = model.OutputShape(1).c();
  Require(size > 0, "the set of pictures is empty");
  Require(data.image == model.InputShape(1), "the set's pictures are ", data.image,
          ", the model's ", model.InputShape(1));
  Require(model.OutputShape(1) == Shape(1, classes, 1, 1), "the model gives ", model.OutputShape(1),
          " of a picture, not a number for each class");
  Require(std::ssize(data.pixels) == size * data.image.elements(), "the set has ",
          data.pixels.size(), " pixels and ", size, " labels of pictures of ", data.image);
  Require(batch_size > 0 && batch_size <= size, "a batch of ", batch_size, " from a set of ", size);
  const auto largest = std::max_element(data.labels.begin(), data.labels.end());
  Require(*largest < classes, "label ", largest - data.labels.begin(), " of the set is ",
          int{*largest}, ", the model has ", classes, " classes");
  Require(data.std > 0 && std::isfinite(data.std) && std::isfinite(data.mean), "the set's mean is ",
          data.mean, ", its std ", data.std);
  for (size_t v = 0; v < values_.size(); ++v) {
    values_[v] = static_cast<float>((static_cast<double>(v) / 255 - data.mean) / data.std);
    Require(std::isfinite(values_[v]), "with the set's mean ", data.mean, " and std ", data.std,
            " pixels of ", v, " are ", values_[v]);
  }
  x_ = Tensor(model.InputShape(batch_size), model.layout());
  labels_.resize(static_cast<size_t>(batch_size));
}

void Batches::Take(std::span<const int64_t> which) {
  count_ = std::ssize(which);
  const Shape& s = data_.image;
  const int64_t pixels = s.h() * s.w(), image = s.c() * pixels;
  const bool planes = x_.layout() == Layout::kNchw || s.c() == 1;
  const int threads = count_ * image >= kMinParallelWork ? MaxThreads() : 1;
  const float* const values = values_.data();
  RunTasks(threads, count_, [&](int64_t i, int64_t) {
    const int64_t picture = which[static_cast<size_t>(i)];
    labels_[static_cast<size_t>(i)] = data_.labels[static_cast<size_t>(picture)];
    const uint8_t* from = data_.pixels.data() + picture * image;
    float* const to = x_.data() + i * image;
    if (planes) {
      for (int64_t p = 0; p < image; ++p) to[p] = values[from[p]];
      return;
    }
    for (int64_t c = 0; c < s.c(); ++c) {
      for (int64_t p = 0; p < pixels; ++p) to[c + p * s.c()] = values[*from++];
    }
  });
}

}  // namespace windrow::internal
