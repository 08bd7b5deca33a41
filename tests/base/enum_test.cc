// Values outside the enums are refused wherever one is given.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "tests/support/expect_throw.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

constexpr int kOutside[] = {4, 77, 255};  // of each enum
const Shape kShape(1, 2, 3, 4);

TEST(Enum, Layout) {
  const Conv2d conv({.in_channels = 2, .out_channels = 1, .kernel_size = 1}, std::vector<float>(2));
  const MaxPool2d pool({.kernel_size = 2});
  std::vector<float> floats(24);
  std::vector<int64_t> indices(24);
  for (const int value : kOutside) {
    const auto bad = static_cast<Layout>(value);
    const Strides st = DenseStrides(kShape, Layout::kNchw);
    const std::function<void()> calls[] = {
        [&] { ToString(bad); },
        [&] { DenseStrides(kShape, bad); },
        [&] { Tensor(kShape, bad); },
        [&] { Tensor(Shape(), bad); },
        [&] { Tensor(kShape, floats, bad); },
        [&] { TensorView(floats.data(), kShape, bad); },
        [&] { TensorView(floats.data(), kShape, bad, st); },
        [&] { TensorView(nullptr, Shape(), bad); },
        [&] { TensorView(nullptr, Shape(), bad, st); },
        [&] { ConstTensorView(floats.data(), kShape, bad); },
        [&] { ConstTensorView(floats.data(), kShape, bad, st); },
        [&] { IndexView(indices.data(), kShape, bad); },
        [&] { IndexView(indices.data(), kShape, bad, st); },
        [&] { ConstIndexView(indices.data(), kShape, bad); },
        [&] { IndexTensor(kShape, bad); },
        [&] { (void)conv.Explain(kShape, bad); },
        [&] { (void)conv.WorkspaceBytes(kShape, bad, 1); },
        [&] { (void)pool.Explain(kShape, bad); },
        [&] { (void)pool.WorkspaceBytes(kShape, bad, 1); },
    };
    for (const auto& call : calls) {
      EXPECT_TRUE(Throws(call, {"the layout is " + std::to_string(value), "(0 to 1)"}))
          << &call - calls;
    }
  }
  EXPECT_THROW(ToString(static_cast<Layout>(2)), std::invalid_argument) << "the first outside";
}

TEST(Enum, OfOptions) {
  for (const int value : kOutside) {
    const std::string number = std::to_string(value);
    Conv2dOptions o{.in_channels = 1, .out_channels = 1, .kernel_size = 1};
    const std::vector<float> weight(1);
    o.padding_mode = static_cast<PaddingMode>(value);
    EXPECT_TRUE(Throws([&] { Conv2d(o, weight); }, {"padding_mode is " + number, "(0 to 3)"}));
    o.padding_mode = PaddingMode::kCircular;
    EXPECT_NO_THROW(Conv2d(o, weight));
    o.numerics = static_cast<Numerics>(value);
    EXPECT_TRUE(Throws([&] { Conv2d(o, weight); }, {"numerics is " + number, "(0 to 1)"}));
    const Tensor x(kShape);
    EXPECT_TRUE(Throws([&] { Pool2d(x, 1, static_cast<PoolMode>(value)); },
                       {"the mode is " + number, "(0 to 1)"}));
  }
}

}  // namespace
}  // namespace windrow::test
