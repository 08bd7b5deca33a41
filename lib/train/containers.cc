// Layers made of layers.
#include <array>
#include <string>
#include <utility>

#include "lib/base/error.h"
#include "lib/train/buffer.h"
#include "lib/train/elementwise.h"
#include "lib/train/folding.h"
#include "windrow/train.h"

namespace windrow {
inline namespace v0 {
namespace train {
namespace {

using internal::Buffer;
using internal::Require;

bool HasParameters(Layer& layer) {
  if (!layer.Parameters().empty()) return true;
  for (const Layer::Part& part : layer.Parts()) {
    if (HasParameters(*part.layer)) return true;
  }
  return false;
}

// The layer's output shape, or an error that names the layer.
Shape NamedShape(const std::string& name, const Layer& layer, const Shape& input) {
  try {
    return layer.OutputShape(input);
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(
        internal::StrCat("layer ", name, " (", layer.Kind(), "): ", e.what()));
  }
}

void FoldIn(Layer* layer) {
  if (auto* const folds = dynamic_cast<internal::Folds*>(layer)) folds->Fold();
}

class SequentialLayer final : public Layer, public internal::Folds {
 public:
  explicit SequentialLayer(std::vector<Named> layers) : layers_(std::move(layers)) {
    Require(!layers_.empty(), "Sequential has no layers");
    for (size_t i = 0; i < layers_.size(); ++i) {
      Require(layers_[i].layer != nullptr, "layer ", i, " of Sequential is null");
      if (layers_[i].name.empty()) layers_[i].name = internal::StrCat(i);
    }
    Prepare();
  }

  std::string Kind() const override { return "Sequential"; }
  Shape OutputShape(const Shape& input) const override {
    Shape s = input;
    for (const Named& l : layers_) s = NamedShape(l.name, *l.layer, s);
    return s;
  }
  std::vector<Part> Parts() const override {
    std::vector<Part> parts;
    for (size_t i = 0; i < layers_.size(); ++i) {
      parts.push_back(
          {layers_[i].name, layers_[i].layer.get(), i == 0 ? x_ : outputs_[i - 1], outputs_[i]});
    }
    return parts;
  }
  void Fold() override {
    for (size_t i = 0; i < layers_.size(); ++i) {
      FoldIn(layers_[i].layer.get());
      if (i == 0) continue;
      const auto* const norm = dynamic_cast<internal::GivesScaling*>(layers_[i].layer.get());
      auto* const before = dynamic_cast<internal::TakesScaling*>(layers_[i - 1].layer.get());
      if (norm == nullptr || before == nullptr) continue;
      before->Take(norm->Scaling());
      layers_.erase(layers_.begin() + static_cast<ptrdiff_t>(i--));
    }
    Prepare();
  }

  void Forward(const ForwardArgs& a) override {
    ConstTensorView x = x_ = a.x;
    for (size_t i = 0; i < layers_.size(); ++i) {
      Layer& layer = *layers_[i].layer;
      const TensorView y = i + 1 == layers_.size()
                               ? a.y
                               : buffers_[i].Take(layer.OutputShape(x.shape()), x.layout());
      layer.Forward({.x = x, .y = y, .training = a.training, .step = a.step});
      outputs_[i] = x = y;
    }
  }

  // Gradients by what is between the layers take turns in two buffers. None is computed for the
  // layers before the first that learns.
  void Backward(const BackwardArgs& a) override {
    ConstTensorView dy = a.dy;
    for (size_t i = layers_.size(); i-- > 0;) {
      if (a.dx.empty() && i < first_learnt_) return;
      const ConstTensorView x = i == 0 ? a.x : outputs_[i - 1];
      TensorView dx = a.dx;
      if (i > 0 && (!a.dx.empty() || i > first_learnt_)) {
        dx = gradients_[i % 2].Take(x.shape(), x.layout());
      }
      layers_[i].layer->Backward({.x = x, .y = outputs_[i], .dy = dy, .dx = dx});
      dy = dx;
    }
  }

 private:
  void Prepare() {
    buffers_ = std::vector<Buffer>(layers_.size());
    outputs_.assign(layers_.size(), {});
    x_ = {};
    first_learnt_ = 0;
    while (first_learnt_ < layers_.size() && !HasParameters(*layers_[first_learnt_].layer)) {
      ++first_learnt_;
    }
  }

  std::vector<Named> layers_;
  size_t first_learnt_ = 0;
  std::vector<Buffer> buffers_;  // the last is not used
  ConstTensorView x_;
  std::vector<ConstTensorView> outputs_;
  std::array<Buffer, 2> gradients_;
};

// y = body(x) + shortcut(x).
class ResidualLayer final : public Layer, public internal::Folds {
 public:
  ResidualLayer(LayerPtr body, LayerPtr shortcut)
      : body_(std::move(body)),
        shortcut_(std::move(shortcut)),
        add_(internal::ActiveTrainKernels().add) {
    Require(body_ != nullptr, "Residual has no body");
  }

  std::string Kind() const override { return "Residual"; }
  Shape OutputShape(const Shape& input) const override {
    const Shape s = body_->OutputShape(input);
    const Shape other = shortcut_ ? NamedShape("downsample", *shortcut_, input) : input;
    Require(s == other, "the body gives ", s, ", the shortcut ", other);
    return s;
  }
  std::vector<Part> Parts() const override {
    std::vector<Part> parts{{"", body_.get(), x_, body_y_}};
    if (shortcut_ != nullptr) parts.push_back({"downsample", shortcut_.get(), x_, shortcut_y_});
    return parts;
  }
  void Fold() override {
    FoldIn(body_.get());
    FoldIn(shortcut_.get());
  }

  void Forward(const ForwardArgs& a) override {
    x_ = a.x;
    body_y_ = RunOne(*body_, body_buffer_, a);
    shortcut_y_ = shortcut_ ? RunOne(*shortcut_, shortcut_buffer_, a) : a.x;
    Add(body_y_, shortcut_y_, a.y);
  }

  void Backward(const BackwardArgs& a) override {
    TensorView by_shortcut;
    if (!a.dx.empty() && shortcut_) by_shortcut = dx_.Take(a.dx.shape(), a.dx.layout());
    body_->Backward({.x = a.x, .y = body_y_, .dy = a.dy, .dx = a.dx});
    if (shortcut_) shortcut_->Backward({.x = a.x, .y = shortcut_y_, .dy = a.dy, .dx = by_shortcut});
    if (!a.dx.empty()) Add(a.dx, shortcut_ ? ConstTensorView(by_shortcut) : a.dy, a.dx);
  }

 private:
  static TensorView RunOne(Layer& layer, Buffer& buffer, const ForwardArgs& a) {
    const TensorView y = buffer.Take(layer.OutputShape(a.x.shape()), a.x.layout());
    layer.Forward({.x = a.x, .y = y, .training = a.training, .step = a.step});
    return y;
  }
  void Add(const ConstTensorView& a, const ConstTensorView& b, const TensorView& y) const {
    internal::RunMap(add_, {internal::Dense(a), internal::Dense(b), internal::Dense(y),
                            y.shape().elements(), 0});
  }

  LayerPtr body_, shortcut_;
  internal::MapFn add_;
  Buffer body_buffer_, shortcut_buffer_, dx_;
  ConstTensorView x_, body_y_, shortcut_y_;
};

}  // namespace

LayerPtr SequentialOf(std::vector<Named> layers) {
  return std::make_unique<SequentialLayer>(std::move(layers));
}

LayerPtr Residual(LayerPtr body, LayerPtr shortcut) {
  return std::make_unique<ResidualLayer>(std::move(body), std::move(shortcut));
}

}  // namespace train
}  // namespace v0
}  // namespace windrow
