// A network with its parameters, their names, and what runs it.
#include <algorithm>
#include <bit>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

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

// A layer, or one inside it, with its name and its last input and output.
struct Site {
  Layer* layer;
  std::string name;
  ConstTensorView x, y;
};

// All of them, as they run, each before what it is made of.
void AppendSites(const Site& site, std::vector<Site>& all) {
  all.push_back(site);
  for (const Layer::Part& p : site.layer->Parts()) {
    AppendSites({p.layer, Joined(site.name, p.name), p.input, p.output}, all);
  }
}
std::vector<Site> SitesOf(Layer& network, const ConstTensorView& x, const ConstTensorView& y) {
  std::vector<Site> all;
  AppendSites({&network, "", x, y}, all);
  return all;
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

// The largest magnitude of those that are finite; below 0 if none is.
float Largest(const ConstTensorView& v) {
  float max = -1;
  for (int64_t i = 0; !v.empty() && i < v.shape().elements(); ++i) {
    const float value = std::abs(v.data()[i]);
    if (std::isfinite(value)) max = std::max(max, value);
  }
  return max;
}

// ", fed by an input up to 3e+37 and weights up to 12"
std::string FedBy(const Site& site) {
  const float input = Largest(site.x);
  float weights = -1;
  for (const Parameter* p : site.layer->Parameters())
    weights = std::max(weights, Largest(p->value));
  return (input < 0 ? ", fed by no finite input" : StrCat(", fed by an input up to ", input)) +
         (weights < 0 ? "" : StrCat(" and weights up to ", weights));
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
  for (const Site& site : SitesOf(*impl_->network, {}, {})) {
    site.layer->Initialize(Random(options.seed, stream++));
    for (Parameter* p : site.layer->Parameters()) {
      p->name = Joined(site.name, p->name);
      Require(p->gradient.data() == nullptr || p->gradient.shape() == p->value.shape(),
              "the gradient of ", p->name, " has the shape ", p->gradient.shape(), ", its value ",
              p->value.shape());
      Require(names.insert(p->name).second, "the model has two parameters \"", p->name, '"');
      impl_->parameters.push_back(p);
    }
  }
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
  for (const Site& site : SitesOf(*m.network, {}, {})) {
    for (Parameter* p : site.layer->Parameters()) m.parameters.push_back(p);
  }
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
  std::string what = NotFinite(m.x);
  if (!what.empty()) return "the input is " + what;
  const std::vector<Site> sites = SitesOf(*m.network, m.x, m.y);
  for (const Site& site : sites) {
    what = site.layer->Parts().empty() ? NotFinite(site.y) : "";
    if (what.empty()) continue;
    return StrCat("the output of layer ", site.name, " (", site.layer->Kind(), ") is ", what,
                  FedBy(site));
  }
  for (auto site = sites.rbegin(); site != sites.rend(); ++site) {
    const std::vector<Parameter*> parameters = site->layer->Parameters();
    for (auto p = parameters.rbegin(); p != parameters.rend(); ++p) {
      what = NotFinite((*p)->gradient);
      if (what.empty()) continue;
      return StrCat("the gradient of ", (*p)->name, " is ", what, ", of layer ", site->name, " (",
                    site->layer->Kind(), ")", FedBy(*site));
    }
  }
  return "";
}

}  // namespace train
}  // namespace v0
}  // namespace windrow
