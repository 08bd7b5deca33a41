// Batch normalisation, by a depthwise 1x1 convolution d: its forward pass scales and shifts each
// channel, its gradients are the sums over a batch, so that their order and their threads are those
// of conv2d.h. With M = n h w values a channel, all sums over them:
//
//   mean = sum x / M;  xc = x - mean;  var = sum xc^2 / M;  r = 1 / sqrt(var + eps)
//   y = xc * (weight r) + bias
//   dbias = sum dy;  dweight = r sum dy xc;  a = weight r
//   dx = (dy * a - a dbias / M) + xc * (-a r dweight / M)
#include <cmath>
#include <span>
#include <vector>

#include "lib/base/error.h"
#include "lib/train/buffer.h"
#include "lib/train/folding.h"
#include "windrow/train.h"

namespace windrow {
inline namespace v0 {
namespace train {
namespace {

using internal::Require;
using Floats = std::vector<float>;

class BatchNormLayer final : public Layer, public internal::GivesScaling {
 public:
  explicit BatchNormLayer(const BatchNorm2dOptions& o)
      : options_(o),
        channels_(static_cast<size_t>(o.num_features)),
        weight_(Learnt("weight", o.num_features)),
        bias_(Learnt("bias", o.num_features)),
        running_mean_(Kept("running_mean", o.num_features)),
        running_var_(Kept("running_var", o.num_features)),
        scale_(channels_),
        shift_(channels_),
        sum_(channels_),
        root_(channels_),
        each_({.in_channels = o.num_features,
               .out_channels = o.num_features,
               .kernel_size = 1,
               .groups = o.num_features,
               .numerics = o.numerics},
              scale_, shift_) {
    for (size_t c = 0; c < channels_; ++c) At(weight_, c) = At(running_var_, c) = 1;
  }

  std::string Kind() const override { return "BatchNorm2d"; }
  Shape OutputShape(const Shape& input) const override { return each_.OutputShape(input); }
  std::vector<Parameter*> Parameters() override {
    return {&weight_, &bias_, &running_mean_, &running_var_};
  }

  internal::ChannelScaling Scaling() const override {
    internal::ChannelScaling s{Floats(channels_), Floats(channels_)};
    SetScaling(s.scale, s.shift);
    return s;
  }

  void Forward(const ForwardArgs& a) override {
    if (!a.training) {
      SetScaling(scale_, shift_);
      return ScaleAndShift(a.x, a.y);
    }
    const Shape& s = a.x.shape();
    const auto values = static_cast<double>(s.n() * s.h() * s.w());
    Require(values > 1,
            "BatchNorm2d in training needs more than one value of each channel, the input ", s,
            " has ", s.n() * s.h() * s.w());
    const TensorView centred = centred_.Take(s, a.x.layout());
    each_.BackwardWeights({.x = a.x, .dy = a.x, .dw = scale_, .db = sum_});
    for (size_t c = 0; c < channels_; ++c) {
      const double mean = sum_[c] / values;
      Keep(running_mean_, c, mean);
      scale_[c] = 1;
      shift_[c] = static_cast<float>(-mean);
    }
    ScaleAndShift(a.x, centred);
    each_.BackwardWeights({.x = centred, .dy = centred, .dw = sum_});
    for (size_t c = 0; c < channels_; ++c) {
      Keep(running_var_, c, sum_[c] / (values - 1));
      root_[c] = RootOf(static_cast<float>(sum_[c] / values));
      scale_[c] = At(weight_, c) * root_[c];
      shift_[c] = At(bias_, c);
    }
    ScaleAndShift(centred, a.y);
  }

  void Backward(const BackwardArgs& a) override {
    const Shape& s = a.dy.shape();
    const auto values = static_cast<float>(s.n() * s.h() * s.w());
    const TensorView centred = centred_.Take(s, a.dy.layout());
    const std::span<float> dweight(weight_.gradient.data(), channels_);
    const std::span<float> dbias(bias_.gradient.data(), channels_);
    each_.BackwardWeights({.x = centred, .dy = a.dy, .dw = dweight, .db = dbias});
    for (size_t c = 0; c < channels_; ++c) {
      dweight[c] *= root_[c];
      scale_[c] = At(weight_, c) * root_[c];
      shift_[c] = -scale_[c] * (dbias[c] / values);
      sum_[c] = -scale_[c] * root_[c] * (dweight[c] / values);
    }
    if (a.dx.empty()) return;
    ScaleAndShift(a.dy, a.dx);
    each_.SetWeights(sum_);
    each_.Run({.x = centred, .y = a.dx, .residual = a.dx});
  }

 private:
  static Parameter Kept(const char* name, int64_t channels) {
    return {
        .name = name, .value = Tensor(Shape(channels, 1, 1, 1)), .gradient = {}, .dimensions = 1};
  }
  static Parameter Learnt(const char* name, int64_t channels) {
    Parameter p = Kept(name, channels);
    p.gradient = p.value;
    return p;
  }
  static float& At(Parameter& p, size_t channel) { return p.value.data()[channel]; }
  static float At(const Parameter& p, size_t channel) { return p.value.data()[channel]; }

  // That of inference.
  void SetScaling(Floats& scale, Floats& shift) const {
    for (size_t c = 0; c < channels_; ++c) {
      scale[c] = At(weight_, c) * RootOf(At(running_var_, c));
      shift[c] = At(bias_, c) - At(running_mean_, c) * scale[c];
    }
  }

  float RootOf(float variance) const {
    return static_cast<float>(1 / std::sqrt(static_cast<double>(variance) + options_.eps));
  }
  void Keep(Parameter& running, size_t channel, double value) const {
    float& kept = At(running, channel);
    kept = static_cast<float>((1 - options_.momentum) * static_cast<double>(kept) +
                              options_.momentum * value);
  }
  void ScaleAndShift(const ConstTensorView& x, const TensorView& y) {
    each_.SetWeights(scale_, shift_);
    each_.Run({.x = x, .y = y});
  }

  BatchNorm2dOptions options_;
  size_t channels_;
  Parameter weight_, bias_, running_mean_, running_var_;
  Floats scale_, shift_, sum_;
  Floats root_;  // of the last batch
  v0::Conv2d each_;
  internal::Buffer centred_;
};

}  // namespace

LayerPtr BatchNorm2d(const BatchNorm2dOptions& o) {
  Require(o.num_features > 0, "BatchNorm2d has ", o.num_features,
          " channels; there must be at least 1");
  Require(o.eps > 0, "BatchNorm2d's eps is ", o.eps, "; it must be above 0");
  return std::make_unique<BatchNormLayer>(o);
}

}  // namespace train
}  // namespace v0
}  // namespace windrow
