// The public class: checks, then one strategy.
#include "windrow/conv2d.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/last_entry.h"
#include "lib/base/overlap.h"
#include "lib/base/parallel.h"
#include "lib/base/workspace.h"
#include "lib/conv/problem.h"
#include "lib/conv/registry.h"
#include "lib/conv/weights.h"
#include "lib/simd/kernels.h"
#include "lib/simd/target.h"

namespace windrow {
inline namespace v0 {

using internal::ConvCall;
using internal::ConvOp;
using internal::Require;

namespace {

ConvOp BindOp(const Conv2dOptions& options, const internal::Target& target) {
  ConvOp op = internal::CheckOptions(options);
  op.fused = options.numerics == Numerics::kNative && target.fused;
  op.lanes = target.lanes;
  op.tiles = &internal::Tiles(target.index, op.fused);
  return op;
}

void CheckWeights(const ConvOp& op, std::span<const float> weights, std::span<const float> bias) {
  const int64_t expected = internal::CheckedProduct({op.out_channels, op.group_in(), op.kernel.h,
                                                     op.kernel.w, int64_t{sizeof(float)}},
                                                    "the weights' bytes do not fit 63 bits") /
                           int64_t{sizeof(float)};
  Require(static_cast<int64_t>(weights.size()) == expected, "there are ", weights.size(),
          " weights, the convolution expects ", expected, " (", op.out_channels, "x", op.group_in(),
          "x", op.kernel.h, "x", op.kernel.w, ")");
  Require(bias.empty() || static_cast<int64_t>(bias.size()) == op.out_channels, "there are ",
          bias.size(), " biases, the convolution has ", op.out_channels, " output channels");
}

// What depends on shapes and strides only.
void CheckShapes(const RunArgs& args, const Shape& output) {
  Require(!args.y.empty(), "there is no output view y");
  Require(args.y.shape() == output, "y has the shape ", args.y.shape(), ", the convolution gives ",
          output);
  Require(!internal::MayOverlapItself(args.y), "elements of y overlap each other: strides n ",
          args.y.strides().n, ", c ", args.y.strides().c, ", h ", args.y.strides().h, ", w ",
          args.y.strides().w, " for the shape ", output);
  Require(args.residual.empty() || args.residual.shape() == output, "the residual has the shape ",
          args.residual.shape(), ", y has ", output);
}

void CheckOverlap(const RunArgs& args) {
  Require(!internal::MayOverlap(args.x, args.y), "y overlaps x in memory");
  if (!args.workspace.empty()) {
    const auto meets = [&](const ConstTensorView& v) {
      return internal::MayOverlap(args.workspace, v);
    };
    Require(!meets(args.x), "the workspace overlaps x in memory");
    Require(!meets(args.y), "the workspace overlaps y in memory");
    Require(args.residual.empty() || !meets(args.residual),
            "the workspace overlaps the residual in memory");
  }
  if (args.residual.empty()) return;
  Require(
      internal::SameElements(args.residual, args.y) || !internal::MayOverlap(args.residual, args.y),
      "y overlaps the residual in memory without being the same view");
}

// All that the checks of shapes, the geometry, refusals, estimates and the size of scratch memory
// may depend on, besides the object and the threads. To find them out again takes longer than a
// very small convolution.
struct CallKey {
  Shape x;
  Strides xs;
  Shape y;
  Strides ys;
  Shape residual;
  Strides rs;
  int64_t place;  // of the residual: none, in y, elsewhere
  int64_t finite_weights;
};

CallKey KeyOf(const RunArgs& a, bool finite_weights) {
  const int64_t place = a.residual.empty() ? 0 : a.residual.data() == a.y.data() ? 1 : 2;
  return {.x = a.x.shape(),
          .xs = a.x.strides(),
          .y = a.y.shape(),
          .ys = a.y.strides(),
          .residual = a.residual.shape(),
          .rs = a.residual.strides(),
          .place = place,
          .finite_weights = finite_weights};
}

// How a call is run.
struct CallPlan {
  internal::Geometry geometry;
  int64_t threads;  // of the arena; 0 if the work is not worth a second one
  const internal::ConvAlgorithm* algorithm;
  int64_t workspace;  // floats

  int planned_threads() const {
    return static_cast<int>(std::clamp<int64_t>(threads, 1, internal::kMaxPlannedThreads));
  }
};

bool WorthThreads(const ConvCall& call) {
  return call.multiply_adds() >= internal::kMinParallelWork;
}

}  // namespace

struct Conv2d::Impl {
  Impl(const Conv2dOptions& o, const internal::Target& target, std::span<const float> w,
       std::span<const float> bias)
      : options(o),
        algorithm(internal::FindConvAlgorithm(o.algorithm)),
        op(BindOp(o, target)),
        weights((CheckWeights(op, w, bias), op), w, bias) {
    options.target = target.name;
  }

  // The call without pointers: all that planning needs.
  ConvCall MakeCall(const internal::Geometry& g, const Strides& xs, const Strides& ys,
                    int threads) const {
    return {.op = &op,
            .weights = &weights,
            .n = g.n,
            .h = g.h,
            .w = g.w,
            .x = nullptr,
            .xs = xs,
            .x_group = op.group_in() * xs.c,
            .y = nullptr,
            .ys = ys,
            .residual = nullptr,
            .rs = {},
            .threads = threads,
            .workspace = nullptr};
  }

  // The arena decides the threads if they are 0, and is not even asked if there is little to do.
  ConvCall Plan(const Shape& input, const Strides& xs, const Strides& ys, int threads) const {
    ConvCall call = MakeCall(internal::ResolveGeometry(op, input), xs, ys, 1);
    if (WorthThreads(call)) {
      call.threads =
          std::min(threads == 0 ? internal::MaxThreads() : threads, internal::kMaxPlannedThreads);
    }
    return call;
  }

  // Floats for this call on so many threads.
  static int64_t Workspace(const internal::ConvAlgorithm& a, const ConvCall& call, int threads) {
    const int slots = call.threads == 1 ? 1 : threads;
    return internal::SaturatedProduct({slots, internal::ScratchFloats(a, call)});
  }

  // Of checked views.
  static void SetPointers(const RunArgs& args, ConvCall& call) {
    call.x = args.x.data();
    call.y = args.y.data();
    if (args.residual.empty()) return;
    call.residual = args.residual.data();
    call.rs = args.residual.strides();
  }

  // Checks the views.
  ConvCall PlanViews(const RunArgs& args, int threads) const {
    Require(!args.x.empty(), "there is no input view x");
    const Strides ys = args.y.empty() ? Strides{} : args.y.strides();
    ConvCall call = Plan(args.x.shape(), args.x.strides(), ys, threads);
    CheckShapes(args, Shape(call.n, op.out_channels, call.h.out, call.w.out));
    CheckOverlap(args);
    SetPointers(args, call);
    return call;
  }

  void Run(const RunArgs& args) {
    const CallKey key = KeyOf(args, weights.finite());
    CallPlan plan;
    if (last_call.Find(key, plan) &&
        (plan.threads == 0 || plan.threads == internal::MaxThreads())) {
      CheckOverlap(args);
      ConvCall call = MakeCall(plan.geometry, key.xs, key.ys, plan.planned_threads());
      SetPointers(args, call);
      return RunPlanned(plan, call, args.workspace);
    }
    ConvCall call = PlanViews(args, /*threads=*/0);
    if (call.n == 0) return;
    const int threads = WorthThreads(call) ? internal::MaxThreads() : 0;
    const internal::ConvAlgorithm& chosen = internal::ChooseConvAlgorithm(algorithm, call);
    plan = {.geometry = {call.n, call.h, call.w},
            .threads = threads,
            .algorithm = &chosen,
            .workspace = Workspace(chosen, call, threads)};
    last_call.Remember(key, plan);
    RunPlanned(plan, call, args.workspace);
  }

  // With the caller's workspace, or one of the object's.
  void RunPlanned(const CallPlan& plan, ConvCall& call, std::span<std::byte> workspace) {
    if (workspace.empty()) {
      const internal::WorkspacePool::Lease lease(pool, plan.workspace);
      call.workspace = lease.data();
      return plan.algorithm->run(call);
    }
    call.workspace = internal::PlaceWorkspace(workspace, plan.workspace, plan.planned_threads());
    plan.algorithm->run(call);
  }

  ConvCall PlanDense(const Shape& input, Layout layout, int threads) const {
    return Plan(input, DenseStrides(input, layout), DenseStrides(OutputShape(input), layout),
                threads);
  }

  size_t WorkspaceBytes(const ConvCall& call, int threads) const {
    return internal::WorkspaceBytes(
        Workspace(internal::ChooseConvAlgorithm(algorithm, call), call, threads));
  }

  Shape OutputShape(const Shape& input) const {
    const internal::Geometry g = internal::ResolveGeometry(op, input);
    return Shape(g.n, op.out_channels, g.h.out, g.w.out);
  }

  Conv2dOptions options;
  const internal::ConvAlgorithm* algorithm;  // null: auto
  ConvOp op;
  internal::ConvWeights weights;
  internal::WorkspacePool pool;
  internal::LastEntry<CallKey, CallPlan> last_call;
};

Conv2d::Conv2d(const Conv2dOptions& options, std::span<const float> weights,
               std::span<const float> bias)
    : impl_(std::make_shared<Impl>(options, internal::FindTarget(options.target), weights, bias)) {}

void Conv2d::SetWeights(std::span<const float> weights, std::span<const float> bias) {
  CheckWeights(impl_->op, weights, bias);
  impl_->weights.Set(impl_->op, weights, bias);
}

const Conv2dOptions& Conv2d::options() const { return impl_->options; }
const std::string& Conv2d::target() const { return impl_->options.target; }
Shape Conv2d::OutputShape(const Shape& input) const { return impl_->OutputShape(input); }

void Conv2d::Run(const RunArgs& args) const { impl_->Run(args); }

void Conv2d::Run(const ConstTensorView& x, const TensorView& y) const { Run({.x = x, .y = y}); }

Tensor Conv2d::Run(const Tensor& x) const {
  Tensor y(OutputShape(x.shape()), x.layout());
  Run({.x = x, .y = y});
  return y;
}

size_t Conv2d::WorkspaceBytes(const Shape& input, Layout layout, int threads) const {
  return internal::MaxBytes(
      threads, [&](int t) { return impl_->WorkspaceBytes(impl_->PlanDense(input, layout, t), t); });
}

size_t Conv2d::WorkspaceBytes(const RunArgs& args, int threads) const {
  return internal::MaxBytes(
      threads, [&](int t) { return impl_->WorkspaceBytes(impl_->PlanViews(args, t), t); });
}

Explanation Conv2d::Explain(const Shape& input, Layout layout) const {
  Explanation e;
  e.output = OutputShape(input);
  const ConvCall call = impl_->PlanDense(input, layout, /*threads=*/0);
  const internal::ConvAlgorithm& chosen = internal::ChooseConvAlgorithm(impl_->algorithm, call);
  e.algorithm = chosen.name;
  e.target = target();
  e.numerics = impl_->op.fused ? "fused" : "unfused";
  e.tile = chosen.describe(call);
  e.multiply_adds = call.multiply_adds();
  for (const internal::ConvAlgorithm& a : internal::ConvAlgorithms()) {
    const char* reason = a.refuse(call);
    if (reason == nullptr) {
      e.candidates.push_back({a.name, true, a.summary, a.estimate(call)});
    } else {
      e.candidates.push_back({a.name, false, reason, 0});
    }
  }
  return e;
}

namespace {

// Rounded, since it is rough.
std::string Estimate(double cycles) {
  return internal::StrCat(", about ", static_cast<int64_t>(cycles / 1000 + 0.5), " kcycles");
}

}  // namespace

std::string Explanation::ToString() const {
  std::string s =
      internal::StrCat(algorithm, " on ", target, " (", numerics, " multiply-add), tile ", tile,
                       ", output ", output.ToString(), ", ", multiply_adds, " multiply-adds\n");
  for (const Candidate& c : candidates) {
    s += internal::StrCat("  ", c.algorithm == algorithm ? "* " : "  ", c.algorithm, ": ",
                          c.accepts ? "" : "no: ", c.reason, c.accepts ? Estimate(c.cycles) : "",
                          "\n");
  }
  return s;
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
