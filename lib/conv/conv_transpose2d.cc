// The public class of transposed convolution: checks, then the gradient's code of the convolution
// that leads from y to x.
#include "windrow/conv_transpose2d.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/overlap.h"
#include "lib/base/planner.h"
#include "lib/conv/backward_weights.h"
#include "lib/conv/gradients.h"
#include "lib/conv/problem.h"
#include "lib/conv/registry.h"
#include "lib/conv/transposed.h"
#include "lib/conv/weights.h"
#include "lib/simd/target.h"

namespace windrow {
inline namespace v0 {

using internal::Axis;
using internal::ConvBuffers;
using internal::ConvOp;
using internal::ConvShape;
using internal::Geometry;
using internal::GradientBuffers;
using internal::GradientShape;
using internal::Require;
using internal::TransposedCall;

namespace {

void CheckOutputPadding(const char* what, int64_t value, int64_t stride, int64_t dilation) {
  Require(value >= 0, "output_padding is ", value, "; it must not be negative");
  Require(value < std::max(stride, dilation), "output_padding of ", what, " is ", value,
          "; it must be less than the stride, ", stride, ", or the dilation, ", dilation);
}

// Of the convolution from y to x.
ConvOp BindOp(const ConvTranspose2dOptions& o, const internal::Target& target) {
  Require(o.in_channels >= 1, "in_channels is ", o.in_channels, "; it must be at least 1");
  Require(o.out_channels >= 1, "out_channels is ", o.out_channels, "; it must be at least 1");
  Require(o.groups < 1 || o.in_channels % o.groups == 0, "in_channels ", o.in_channels,
          " is not divisible by groups ", o.groups);
  Require(!o.padding.is_same(), "the padding of a transposed convolution must be given in numbers");
  Conv2dOptions c;
  c.in_channels = o.out_channels;
  c.out_channels = o.in_channels;
  c.kernel_size = o.kernel_size;
  c.stride = o.stride;
  c.padding = o.padding;
  c.dilation = o.dilation;
  c.groups = o.groups;
  c.numerics = o.numerics;
  ConvOp op = internal::CheckOptions(c);
  CheckOutputPadding("the height", o.output_padding.h, o.stride.h, o.dilation.h);
  CheckOutputPadding("the width", o.output_padding.w, o.stride.w, o.dilation.w);
  op.epilogue = internal::CheckedEpilogue(o.epilogue, o.out_channels);
  internal::BindTarget(op, target, o.numerics);
  return op;
}

Axis AxisOf(const char* what, int64_t in, int64_t kernel, int64_t stride, int64_t dilation,
            int64_t before, int64_t after, int64_t more) {
  constexpr int64_t kMaxExtent = int64_t{1} << 31;
  Require(in >= 1, what, " is ", in, "; it must be at least 1");
  Require(in <= kMaxExtent, what, " is ", in, "; it must be at most ", kMaxExtent);
  const int64_t full = (in - 1) * stride + dilation * (kernel - 1) + more + 1;
  Require(full > before + after, "the output's ", what, " would be ", full - before - after, ": ",
          full, " less the padding, ", before, " and ", after);
  return {.in = full - before - after,
          .out = in,
          .kernel = kernel,
          .stride = stride,
          .dilation = dilation,
          .before = before};
}

struct DataKey {
  Geometry geometry;
  Strides dys, dxs;
  int64_t finite_weights;
};

struct WeightsKey {
  Geometry geometry;
  Strides dys, xs;
};

DataKey KeyOf(const ConvShape& s) { return {{s.n, s.h, s.w}, s.xs, s.ys, s.weights->finite()}; }
WeightsKey KeyOf(const GradientShape& s) { return {{s.n, s.h, s.w}, s.xs, s.dys}; }

// What is added up for the gradient by bias: dy times this.
constexpr float kOne = 1.0f;

}  // namespace

struct ConvTranspose2d::Impl {
  Impl(const ConvTranspose2dOptions& o, const internal::Target& target, std::span<const float> w,
       std::span<const float> bias)
      : options(o),
        op(internal::WithoutEpilogue(BindOp(o, target))),
        bias_op(BiasOp()),
        transposed(BindOp(o, target), Checked(w, bias), bias, {o.algorithm, o.tuning, target.name}),
        weights(w.begin(), w.end()),
        data_planner(internal::ConvRegistry(), {.tuning = o.tuning, .target = target.name}),
        weights_planner(internal::GradientRegistry(), {o.backward_weights, o.tuning, target.name}),
        bias_planner(internal::GradientRegistry(), {.tuning = o.tuning, .target = target.name}) {
    options.target = target.name;
  }

  // The sum over pixels as the gradient of a convolution of ones.
  ConvOp BiasOp() const {
    ConvOp b = op;
    b.groups = b.in_channels = 1;
    b.out_channels = options.out_channels;
    b.kernel = b.stride = b.dilation = 1;
    b.padding = 0;
    return b;
  }

  const float* Checked(std::span<const float> w, std::span<const float> bias) const {
    const int64_t expected = internal::CheckedProduct({op.out_channels, op.group_in(), op.kernel.h,
                                                       op.kernel.w, int64_t{sizeof(float)}},
                                                      "the weights' bytes do not fit 63 bits") /
                             int64_t{sizeof(float)};
    Require(std::ssize(w) == expected, "there are ", w.size(),
            " weights, the transposed convolution expects ", expected, " (", op.out_channels, "x",
            op.group_in(), "x", op.kernel.h, "x", op.kernel.w, ")");
    Require(bias.empty() || std::ssize(bias) == op.in_channels, "there are ", bias.size(),
            " biases, the transposed convolution has ", op.in_channels, " output channels");
    return w.data();
  }

  void Set(std::span<const float> w, std::span<const float> bias) {
    transposed.Set(Checked(w, bias), bias);
    std::copy(w.begin(), w.end(), weights.begin());
    if (forward) forward->Set(op, internal::WeightsView::Dense(op, weights.data()), {});
  }

  Geometry GeometryOf(const Shape& input) const {
    Require(input.c() == options.in_channels, "the input ", input, " has ", input.c(),
            " channels, the transposed convolution expects ", options.in_channels);
    const Padding& p = options.padding;
    return {input.n(),
            AxisOf("height", input.h(), op.kernel.h, op.stride.h, op.dilation.h, p.top(),
                   p.bottom(), options.output_padding.h),
            AxisOf("width", input.w(), op.kernel.w, op.stride.w, op.dilation.w, p.left(), p.right(),
                   options.output_padding.w)};
  }

  Shape OutputOf(const Geometry& g) const {
    return Shape(g.n, options.out_channels, g.h.in, g.w.in);
  }

  // Checks x, or dx, and y, or dy.
  Geometry CheckViews(const ConstTensorView& x, const ConstTensorView& y, const char* name) const {
    Require(!x.empty(), "there is no view x, or dx");
    const Geometry g = GeometryOf(x.shape());
    Require(!y.empty(), "there is no view ", name);
    Require(y.shape() == OutputOf(g), name, " has the shape ", y.shape(),
            ", the transposed convolution gives ", OutputOf(g));
    return g;
  }
  static void CheckWritten(const ConstTensorView& v, const char* name, const ConstTensorView& other,
                           std::span<const std::byte> workspace) {
    Require(!internal::MayOverlapItself(v), "elements of ", name, " overlap each other: strides n ",
            v.strides().n, ", c ", v.strides().c, ", h ", v.strides().h, ", w ", v.strides().w,
            " for the shape ", v.shape());
    Require(!internal::MayOverlap(v, other), name, " overlaps the input in memory");
    Require(workspace.empty() ||
                (!internal::MayOverlap(workspace, v) && !internal::MayOverlap(workspace, other)),
            "the workspace overlaps a view in memory");
  }

  TransposedCall CheckedCall(const RunArgs& args) const {
    Require(args.residual.empty(), "there is a residual, but a transposed convolution has none");
    const Geometry g = CheckViews(args.x, args.y, "y");
    CheckWritten(args.y, "y", args.x, args.workspace);
    return {.geometry = g,
            .y = args.x.data(),
            .ys = args.x.strides(),
            .x = args.y.data(),
            .xs = args.y.strides()};
  }

  // Weights of the convolution of dy; made by the first call, by any thread.
  const internal::ConvWeights& Forward() {
    if (!has_forward.load(std::memory_order_acquire)) {
      const std::lock_guard lock(making);
      if (!forward) {
        forward.emplace(op, internal::WeightsView::Dense(op, weights.data()),
                        std::span<const float>());
        has_forward.store(true, std::memory_order_release);
      }
    }
    return *forward;
  }

  ConvShape CheckedShape(const BackwardDataArgs& args) {
    const Geometry g = CheckViews(args.dx, args.dy, "dy");
    CheckWritten(args.dx, "dx", args.dy, args.workspace);
    return {.op = &op,
            .weights = &Forward(),
            .n = g.n,
            .h = g.h,
            .w = g.w,
            .xs = args.dy.strides(),
            .x_group = static_cast<ptrdiff_t>(op.group_in() * args.dy.strides().c),
            .ys = args.dx.strides(),
            .rs = {},
            .residual = internal::ResidualPlace::kNone,
            .threads = 1};
  }

  void Run(const BackwardDataArgs& args) {
    const ConvShape shape = CheckedShape(args);
    if (shape.n == 0) return;
    const DataKey key = KeyOf(shape);
    decltype(data_planner)::Planned planned;
    if (!data_planner.Find(key, planned)) planned = data_planner.Make(key, shape);
    data_planner.Run(
        planned,
        {.x = args.dy.data(), .y = args.dx.data(), .residual = nullptr, .scratch = nullptr},
        args.workspace);
  }

  GradientShape CheckedShape(const BackwardWeightsArgs& args) const {
    const Geometry g = CheckViews(args.x, args.dy, "dy");
    return {.op = &op,
            .n = g.n,
            .h = g.h,
            .w = g.w,
            .xs = args.dy.strides(),
            .dys = args.x.strides(),
            .threads = 1};
  }
  // As if dy were that of a convolution from one channel of ones.
  GradientShape BiasShape(const BackwardWeightsArgs& args) const {
    const Shape& s = args.dy.shape();
    return {.op = &bias_op,
            .n = s.n(),
            .h = {.in = s.h(), .out = s.h()},
            .w = {.in = s.w(), .out = s.w()},
            .xs = {0, 0, 0, 0},
            .dys = args.dy.strides(),
            .threads = 1};
  }

  void Run(const BackwardWeightsArgs& args) {
    const GradientShape shape = CheckedShape(args);
    internal::CheckOverlap(args);
    Require(args.dw.size() == weights.size(), "dw has ", args.dw.size(),
            " elements, the transposed convolution has ", weights.size(), " weights");
    Require(args.db.empty() || std::ssize(args.db) == op.in_channels, "db has ", args.db.size(),
            " elements, the transposed convolution has ", op.in_channels, " output channels");
    const auto run = [&](auto& planner, const GradientShape& s, const GradientBuffers& buffers) {
      const WeightsKey key = KeyOf(s);
      typename std::remove_reference_t<decltype(planner)>::Planned planned;
      if (!planner.Find(key, planned)) planned = planner.Make(key, s);
      planner.Run(planned, buffers, args.workspace);
    };
    run(weights_planner, shape,
        {.x = args.dy.data(),
         .dy = args.x.data(),
         .dw = args.dw.data(),
         .db = nullptr,
         .accumulate = args.accumulate,
         .scratch = nullptr});
    if (args.db.empty()) return;
    run(bias_planner, BiasShape(args),
        {.x = &kOne,
         .dy = args.dy.data(),
         .dw = args.db.data(),
         .db = nullptr,
         .accumulate = args.accumulate,
         .scratch = nullptr});
  }

  Explanation WithNames(Explanation e, const Shape& output, int64_t multiply_adds) const {
    e.target = options.target;
    e.numerics = op.fused ? "fused" : "unfused";
    e.output = output;
    e.multiply_adds = multiply_adds;
    return e;
  }

  ConvTranspose2dOptions options;
  ConvOp op, bias_op;  // from y to x; from ones to y
  internal::TransposedConv transposed;
  std::vector<float> weights;
  std::mutex making;
  std::atomic<bool> has_forward = false;
  std::optional<internal::ConvWeights> forward;
  internal::Planner<DataKey, ConvShape, ConvBuffers> data_planner;
  internal::Planner<WeightsKey, GradientShape, GradientBuffers> weights_planner, bias_planner;
};

ConvTranspose2d::ConvTranspose2d(const ConvTranspose2dOptions& options,
                                 std::span<const float> weights, std::span<const float> bias)
    : impl_(std::make_shared<Impl>(options, internal::FindTarget(options.target), weights, bias)) {}

ConvTranspose2d::Impl& ConvTranspose2d::impl() const {
  Require(impl_ != nullptr, "this ConvTranspose2d was moved from: there is nothing to work with");
  return *impl_;
}

void ConvTranspose2d::SetWeights(std::span<const float> weights, std::span<const float> bias) {
  impl().Set(weights, bias);
}

const ConvTranspose2dOptions& ConvTranspose2d::options() const { return impl().options; }
const std::string& ConvTranspose2d::target() const { return impl().options.target; }
Shape ConvTranspose2d::OutputShape(const Shape& input) const {
  return impl().OutputOf(impl().GeometryOf(input));
}

void ConvTranspose2d::Run(const RunArgs& args) const {
  impl().transposed.Run(impl().CheckedCall(args), args.workspace);
}
void ConvTranspose2d::Run(const ConstTensorView& x, const TensorView& y) const {
  Run({.x = x, .y = y});
}
Tensor ConvTranspose2d::Run(const Tensor& x) const { return Run(x.view()); }
Tensor ConvTranspose2d::Run(const ConstTensorView& x) const {
  Tensor y(OutputShape(x.shape()), x.layout());
  Run({.x = x, .y = y});
  return y;
}

void ConvTranspose2d::BackwardData(const BackwardDataArgs& args) const { impl().Run(args); }
void ConvTranspose2d::BackwardData(const ConstTensorView& dy, const TensorView& dx) const {
  BackwardData({.dy = dy, .dx = dx});
}
void ConvTranspose2d::BackwardWeights(const BackwardWeightsArgs& args) const { impl().Run(args); }

size_t ConvTranspose2d::WorkspaceBytes(const RunArgs& args, int threads) const {
  return impl().transposed.WorkspaceBytes(impl().CheckedCall(args), threads);
}
size_t ConvTranspose2d::WorkspaceBytes(const BackwardDataArgs& args, int threads) const {
  return impl().data_planner.WorkspaceBytes(impl().CheckedShape(args), threads);
}
size_t ConvTranspose2d::WorkspaceBytes(const BackwardWeightsArgs& args, int threads) const {
  return std::max(impl().weights_planner.WorkspaceBytes(impl().CheckedShape(args), threads),
                  impl().bias_planner.WorkspaceBytes(impl().BiasShape(args), threads));
}

Explanation ConvTranspose2d::Explain(const RunArgs& args) const {
  const TransposedCall call = impl().CheckedCall(args);
  return impl().WithNames(impl().transposed.Explain(call), impl().OutputOf(call.geometry),
                          call.multiply_adds(impl().op));
}
Explanation ConvTranspose2d::Explain(const BackwardDataArgs& args) const {
  const ConvShape shape = impl().CheckedShape(args);
  return impl().WithNames(impl().data_planner.Explain(KeyOf(shape), shape), args.dx.shape(),
                          shape.multiply_adds());
}
Explanation ConvTranspose2d::Explain(const BackwardWeightsArgs& args) const {
  const GradientShape shape = impl().CheckedShape(args);
  const ConvOp& op = impl().op;
  return impl().WithNames(impl().weights_planner.Explain(KeyOf(shape), shape),
                          Shape(op.out_channels, op.group_in(), op.kernel.h, op.kernel.w),
                          shape.multiply_adds());
}

}  // namespace v0
}  // namespace windrow
