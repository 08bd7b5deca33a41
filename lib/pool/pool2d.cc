// The public classes; calls.h has what their calls do.
#include "windrow/pool2d.h"

#include <memory>
#include <utility>
#include <variant>

#include "lib/base/error.h"
#include "lib/pool/backward.h"
#include "lib/pool/calls.h"
#include "lib/pool/layer.h"
#include "lib/pool/problem.h"
#include "lib/pool/strategies.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/target.h"

namespace windrow {
inline namespace v0 {

using internal::CheckedShape;
using internal::PoolOp;
using internal::PoolShape;
using internal::Require;

struct Pooling::Impl {
  template <class Options>
  Impl(PoolOp checked, Options o)
      : op(std::move(checked)),
        forward(op, internal::PoolRegistry(), {.algorithm = o.algorithm, .tuning = o.tuning}),
        backward(op, internal::PoolBackwardRegistry(), {.algorithm = o.backward}) {
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

  Shape OutputShape(const Shape& input) const {
    const internal::PoolGeometry g = internal::ResolveGeometry(op, input);
    return Shape(input.n(), input.c(), g.h.out, g.w.out);
  }

  const std::string& target() const {
    return std::visit([](const auto& o) -> const std::string& { return o.target; }, options);
  }
  Explanation WithTarget(Explanation e) const {
    e.target = target();
    return e;
  }

  PoolOp op;
  internal::PoolCalls<PoolArgs, internal::PoolBuffers> forward;
  internal::PoolCalls<PoolBackwardArgs, internal::PoolBackwardBuffers> backward;
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

void Pooling::Run(const PoolArgs& args) const { impl().forward.Run(args); }

void Pooling::Run(const ConstTensorView& x, const TensorView& y) const { Run({.x = x, .y = y}); }

Tensor Pooling::Run(const Tensor& x) const { return Run(x.view()); }

Tensor Pooling::Run(const ConstTensorView& x) const {
  Tensor y(OutputShape(x.shape()), x.layout());
  Run({.x = x, .y = y});
  return y;
}

size_t Pooling::WorkspaceBytes(const Shape& input, Layout layout, int threads) const {
  return impl().forward.WorkspaceBytes(impl().DenseShape(input, layout), threads);
}

size_t Pooling::WorkspaceBytes(const PoolArgs& args, int threads) const {
  return impl().forward.WorkspaceBytes(CheckedShape(impl().op, args), threads);
}

Explanation Pooling::Explain(const Shape& input, Layout layout) const {
  const Impl& i = impl();
  return i.WithTarget(i.forward.Explain(i.DenseShape(input, layout), OutputShape(input)));
}

Explanation Pooling::Explain(const PoolArgs& args) const {
  const Impl& i = impl();
  return i.WithTarget(i.forward.Explain(CheckedShape(i.op, args), args.y.shape()));
}

void Pooling::Backward(const PoolBackwardArgs& args) const { impl().backward.Run(args); }

size_t Pooling::WorkspaceBytes(const PoolBackwardArgs& args, int threads) const {
  return impl().backward.WorkspaceBytes(CheckedShape(impl().op, args), threads);
}

Explanation Pooling::Explain(const PoolBackwardArgs& args) const {
  const Impl& i = impl();
  return i.WithTarget(i.backward.Explain(CheckedShape(i.op, args), args.dx.shape()));
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
