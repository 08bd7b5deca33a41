// Short ways to make and read tensors in tests of training.
#ifndef WINDROW_TESTS_TRAIN_TENSORS_H_
#define WINDROW_TESTS_TRAIN_TENSORS_H_

#include <cstdint>
#include <cstring>

#include "problems/networks.h"
#include "tests/support/numbers.h"
#include "windrow/train.h"

namespace windrow::test {

inline Tensor RandomTensor(const Shape& shape, uint32_t stream, float low = -1.5f,
                           float high = 1.5f) {
  Tensor t(shape);
  train::Random(11, stream).Uniform(t, low, high);
  return t;
}

inline Tensor InNchw(const ConstTensorView& v) {
  Tensor nchw(v.shape());
  Copy(v, nchw);
  return nchw;
}

inline Numbers FloatsOf(const ConstTensorView& v) { return ValuesOf(InNchw(v)); }

// In logical order.
inline bool HaveSameBits(const ConstTensorView& a, const ConstTensorView& b) {
  const Tensor x = InNchw(a), y = InNchw(b);
  return x.shape() == y.shape() &&
         std::memcmp(x.data(), y.data(),
                     static_cast<size_t>(x.shape().elements()) * sizeof(float)) == 0;
}

using problems::LeNet5;
using problems::ResNet;

// Pictures that a small network learns: a bright bar where the label says, in noise.
inline train::Dataset Bars(int64_t count, int64_t side = 28) {
  train::Dataset data{.image = Shape(1, 1, side, side)};
  const train::Random random(99, 0);
  for (int64_t i = 0; i < count; ++i) {
    const auto label = static_cast<uint8_t>(random.Bits(i) % 10);
    data.labels.push_back(label);
    for (int64_t p = 0; p < side * side; ++p) {
      const uint32_t noise = random.At(i + 1).Bits(p) % 100;
      const bool bar = p / side == label * (side - 1) / 9 || p % side == label * (side - 1) / 9;
      data.pixels.push_back(static_cast<uint8_t>(noise + (bar ? 150 : 0)));
    }
  }
  return data;
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_TRAIN_TENSORS_H_
