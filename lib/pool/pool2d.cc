// The public classes: checks, then the plan of the last call like it or a new one.
#include "windrow/pool2d.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "lib/base/error.h"
#include "lib/base/overlap.h"
#include "lib/base/planner.h"
#include "lib/pool/gradients.h"
#include "lib/pool/layer.h"
#include "lib/pool/problem.h"
#include "lib/pool/registry.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/target.h"

namespace windrow {
inline namespace v0 {

using internal::PoolBuffers;
using internal::PoolOp;
using internal::PoolShape;
using internal::Require;

namespace {

// What depends on shapes and strides only.
void CheckShapes(const PoolArgs& args, const Shape& output, bool average) {
  Require(!args.y.empty(), "there is no output view y");
  Require(args.y.shape() == output, "y has the shape ", args.y.shape(), ", the pooling gives ",
          output);
  Require(!internal::MayOverlapItself(args.y), "elements of y overlap each other: strides n ",
          args.y.strides().n, ", c ", args.y.strides().c, ", h ", args.y.strides().h, ", w ",
          args.y.strides().w, " for the shape ", output);
  if (args.indices.empty()) return;
  Require(!average, "there is a view for indices, but an average has none");
  Require(args.indices.shape() == output, "indices have the shape ", args.indices.shape(),
          ", y has ", output);
  Require(!internal::MayOverlapItself(args.indices), "indices overlap each other for the shape ",
          output);
}

void CheckOverlap(const PoolArgs& args) {
  Require(!internal::MayOverlap(args.x, args.y), "y overlaps x in memory");
  const bool indices = !args.indices.empty();
  Require(!indices || !internal::MayOverlap(args.indices, args.x),
          "the indices overlap x in memory");
  Require(!indices || !internal::MayOverlap(args.indices, args.y),
          "the indices overlap y in memory");
  if (args.workspace.empty()) return;
  Require(!internal::MayOverlap(args.workspace, args.x), "the workspace overlaps x in memory");
  Require(!internal::MayOverlap(args.workspace, args.y), "the workspace overlaps y in memory");
  Require(!indices || !internal::MayOverlap(args.workspace, args.indices),
          "the workspace overlaps the indices in memory");
}

}  // namespace

struct Pooling::Impl {
  using Planner = internal::Planner<internal::PoolKey, PoolShape, PoolBuffers>;

  template <class Options>
  Impl(PoolOp checked, Options o)
      : planner(internal::PoolRegistry(), {.algorithm = o.algorithm, .tuning = o.tuning}),
        op(std::move(checked)),
        gradients(op, o.backward) {
    const internal::Target target = internal::FindTarget(o.target);
    op.lanes = target.lanes;
    op.kernels = &internal::PoolKernelsOf(target.index);
    o.target = target.name;
    options = std::move(o);
  }

  PoolShape DenseShape(const Shape& input, Layout layout) const {
    return internal::ShapeOf(op, input, internal::ResolveGeometry(op, input),
                             DenseStrides(input, layout), DenseStrides(OutputShape(input), layout),
                             /*indices=*/IndexView());
  }

  // Checks the views.
  PoolShape CheckedShape(const PoolArgs& args) const {
    Require(!args.x.empty(), "there is no input view x");
    const Shape& x = args.x.shape();
    const internal::PoolGeometry g = internal::ResolveGeometry(op, x);
    CheckShapes(args, Shape(x.n(), x.c(), g.h.out, g.w.out), op.average);
    CheckOverlap(args);
    return internal::ShapeOf(op, x, g, args.x.strides(), args.y.strides(), args.indices);
  }

  void Run(const PoolArgs& args) {
    const internal::PoolKey key(args.x, args.y, args.indices);
    Planner::Planned planned;
    if (planner.Find(key, planned)) {
      CheckOverlap(args);
    } else {
      const PoolShape shape = CheckedShape(args);
      if (args.y.shape().elements() == 0) return;
      planned = planner.Make(key, shape);
    }
    planner.Run(planned,
                {.x = args.x.data(),
                 .y = args.y.data(),
                 .indices = args.indices.data(),
                 .scratch = nullptr},
                args.workspace);
  }

  Shape OutputShape(const Shape& input) const {
    const internal::PoolGeometry g = internal::ResolveGeometry(op, input);
    return Shape(input.n(), input.c(), g.h.out, g.w.out);
  }

  const std::string& target() const {
    return std::visit([](const auto& o) -> const std::string& { return o.target; }, options);
  }

  Explanation Explain(const PoolShape& shape, const Shape& output) const {
    Explanation e = WithTarget(planner.Explain(internal::PoolKey(shape), shape));
    e.output = output;
    return e;
  }
  Explanation WithTarget(Explanation e) const {
    e.target = target();
    return e;
  }

  Planner planner;
  PoolOp op;
  internal::PoolGradients gradients;
  std::variant<MaxPool2dOptions, AvgPool2dOptions, AdaptivePool2dOptions> options;
};

Pooling::Pooling(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Pooling::Impl& Pooling::impl() const {
  Require(impl_ != nullptr, "this pooling was moved from: there is nothing to work with");
  return *impl_;
}

internal::PoolLayer Pooling::layer() const {
  const auto algorithm = [](const auto& o) { return internal::PoolRegistry().Find(o.algorithm); };
  return {&impl().op, std::visit(algorithm, impl().options)};
}

const std::string& Pooling::target() const { return impl().target(); }
Shape Pooling::OutputShape(const Shape& input) const { return impl().OutputShape(input); }

void Pooling::Run(const PoolArgs& args) const { impl().Run(args); }

void Pooling::Run(const ConstTensorView& x, const TensorView& y) const { Run({.x = x, .y = y}); }

Tensor Pooling::Run(const Tensor& x) const { return Run(x.view()); }

Tensor Pooling::Run(const ConstTensorView& x) const {
  Tensor y(OutputShape(x.shape()), x.layout());
  Run({.x = x, .y = y});
  return y;
}

size_t Pooling::WorkspaceBytes(const Shape& input, Layout layout, int threads) const {
  return impl().planner.WorkspaceBytes(impl().DenseShape(input, layout), threads);
}

size_t Pooling::WorkspaceBytes(const PoolArgs& args, int threads) const {
  return impl().planner.WorkspaceBytes(impl().CheckedShape(args), threads);
}

Explanation Pooling::Explain(const Shape& input, Layout layout) const {
  return impl().Explain(impl().DenseShape(input, layout), OutputShape(input));
}

Explanation Pooling::Explain(const PoolArgs& args) const {
  return impl().Explain(impl().CheckedShape(args), args.y.shape());
}

void Pooling::Backward(const PoolBackwardArgs& args) const { impl().gradients.Run(args); }

size_t Pooling::WorkspaceBytes(const PoolBackwardArgs& args, int threads) const {
  return impl().gradients.WorkspaceBytes(args, threads);
}

Explanation Pooling::Explain(const PoolBackwardArgs& args) const {
  return impl().WithTarget(impl().gradients.Explain(args));
}

MaxPool2d::MaxPool2d(const MaxPool2dOptions& o)
    : Pooling(std::make_shared<Impl>(internal::CheckOptions(o), o)) {}

AvgPool2d::AvgPool2d(const AvgPool2dOptions& o)
    : Pooling(std::make_shared<Impl>(internal::CheckOptions(o), o)) {}

AdaptiveMaxPool2d::AdaptiveMaxPool2d(const AdaptivePool2dOptions& o)
    : Pooling(std::make_shared<Impl>(internal::CheckOptions(o, false), o)) {}

AdaptiveAvgPool2d::AdaptiveAvgPool2d(const AdaptivePool2dOptions& o)
    : Pooling(std::make_shared<Impl>(internal::CheckOptions(o, true), o)) {}

void MaxPool2d::Backward(const ConstTensorView& dy, const ConstIndexView& indices,
                         const TensorView& dx) const {
  Backward({.dy = dy, .dx = dx, .indices = indices});
}

void AvgPool2d::Backward(const ConstTensorView& dy, const TensorView& dx) const {
  Backward({.dy = dy, .dx = dx});
}

void AdaptiveMaxPool2d::Backward(const ConstTensorView& dy, const ConstIndexView& indices,
                                 const TensorView& dx) const {
  Backward({.dy = dy, .dx = dx, .indices = indices});
}

void AdaptiveAvgPool2d::Backward(const ConstTensorView& dy, const TensorView& dx) const {
  Backward({.dy = dy, .dx = dx});
}

const MaxPool2dOptions& MaxPool2d::options() const {
  return std::get<MaxPool2dOptions>(impl().options);
}

const AvgPool2dOptions& AvgPool2d::options() const {
  return std::get<AvgPool2dOptions>(impl().options);
}

const AdaptivePool2dOptions& AdaptiveMaxPool2d::options() const {
  return std::get<AdaptivePool2dOptions>(impl().options);
}

const AdaptivePool2dOptions& AdaptiveAvgPool2d::options() const {
  return std::get<AdaptivePool2dOptions>(impl().options);
}

namespace {

MaxPoolResult WithIndices(const Pooling& pooling, const ConstTensorView& x) {
  const Shape output = pooling.OutputShape(x.shape());
  MaxPoolResult result{Tensor(output, x.layout()), IndexTensor(output, x.layout())};
  pooling.Run({.x = x, .y = result.y, .indices = result.indices});
  return result;
}

}  // namespace

MaxPoolResult MaxPool2d::RunWithIndices(const ConstTensorView& x) const {
  return WithIndices(*this, x);
}
MaxPoolResult MaxPool2d::RunWithIndices(const Tensor& x) const {
  return WithIndices(*this, x.view());
}

MaxPoolResult AdaptiveMaxPool2d::RunWithIndices(const ConstTensorView& x) const {
  return WithIndices(*this, x);
}
MaxPoolResult AdaptiveMaxPool2d::RunWithIndices(const Tensor& x) const {
  return WithIndices(*this, x.view());
}

Tensor Pool2d(const Tensor& x, Size2 size, PoolMode mode) {
  internal::RequireEnum("the mode", mode, PoolMode::kAvg);
  if (mode == PoolMode::kAvg) return AvgPool2d({.kernel_size = size, .stride = 1}).Run(x);
  return MaxPool2d({.kernel_size = size, .stride = 1}).Run(x);
}

}  // namespace v0
}  // namespace windrow
