// A network with its parameters, their names, and what runs it.
#include <bit>
#include <cmath>
#include <set>
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
using internal::InLayout;
using internal::Require;
using internal::StrCat;

std::string Joined(const std::string& a, const std::string& b) {
  return a + (a.empty() || b.empty() ? "" : ".") + b;
}

// Calls f(layer, name, its last output) for the layer and all in it, as they run.
template <typename F>
void ForEachLayer(Layer& layer, const std::string& name, const ConstTensorView& y, const F& f) {
  f(layer, name, y);
  for (const Layer::Part& p : layer.Parts())
    ForEachLayer(*p.layer, Joined(name, p.name), p.output, f);
}

// "nan at element 7 of 1x6x28x28", or "" if all are finite.
std::string NotFinite(const ConstTensorView& v) {
  if (v.empty()) return "";
  for (int64_t i = 0; i < v.shape().elements(); ++i) {
    const float value = v.data()[i];
    if (std::isfinite(value)) continue;
    const Shape& s = v.shape();
    const bool planes = v.layout() == Layout::kNchw;
    const int64_t pixels = s.h() * s.w(), rest = i % (s.c() * pixels);
    const int64_t c = planes ? rest / pixels : rest % s.c();
    const int64_t pixel = planes ? rest % pixels : rest / s.c();
    return StrCat(value, " at n ", i / (s.c() * pixels), ", c ", c, ", h ", pixel / s.w(), ", w ",
                  pixel % s.w(), " of ", s);
  }
  return "";
}

}  // namespace

struct Model::Impl {
  LayerPtr network;
  Shape input;
  Layout layout = Layout::kNhwc;
  std::vector<Parameter*> parameters;
  ConstTensorView x, y;  // of the last Forward
  bool trained = false;  // whether that was in training
  Buffer x_buffer, y_buffer, dy_buffer, dx_buffer;

  // The view, or a copy of it where it is not dense in the model's layout.
  ConstTensorView Staged(const ConstTensorView& v, Buffer& buffer) const {
    const ConstTensorView same = InLayout(v, layout);
    if (!same.empty()) return same;
    const TensorView copy = buffer.Take(v.shape(), layout);
    Copy(v, copy);
    return copy;
  }
};

Model::Model(LayerPtr network, const Shape& input, const ModelOptions& options) {
  Require(network != nullptr, "the model has no network");
  const Shape one(1, input.c(), input.h(), input.w());
  try {
    network->OutputShape(one);
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(StrCat("a model for inputs of ", one, ": ", e.what()));
  }
  ToString(options.layout);  // refuses others
  impl_ = std::make_unique<Impl>();
  impl_->network = std::move(network);
  impl_->input = one;
  impl_->layout = options.layout;
  uint32_t stream = 0;
  std::set<std::string> names;
  ForEachLayer(*impl_->network, "", {}, [&](Layer& layer, const std::string& name, const auto&) {
    layer.Initialize(Random(options.seed, stream++));
    for (Parameter* p : layer.Parameters()) {
      p->name = Joined(name, p->name);
      Require(p->gradient.data() == nullptr || p->gradient.shape() == p->value.shape(),
              "the gradient of ", p->name, " has the shape ", p->gradient.shape(), ", its value ",
              p->value.shape());
      Require(names.insert(p->name).second, "the model has two parameters \"", p->name, '"');
      impl_->parameters.push_back(p);
    }
  });
}

Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

Model::Impl& Model::impl() const {
  Require(impl_ != nullptr, "this Model was moved from: there is no network to work with");
  return *impl_;
}

Shape Model::InputShape(int64_t batch) const {
  const Shape& s = impl().input;
  return Shape(batch, s.c(), s.h(), s.w());
}
Shape Model::OutputShape(int64_t batch) const {
  return impl().network->OutputShape(InputShape(batch));
}
Layout Model::layout() const { return impl().layout; }
Layer& Model::network() { return *impl().network; }

ConstTensorView Model::Forward(const ConstTensorView& x, const Pass& pass) {
  Impl& m = impl();
  Require(!x.empty(), "there is no input view x");
  internal::RequireShape("the input", x.shape(), InputShape(x.shape().n()));
  m.trained = false;  // not while it is half done
  m.x = m.Staged(x, m.x_buffer);
  const TensorView y = m.y_buffer.Take(OutputShape(x.shape().n()), m.layout);
  m.network->Forward({.x = m.x, .y = y, .training = pass.training, .step = pass.step});
  m.trained = pass.training;
  return m.y = y;
}

void Model::Backward(const ConstTensorView& dy, const TensorView& dx) {
  Impl& m = impl();
  Require(m.trained, "Backward without a Forward in training before it");
  Require(!dy.empty(), "there is no view dy");
  internal::RequireShape("dy", dy.shape(), m.y.shape());
  TensorView to;
  if (!dx.empty()) {
    internal::RequireShape("dx", dx.shape(), m.x.shape());
    to = InLayout(dx, m.layout);
    if (to.empty()) to = m.dx_buffer.Take(dx.shape(), m.layout);
  }
  m.network->Backward({.x = m.x, .y = m.y, .dy = m.Staged(dy, m.dy_buffer), .dx = to});
  if (!dx.empty() && to.data() != dx.data()) Copy(to, dx);
}

std::span<Parameter* const> Model::parameters() const { return impl().parameters; }

Parameter& Model::parameter(std::string_view name) const {
  std::string names;
  for (Parameter* p : parameters()) {
    if (p->name == name) return *p;
    names += (names.empty() ? "" : ", ") + p->name;
  }
  throw std::invalid_argument(
      StrCat("the model has no parameter \"", name, "\"; there are ", names));
}

void Model::FoldBatchNorms() {
  Impl& m = impl();
  auto* const folds = dynamic_cast<internal::Folds*>(m.network.get());
  if (folds == nullptr) return;
  folds->Fold();
  m.trained = false;
  m.parameters.clear();
  ForEachLayer(*m.network, "", {}, [&](Layer& layer, const std::string&, const auto&) {
    for (Parameter* p : layer.Parameters()) m.parameters.push_back(p);
  });
}

uint64_t Model::Hash() const {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const Parameter* p : parameters()) {
    for (int64_t i = 0; i < p->value.shape().elements(); ++i) {
      const auto bits = std::bit_cast<uint32_t>(p->value.data()[i]);
      for (int shift = 0; shift < 32; shift += 8) {
        hash = (hash ^ (bits >> shift & 0xFF)) * 0x100000001B3u;
      }
    }
  }
  return hash;
}

std::string Model::FirstNotFinite() const {
  Impl& m = impl();
  std::string found = NotFinite(m.x);
  if (!found.empty()) return "the input is " + found;
  ForEachLayer(*m.network, "", m.y, [&](Layer& layer, const std::string& name, const auto& y) {
    if (!found.empty() || !layer.Parts().empty()) return;
    const std::string what = NotFinite(y);
    if (!what.empty())
      found = StrCat("the output of layer ", name, " (", layer.Kind(), ") is ", what);
  });
  if (!found.empty()) return found;
  for (size_t i = m.parameters.size(); i-- > 0;) {
    const std::string what = NotFinite(m.parameters[i]->gradient);
    if (!what.empty()) return StrCat("the gradient of ", m.parameters[i]->name, " is ", what);
  }
  return "";
}

}  // namespace train
}  // namespace v0
}  // namespace windrow
