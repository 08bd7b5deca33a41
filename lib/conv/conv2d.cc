// The public class: checks, then the plan of the last call like it or a new one.
#include "windrow/conv2d.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/planner.h"
#include "lib/conv/gradients.h"
#include "lib/conv/layer.h"
#include "lib/conv/problem.h"
#include "lib/conv/registry.h"
#include "lib/conv/run_args.h"
#include "lib/conv/weights.h"
#include "lib/simd/target.h"

namespace windrow {
inline namespace v0 {

using internal::CheckOverlap;
using internal::CheckShapes;
using internal::ConvBuffers;
using internal::ConvOp;
using internal::ConvShape;
using internal::PlaceOf;
using internal::Require;
using internal::ResidualPlace;

namespace {

ConvOp BindOp(const Conv2dOptions& options, const internal::Target& target) {
  ConvOp op = internal::CheckOptions(options);
  internal::BindTarget(op, target, options.numerics);
  return op;
}

internal::WeightsView CheckedWeights(const ConvOp& op, std::span<const float> weights,
                                     std::span<const float> bias) {
  const int64_t expected = internal::CheckedProduct({op.out_channels, op.group_in(), op.kernel.h,
                                                     op.kernel.w, int64_t{sizeof(float)}},
                                                    "the weights' bytes do not fit 63 bits") /
                           int64_t{sizeof(float)};
  Require(static_cast<int64_t>(weights.size()) == expected, "there are ", weights.size(),
          " weights, the convolution expects ", expected, " (", op.out_channels, "x", op.group_in(),
          "x", op.kernel.h, "x", op.kernel.w, ")");
  Require(bias.empty() || static_cast<int64_t>(bias.size()) == op.out_channels, "there are ",
          bias.size(), " biases, the convolution has ", op.out_channels, " output channels");
  return internal::WeightsView::Dense(op, weights.data());
}

// All that the checks of shapes and the plan may depend on besides the object and the threads.
struct CallKey {
  Shape x;
  Strides xs;
  Shape y;
  Strides ys;
  Shape residual;
  Strides rs;
  int64_t place;  // of the residual
  int64_t finite_weights;
};

CallKey KeyOf(const RunArgs& a, bool finite_weights) {
  return {.x = a.x.shape(),
          .xs = a.x.strides(),
          .y = a.y.shape(),
          .ys = a.y.strides(),
          .residual = a.residual.shape(),
          .rs = a.residual.strides(),
          .place = static_cast<int64_t>(PlaceOf(a)),
          .finite_weights = finite_weights};
}

CallKey KeyOf(const ConvShape& s) {
  const Shape output(s.n, s.op->out_channels, s.h.out, s.w.out);
  return {.x = Shape(s.n, s.op->in_channels, s.h.in, s.w.in),
          .xs = s.xs,
          .y = output,
          .ys = s.ys,
          .residual = s.has_residual() ? output : Shape(),
          .rs = s.rs,
          .place = static_cast<int64_t>(s.residual),
          .finite_weights = s.weights->finite()};
}

}  // namespace

struct Conv2d::Impl {
  using Planner = internal::Planner<CallKey, ConvShape, ConvBuffers>;

  Impl(const Conv2dOptions& o, const internal::Target& target, std::span<const float> w,
       std::span<const float> bias)
      : options(o),
        planner(internal::ConvRegistry(), {o.algorithm, o.tuning, target.name}),
        op(BindOp(o, target)),
        weights(op, CheckedWeights(op, w, bias), bias),
        gradients(op, weights, o.backward, {.tuning = o.tuning, .target = target.name}) {
    options.target = target.name;
  }

  ConvShape ShapeOf(const Shape& input, const Strides& xs, const Strides& ys) const {
    const internal::Geometry g = internal::ResolveGeometry(op, input);
    return {.op = &op,
            .weights = &weights,
            .n = g.n,
            .h = g.h,
            .w = g.w,
            .xs = xs,
            .x_group = static_cast<ptrdiff_t>(op.group_in() * xs.c),
            .ys = ys,
            .rs = {},
            .residual = ResidualPlace::kNone,
            .threads = 1};
  }

  ConvShape DenseShape(const Shape& input, Layout layout) const {
    return ShapeOf(input, DenseStrides(input, layout), DenseStrides(OutputShape(input), layout));
  }

  // Checks the views.
  ConvShape CheckedShape(const RunArgs& args) const {
    Require(!args.x.empty(), "there is no input view x");
    ConvShape shape = ShapeOf(args.x.shape(), args.x.strides(), args.y.strides());
    CheckShapes(args, Shape(shape.n, op.out_channels, shape.h.out, shape.w.out),
                "the convolution gives");
    CheckOverlap(args);
    shape.residual = PlaceOf(args);
    if (shape.has_residual()) shape.rs = args.residual.strides();
    return shape;
  }

  void Run(const RunArgs& args) {
    const CallKey key = KeyOf(args, weights.finite());
    Planner::Planned planned;
    if (planner.Find(key, planned)) {
      CheckOverlap(args);
    } else {
      const ConvShape shape = CheckedShape(args);
      if (shape.n == 0) return;
      planned = planner.Make(key, shape);
    }
    planner.Run(planned,
                {.x = args.x.data(),
                 .y = args.y.data(),
                 .residual = args.residual.data(),
                 .scratch = nullptr},
                args.workspace);
  }

  Shape OutputShape(const Shape& input) const {
    const internal::Geometry g = internal::ResolveGeometry(op, input);
    return Shape(g.n, op.out_channels, g.h.out, g.w.out);
  }

  Explanation Explain(const ConvShape& shape) const {
    Explanation e = WithNames(planner.Explain(KeyOf(shape), shape));
    e.output = Shape(shape.n, op.out_channels, shape.h.out, shape.w.out);
    e.multiply_adds = shape.multiply_adds();
    return e;
  }

  Explanation WithNames(Explanation e) const {
    e.target = options.target;
    e.numerics = op.fused ? "fused" : "unfused";
    return e;
  }

  Conv2dOptions options;
  Planner planner;
  ConvOp op;
  internal::ConvWeights weights;
  internal::ConvGradients gradients;
};

Conv2d::Conv2d(const Conv2dOptions& options, std::span<const float> weights,
               std::span<const float> bias)
    : impl_(std::make_shared<Impl>(options, internal::FindTarget(options.target), weights, bias)) {}

Conv2d::Impl& Conv2d::impl() const {
  Require(impl_ != nullptr, "this Conv2d was moved from: there is no convolution to work with");
  return *impl_;
}

void Conv2d::SetWeights(std::span<const float> weights, std::span<const float> bias) {
  impl().weights.Set(impl().op, CheckedWeights(impl().op, weights, bias), bias);
  impl().gradients.WeightsChanged();
}

internal::ConvLayer Conv2d::layer() const {
  return {&impl().op, &impl().weights, internal::ConvRegistry().Find(impl().options.algorithm)};
}

const Conv2dOptions& Conv2d::options() const { return impl().options; }
const std::string& Conv2d::target() const { return impl().options.target; }
Shape Conv2d::OutputShape(const Shape& input) const { return impl().OutputShape(input); }

void Conv2d::Run(const RunArgs& args) const { impl().Run(args); }

void Conv2d::Run(const ConstTensorView& x, const TensorView& y) const { Run({.x = x, .y = y}); }

Tensor Conv2d::Run(const Tensor& x) const { return Run(x.view()); }

Tensor Conv2d::Run(const ConstTensorView& x) const {
  Tensor y(OutputShape(x.shape()), x.layout());
  Run({.x = x, .y = y});
  return y;
}

size_t Conv2d::WorkspaceBytes(const Shape& input, Layout layout, int threads) const {
  return impl().planner.WorkspaceBytes(impl().DenseShape(input, layout), threads);
}

size_t Conv2d::WorkspaceBytes(const RunArgs& args, int threads) const {
  return impl().planner.WorkspaceBytes(impl().CheckedShape(args), threads);
}

Explanation Conv2d::Explain(const Shape& input, Layout layout) const {
  return impl().Explain(impl().DenseShape(input, layout));
}

Explanation Conv2d::Explain(const RunArgs& args) const {
  return impl().Explain(impl().CheckedShape(args));
}

void Conv2d::BackwardData(const BackwardDataArgs& args) const { impl().gradients.Run(args); }
void Conv2d::BackwardData(const ConstTensorView& dy, const TensorView& dx) const {
  BackwardData({.dy = dy, .dx = dx});
}
void Conv2d::BackwardWeights(const BackwardWeightsArgs& args) const { impl().gradients.Run(args); }

size_t Conv2d::WorkspaceBytes(const BackwardDataArgs& args, int threads) const {
  return impl().gradients.WorkspaceBytes(args, threads);
}
size_t Conv2d::WorkspaceBytes(const BackwardWeightsArgs& args, int threads) const {
  return impl().gradients.WorkspaceBytes(args, threads);
}

Explanation Conv2d::Explain(const BackwardDataArgs& args) const {
  return impl().WithNames(impl().gradients.Explain(args));
}
Explanation Conv2d::Explain(const BackwardWeightsArgs& args) const {
  return impl().WithNames(impl().gradients.Explain(args));
}

Tensor Corr2d(const Tensor& x, const Tensor& k) {
  const Shape& s = k.shape();
  Require(s.n() == 1, "the filter ", s, " has ", s.n(), " output channels, Corr2d takes 1");
  Conv2dOptions options;
  options.in_channels = s.c();
  options.out_channels = 1;
  options.kernel_size = {s.h(), s.w()};
  Tensor weights(s);
  Copy(k, weights);
  const Conv2d conv(options, {weights.data(), static_cast<size_t>(s.elements())});
  return conv.Run(x);
}

}  // namespace v0
}  // namespace windrow
