// Short ways to make and read tensors in tests of training.
#ifndef WINDROW_TESTS_TRAIN_TENSORS_H_
#define WINDROW_TESTS_TRAIN_TENSORS_H_

#include <cstdint>
#include <cstring>

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

// LeNet-5 as it is taught today, for 28 x 28 pixels.
inline train::LayerPtr LeNet(Numerics numerics = Numerics::kNative) {
  const auto conv = [=](int64_t in, int64_t out, int64_t padding) {
    return train::Conv2d({.in_channels = in,
                          .out_channels = out,
                          .kernel_size = 5,
                          .padding = padding,
                          .numerics = numerics});
  };
  const auto linear = [=](int64_t in, int64_t out) {
    return train::Linear({.in_features = in, .out_features = out, .numerics = numerics});
  };
  return train::Sequential(conv(1, 6, 2), train::ReLU(), train::MaxPool2d({.kernel_size = 2}),
                           conv(6, 16, 0), train::ReLU(), train::MaxPool2d({.kernel_size = 2}),
                           train::Flatten(), linear(400, 120), train::ReLU(), linear(120, 84),
                           train::ReLU(), linear(84, 10));
}

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
