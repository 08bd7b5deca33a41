// The public class: checks, then the plan of the last call like it or a new one.
#include "windrow/fused.h"

#include <memory>
#include <stdexcept>
#include <utility>
#include <variant>

#include "lib/base/error.h"
#include "lib/base/planner.h"
#include "lib/conv/run_args.h"
#include "lib/fused/problem.h"
#include "lib/fused/registry.h"

namespace windrow {
inline namespace v0 {

using internal::CheckOverlap;
using internal::CheckShapes;
using internal::ConvLayer;
using internal::FusedBuffers;
using internal::FusedPair;
using internal::FusedShape;
using internal::PoolLayer;
using internal::Require;
using internal::ResidualPlace;

namespace {

// All that the checks of shapes and the plan may depend on besides the object and the threads.
struct FusedKey {
  Shape x;
  Strides xs;
  Shape y;
  Strides ys;
  Shape residual;
  Strides rs;
  int64_t place;  // of the residual
  int64_t finite_weights;
};

int64_t FiniteWeights(const FusedPair& pair) {
  const auto* const second = std::get_if<ConvLayer>(&pair.second);
  const bool finite = second == nullptr || second->weights->finite();
  return (pair.first.weights->finite() ? 1 : 0) + (finite ? 2 : 0);
}

FusedKey KeyOf(const RunArgs& a, const FusedPair& pair) {
  return {.x = a.x.shape(),
          .xs = a.x.strides(),
          .y = a.y.shape(),
          .ys = a.y.strides(),
          .residual = a.residual.shape(),
          .rs = a.residual.strides(),
          .place = static_cast<int64_t>(internal::PlaceOf(a)),
          .finite_weights = FiniteWeights(pair)};
}

// What is wrong with the middle as an input is said of the second.
template <typename F>
auto OfSecond(const F& f) {
  try {
    return f();
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(internal::StrCat("the second of the pair: ", e.what()));
  }
}

}  // namespace

struct Fused::Impl {
  using Planner = internal::Planner<FusedKey, FusedShape, FusedBuffers>;

  template <class Second>
  Impl(const Conv2d& a, const Second& b, const FusedPair& layers, const FusedOptions& o)
      : first(a),
        second(b),
        options(o),
        pair(layers),
        planner(internal::FusedRegistry(), {.algorithm = o.algorithm}) {
    const auto* const conv = std::get_if<ConvLayer>(&pair.second);
    if (conv == nullptr) return;
    Require(conv->op->in_channels == pair.first.op->out_channels, "the first convolution gives ",
            pair.first.op->out_channels, " channels, the second expects ", conv->op->in_channels);
  }

  FusedShape ShapeOf(const Shape& input) const {
    FusedShape shape{};
    shape.pair = &pair;
    shape.first = ResolveGeometry(*pair.first.op, input);
    const Shape middle = shape.middle();
    OfSecond([&] {
      if (const auto* conv = std::get_if<ConvLayer>(&pair.second)) {
        shape.second = ResolveGeometry(*conv->op, middle);
      } else {
        shape.second = ResolveGeometry(*std::get<PoolLayer>(pair.second).op, middle);
      }
    });
    shape.residual = ResidualPlace::kNone;
    shape.threads = 1;
    return shape;
  }

  FusedShape DenseShape(const Shape& input, Layout layout) const {
    FusedShape shape = ShapeOf(input);
    shape.xs = DenseStrides(input, layout);
    shape.ys = DenseStrides(shape.output(), layout);
    return shape;
  }

  // Checks the views.
  FusedShape CheckedShape(const RunArgs& args) const {
    Require(!args.x.empty(), "there is no input view x");
    FusedShape shape = ShapeOf(args.x.shape());
    Require(args.residual.empty() || std::holds_alternative<ConvLayer>(pair.second),
            "there is a residual, but the second of the pair is a pooling, which adds none");
    CheckShapes(args, shape.output(), "the pair gives");
    CheckOverlap(args);
    shape.xs = args.x.strides();
    shape.ys = args.y.strides();
    shape.residual = internal::PlaceOf(args);
    if (!args.residual.empty()) shape.rs = args.residual.strides();
    return shape;
  }

  void Run(const RunArgs& args) {
    const FusedKey key = KeyOf(args, pair);
    Planner::Planned planned;
    if (planner.Find(key, planned)) {
      CheckOverlap(args);
    } else {
      const FusedShape shape = CheckedShape(args);
      if (shape.n() == 0) return;
      planned = planner.Make(key, shape);
    }
    planner.Run(planned,
                {.x = args.x.data(),
                 .y = args.y.data(),
                 .residual = args.residual.data(),
                 .scratch = nullptr},
                args.workspace);
  }

  Explanation Explain(const FusedShape& shape) const {
    Explanation e = planner.Explain({}, shape);
    const std::string& other =
        std::visit([](const auto& layer) -> const std::string& { return layer.target(); }, second);
    e.target = first.target() + (other == first.target() ? "" : " and " + other);
    e.numerics = pair.first.op->fused ? "fused" : "unfused";
    e.output = shape.output();
    e.multiply_adds = shape.multiply_adds();
    return e;
  }

  const Conv2d first;
  const std::variant<Conv2d, MaxPool2d, AvgPool2d> second;
  const FusedOptions options;
  const FusedPair pair;
  Planner planner;
};

template <class Second>
std::shared_ptr<Fused::Impl> Fused::Make(const Conv2d& first, const Second& second,
                                         const FusedOptions& options) {
  return std::make_shared<Impl>(
      first, second, FusedPair{.first = first.layer(), .second = second.layer()}, options);
}

Fused::Fused(const Conv2d& first, const Conv2d& second, const FusedOptions& options)
    : impl_(Make(first, second, options)) {}
Fused::Fused(const Conv2d& first, const MaxPool2d& second, const FusedOptions& options)
    : impl_(Make(first, second, options)) {}
Fused::Fused(const Conv2d& first, const AvgPool2d& second, const FusedOptions& options)
    : impl_(Make(first, second, options)) {}

Fused::Impl& Fused::impl() const {
  Require(impl_ != nullptr, "this Fused was moved from: there are no layers to work with");
  return *impl_;
}

const FusedOptions& Fused::options() const { return impl().options; }
Shape Fused::OutputShape(const Shape& input) const { return impl().ShapeOf(input).output(); }

void Fused::Run(const RunArgs& args) const { impl().Run(args); }

void Fused::Run(const ConstTensorView& x, const TensorView& y) const { Run({.x = x, .y = y}); }

Tensor Fused::Run(const Tensor& x) const { return Run(x.view()); }

Tensor Fused::Run(const ConstTensorView& x) const {
  Tensor y(OutputShape(x.shape()), x.layout());
  Run({.x = x, .y = y});
  return y;
}

size_t Fused::WorkspaceBytes(const Shape& input, Layout layout, int threads) const {
  return impl().planner.WorkspaceBytes(impl().DenseShape(input, layout), threads);
}

size_t Fused::WorkspaceBytes(const RunArgs& args, int threads) const {
  return impl().planner.WorkspaceBytes(impl().CheckedShape(args), threads);
}

Explanation Fused::Explain(const Shape& input, Layout layout) const {
  return impl().Explain(impl().DenseShape(input, layout));
}

Explanation Fused::Explain(const RunArgs& args) const {
  return impl().Explain(impl().CheckedShape(args));
}

}  // namespace v0
}  // namespace windrow
