// Layers with weights: convolution, transposed convolution, linear.
#include <cmath>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#include "lib/base/error.h"
#include "lib/train/elementwise.h"
#include "lib/train/folding.h"
#include "windrow/train.h"

namespace windrow {
inline namespace v0 {
namespace train {
namespace {

using internal::Require;

std::span<float> Floats(Tensor& t) { return {t.data(), static_cast<size_t>(t.shape().elements())}; }

// torch.nn's weights and biases: kaiming_uniform with a = sqrt(5), which is uniform within
// 1 / sqrt(fan-in). Convolutions' fan-in is what one of weight's first dimension has.
struct Weights {
  Parameter weight, bias;
  bool has_bias;

  Weights(const Shape& shape, int dimensions, int64_t biases)
      : weight{.name = "weight",
               .value = Tensor(shape),
               .gradient = Tensor(shape),
               .dimensions = dimensions},
        bias{.name = "bias", .value = {}, .gradient = {}, .dimensions = 1},
        has_bias(biases > 0) {
    if (has_bias) bias.value = bias.gradient = Tensor(Shape(biases, 1, 1, 1));
  }

  std::vector<Parameter*> all() {
    return has_bias ? std::vector{&weight, &bias} : std::vector{&weight};
  }
  void Initialize(const Random& random) {
    const Shape& s = weight.value.shape();
    const auto fan_in = static_cast<double>(s.c() * s.h() * s.w());
    const auto bound = static_cast<float>(1 / std::sqrt(fan_in));
    random.At(0).Uniform(weight.value, -bound, bound);
    if (has_bias) random.At(1).Uniform(bias.value, -bound, bound);
  }
};

// What an operation with these options has; the operation itself says what is wrong with them.
template <class Op, class Options>
Shape WeightShape(const Options& o, int64_t first, int64_t second) {
  if (o.groups < 1 || o.in_channels < 1 || o.out_channels < 1 || o.in_channels % o.groups != 0 ||
      o.out_channels % o.groups != 0 || o.kernel_size.h < 1 || o.kernel_size.w < 1) {
    Op(o, {});
  }
  return Shape(first, second / o.groups, o.kernel_size.h, o.kernel_size.w);
}

// Of a convolution, whose first dimension are its outputs.
void TakeScaling(const internal::ChannelScaling& s, Weights& weights) {
  const Shape& shape = weights.weight.value.shape();
  const int64_t each = shape.c() * shape.h() * shape.w();
  if (!weights.has_bias) {
    weights.has_bias = true;
    weights.bias.value = weights.bias.gradient = Tensor(Shape(shape.n(), 1, 1, 1));
    const std::string& name = weights.weight.name;  // "conv1.weight"
    weights.bias.name = name.substr(0, name.size() - std::size("weight") + 1) + "bias";
  }
  for (int64_t oc = 0; oc < shape.n(); ++oc) {
    const float scale = s.scale[static_cast<size_t>(oc)];
    for (int64_t i = 0; i < each; ++i) weights.weight.value.data()[oc * each + i] *= scale;
    float& bias = weights.bias.value.data()[oc];
    bias = bias * scale + s.shift[static_cast<size_t>(oc)];
  }
}

// Conv2d or ConvTranspose2d. The operation has a copy of the weights, packed for its kernels: it is
// given them anew in every pass.
template <class Op>
class Convolution : public Layer {
 public:
  template <class Options>
  Convolution(const char* kind, const Options& options, const Shape& weight, bool bias)
      : weights_(weight, 4, bias ? options.out_channels : 0),
        kind_(kind),
        op_(options, Floats(weights_.weight.value), Floats(weights_.bias.value)) {
    const Epilogue& e = options.epilogue;
    Require(e.clamp_min == Epilogue().clamp_min && e.clamp_max == Epilogue().clamp_max &&
                e.activation == Activation::kIdentity && e.scale.empty(),
            kind, " in training has no epilogue: put an activation after it");
  }

  std::string Kind() const override { return kind_; }
  Shape OutputShape(const Shape& input) const override { return op_.OutputShape(input); }
  std::vector<Parameter*> Parameters() override { return weights_.all(); }
  void Initialize(const Random& random) override { weights_.Initialize(random); }
  void Forward(const ForwardArgs& a) override {
    op_.SetWeights(Floats(weights_.weight.value), Floats(weights_.bias.value));
    op_.Run({.x = a.x, .y = a.y});
  }
  void Backward(const BackwardArgs& a) override {
    op_.BackwardWeights({.x = a.x,
                         .dy = a.dy,
                         .dw = Floats(weights_.weight.gradient),
                         .db = Floats(weights_.bias.gradient)});
    if (!a.dx.empty()) op_.BackwardData({.dy = a.dy, .dx = a.dx});
  }

 protected:
  Weights weights_;

 private:
  const char* kind_;
  Op op_;
};

class FoldableConv2d final : public Convolution<v0::Conv2d>, public internal::TakesScaling {
 public:
  using Convolution::Convolution;
  void Take(const internal::ChannelScaling& s) override { TakeScaling(s, weights_); }
};

// A convolution of one row of as many pixels as there are images.
class LinearLayer final : public Layer {
 public:
  explicit LinearLayer(const LinearOptions& o)
      : weights_(Shape(o.out_features, o.in_features, 1, 1), 2, o.bias ? o.out_features : 0),
        op_({.in_channels = o.in_features,
             .out_channels = o.out_features,
             .kernel_size = 1,
             .numerics = o.numerics},
            Floats(weights_.weight.value), Floats(weights_.bias.value)) {}

  std::string Kind() const override { return "Linear"; }
  Shape OutputShape(const Shape& input) const override {
    const Shape& w = weights_.weight.value.shape();
    Require(input.c() == w.c() && input.h() == 1 && input.w() == 1, "the input ", input,
            " is not n x ", w.c(), "x1x1",
            input.h() * input.w() > 1 ? "; Flatten comes before" : "");
    return Shape(input.n(), w.n(), 1, 1);
  }
  std::vector<Parameter*> Parameters() override { return weights_.all(); }
  void Initialize(const Random& random) override { weights_.Initialize(random); }
  void Forward(const ForwardArgs& a) override {
    op_.SetWeights(Floats(weights_.weight.value), Floats(weights_.bias.value));
    op_.Run({.x = Row(a.x), .y = Row(a.y)});
  }
  void Backward(const BackwardArgs& a) override {
    op_.BackwardWeights({.x = Row(a.x),
                         .dy = Row(a.dy),
                         .dw = Floats(weights_.weight.gradient),
                         .db = Floats(weights_.bias.gradient)});
    if (!a.dx.empty()) op_.BackwardData({.dy = Row(a.dy), .dx = Row(a.dx)});
  }

 private:
  template <typename T>
  static View<T> Row(const View<T>& v) {
    return View<T>(internal::Dense(v), Shape(1, v.shape().c(), 1, v.shape().n()), Layout::kNhwc);
  }

  Weights weights_;
  v0::Conv2d op_;
};

}  // namespace

LayerPtr Conv2d(const Conv2dOptions& o, bool bias) {
  const Shape weight = WeightShape<v0::Conv2d>(o, o.out_channels, o.in_channels);
  return std::make_unique<FoldableConv2d>("Conv2d", o, weight, bias);
}

LayerPtr ConvTranspose2d(const ConvTranspose2dOptions& o, bool bias) {
  const Shape weight = WeightShape<v0::ConvTranspose2d>(o, o.in_channels, o.out_channels);
  return std::make_unique<Convolution<v0::ConvTranspose2d>>("ConvTranspose2d", o, weight, bias);
}

LayerPtr Linear(const LinearOptions& options) {
  Require(options.in_features > 0 && options.out_features > 0, "Linear has ", options.in_features,
          " features in and ", options.out_features, " out; there must be at least 1");
  return std::make_unique<LinearLayer>(options);
}

}  // namespace train
}  // namespace v0
}  // namespace windrow
