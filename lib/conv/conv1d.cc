#include "windrow/conv1d.h"

namespace windrow {
inline namespace v0 {
namespace {

Padding OfWidth(const Padding& p) {
  return p.is_same() ? p : Padding::Sides(0, 0, p.left(), p.right());
}

Conv2dOptions OneRow(const Conv1dOptions& o) {
  return {.in_channels = o.in_channels,
          .out_channels = o.out_channels,
          .kernel_size = Size2(1, o.kernel_size),
          .stride = Size2(1, o.stride),
          .padding = OfWidth(o.padding),
          .dilation = Size2(1, o.dilation),
          .groups = o.groups,
          .padding_mode = o.padding_mode,
          .epilogue = o.epilogue,
          .numerics = o.numerics,
          .algorithm = o.algorithm,
          .target = o.target,
          .backward = o.backward,
          .tuning = o.tuning};
}

ConvTranspose2dOptions OneRow(const ConvTranspose1dOptions& o) {
  return {.in_channels = o.in_channels,
          .out_channels = o.out_channels,
          .kernel_size = Size2(1, o.kernel_size),
          .stride = Size2(1, o.stride),
          .padding = OfWidth(o.padding),
          .output_padding = Size2(0, o.output_padding),
          .dilation = Size2(1, o.dilation),
          .groups = o.groups,
          .epilogue = o.epilogue,
          .numerics = o.numerics,
          .algorithm = o.algorithm,
          .target = o.target,
          .backward_weights = o.backward_weights,
          .tuning = o.tuning};
}

}  // namespace

Conv1d::Conv1d(const Conv1dOptions& options, std::span<const float> weights,
               std::span<const float> bias)
    : Conv2d(OneRow(options), weights, bias) {}

ConvTranspose1d::ConvTranspose1d(const ConvTranspose1dOptions& options,
                                 std::span<const float> weights, std::span<const float> bias)
    : ConvTranspose2d(OneRow(options), weights, bias) {}

}  // namespace v0
}  // namespace windrow
