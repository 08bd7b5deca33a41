// The networks that the program trains and tests check, for MNIST's pictures of 28 x 28.
#ifndef WINDROW_PROBLEMS_NETWORKS_H_
#define WINDROW_PROBLEMS_NETWORKS_H_

#include <cstdint>
#include <utility>

#include "windrow/train.h"

namespace windrow::problems {

// LeNet-5 as it is taught today: maxima, ReLU.
inline train::LayerPtr LeNet5(Numerics numerics = Numerics::kNative) {
  namespace nn = train;
  const auto conv = [=](int64_t in, int64_t out, int64_t padding) {
    return nn::Conv2d({.in_channels = in,
                       .out_channels = out,
                       .kernel_size = 5,
                       .padding = padding,
                       .numerics = numerics});
  };
  const auto linear = [=](int64_t in, int64_t out) {
    return nn::Linear({.in_features = in, .out_features = out, .numerics = numerics});
  };
  return nn::Sequential(conv(1, 6, 2), nn::ReLU(), nn::MaxPool2d({.kernel_size = 2}),
                        conv(6, 16, 0), nn::ReLU(), nn::MaxPool2d({.kernel_size = 2}),
                        nn::Flatten(), linear(400, 120), nn::ReLU(), linear(120, 84), nn::ReLU(),
                        linear(84, 10));
}

// A small ResNet: three stages of 16, 32 and 64 channels, a residual block each, batch norms; its
// parameters have torchvision's names.
inline train::LayerPtr ResNet(Numerics numerics = Numerics::kNative) {
  namespace nn = train;
  const auto conv = [=](int64_t in, int64_t out, int64_t kernel, int64_t stride) {
    return nn::Conv2d({.in_channels = in,
                       .out_channels = out,
                       .kernel_size = kernel,
                       .stride = stride,
                       .padding = kernel / 2,
                       .numerics = numerics},
                      /*bias=*/false);
  };
  const auto norm = [=](int64_t channels) {
    return nn::BatchNorm2d({.num_features = channels, .numerics = numerics});
  };
  const auto stage = [&](int64_t in, int64_t out, int64_t stride) {
    auto body =
        nn::Sequential(nn::Named("conv1", conv(in, out, 3, stride)), nn::Named("bn1", norm(out)),
                       nn::Named("relu", nn::ReLU()), nn::Named("conv2", conv(out, out, 3, 1)),
                       nn::Named("bn2", norm(out)));
    auto shortcut = in == out ? nullptr : nn::Sequential(conv(in, out, 1, stride), norm(out));
    return nn::Sequential(nn::Residual(std::move(body), std::move(shortcut)),
                          nn::Named("relu", nn::ReLU()));
  };
  return nn::Sequential(
      nn::Named("conv1", conv(1, 16, 3, 1)), nn::Named("bn1", norm(16)),
      nn::Named("relu", nn::ReLU()), nn::Named("layer1", stage(16, 16, 1)),
      nn::Named("layer2", stage(16, 32, 2)), nn::Named("layer3", stage(32, 64, 2)),
      nn::Named("avgpool", nn::AdaptiveAvgPool2d({.output_size = 1})),
      nn::Named("flatten", nn::Flatten()),
      nn::Named("fc", nn::Linear({.in_features = 64, .out_features = 10, .numerics = numerics})));
}

}  // namespace windrow::problems

#endif  // WINDROW_PROBLEMS_NETWORKS_H_
