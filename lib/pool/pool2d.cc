// The public classes: checks, then one strategy.
#include "windrow/pool2d.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/last_entry.h"
#include "lib/base/overlap.h"
#include "lib/base/parallel.h"
#include "lib/base/workspace.h"
#include "lib/pool/problem.h"
#include "lib/pool/registry.h"
#include "lib/simd/pool_kernels.h"
#include "lib/simd/target.h"

namespace windrow {
inline namespace v0 {

using internal::PoolCall;
using internal::PoolOp;
using internal::Require;

namespace {

// Below this many inputs and this many outputs a second thread is not worth being woken.
constexpr int64_t kMinParallelElements = 100'000;

void CheckCall(const PoolArgs& args, const Shape& output, bool average) {
  Require(!args.y.empty(), "there is no output view y");
  Require(args.y.shape() == output, "y has the shape ", args.y.shape(), ", the pooling gives ",
          output);
  Require(!internal::MayOverlapItself(args.y), "elements of y overlap each other: strides n ",
          args.y.strides().n, ", c ", args.y.strides().c, ", h ", args.y.strides().h, ", w ",
          args.y.strides().w, " for the shape ", output);
  Require(!internal::MayOverlap(args.x, args.y), "y overlaps x in memory");
  if (!args.workspace.empty()) {
    Require(!internal::MayOverlap(args.workspace, args.x), "the workspace overlaps x in memory");
    Require(!internal::MayOverlap(args.workspace, args.y), "the workspace overlaps y in memory");
    Require(args.indices.empty() || !internal::MayOverlap(args.workspace, args.indices),
            "the workspace overlaps the indices in memory");
  }
  if (args.indices.empty()) return;
  Require(!average, "there is a view for indices, but an average has none");
  Require(args.indices.shape() == output, "indices have the shape ", args.indices.shape(),
          ", y has ", output);
  Require(!internal::MayOverlapItself(args.indices), "indices overlap each other for the shape ",
          output);
  Require(!internal::MayOverlap(args.indices, args.x), "the indices overlap x in memory");
  Require(!internal::MayOverlap(args.indices, args.y), "the indices overlap y in memory");
}

// All that refusals, estimates and the size of scratch memory may depend on, besides the object. To
// find them out again takes longer than a very small pooling.
struct ChoiceKey {
  int64_t n, c, h, w;  // of x
  Strides xs, ys, is;
  int64_t threads, with_indices;
};

ChoiceKey KeyOf(const PoolCall& c) {
  return {c.n, c.c, c.h.in, c.w.in, c.xs, c.ys, c.is, c.threads, c.with_indices};
}

struct Choice {
  uintptr_t used_bytes;
  const internal::PoolAlgorithm* algorithm;
  int64_t workspace;  // floats
};

}  // namespace

struct Pooling::Impl {
  Impl(PoolOp checked, const std::string& algorithm_name, const std::string& target_name)
      : algorithm(internal::FindPoolAlgorithm(algorithm_name)), op(checked) {
    const internal::Target bound = internal::FindTarget(target_name);
    target = bound.name;
    op.lanes = bound.lanes;
    op.kernels = &internal::PoolKernelsOf(bound.index);
  }

  // The call without pointers: all that planning needs. The arena decides the threads if they are
  // 0, and is not even asked if there is little to do.
  PoolCall Plan(const Shape& input, int threads) const {
    const internal::PoolGeometry g = internal::ResolveGeometry(op, input);
    PoolCall call{};
    call.op = &op;
    call.n = input.n(), call.c = input.c();
    call.h = g.h, call.w = g.w;
    const int64_t work = std::max(call.inputs(), call.outputs());
    call.threads = work < kMinParallelElements ? 1
                   : threads == 0              ? internal::MaxThreads()
                                               : threads;
    return call;
  }

  PoolCall PlanDense(const Shape& input, Layout layout, int threads) const {
    PoolCall call = Plan(input, threads);
    call.xs = DenseStrides(input, layout);
    call.ys = DenseStrides(OutputOf(call), layout);
    return call;
  }

  // Checks the views.
  PoolCall PlanViews(const PoolArgs& args, int threads) const {
    Require(!args.x.empty(), "there is no input view x");
    PoolCall call = Plan(args.x.shape(), threads);
    CheckCall(args, OutputOf(call), op.average);
    call.xs = args.x.strides();
    call.ys = args.y.strides();
    call.with_indices = !args.indices.empty();
    if (call.with_indices) call.is = args.indices.strides();
    return call;
  }

  static Shape OutputOf(const PoolCall& call) {
    return Shape(call.n, call.c, call.h.out, call.w.out);
  }

  size_t WorkspaceBytes(const PoolCall& call) const {
    return internal::WorkspaceBytes(
        4 * internal::WorkspaceFloats(internal::ChoosePoolAlgorithm(algorithm, call), call));
  }

  // What to do with this call: as with the last one, if it was like this.
  Choice Choose(const PoolCall& call) {
    const ChoiceKey key = KeyOf(call);
    Choice choice;
    if (last_choice.Find(key, choice)) return choice;
    choice.used_bytes = sizeof(choice);
    choice.algorithm = &internal::ChoosePoolAlgorithm(algorithm, call);
    choice.workspace = 4 * internal::WorkspaceFloats(*choice.algorithm, call);
    last_choice.Remember(key, choice);
    return choice;
  }

  // With the caller's workspace, or one of the object's.
  void Run(PoolCall& call, std::span<std::byte> workspace) {
    const auto [used, strategy, floats] = Choose(call);
    const internal::WorkspacePool::Lease lease(pool, workspace.empty() ? floats : 0);
    call.workspace = reinterpret_cast<float*>(
        workspace.empty() ? lease.data()
                          : internal::PlaceWorkspace(workspace, floats, call.threads));
    strategy->run(call);
  }

  std::string target;
  const internal::PoolAlgorithm* algorithm;  // null: auto
  PoolOp op;
  internal::WorkspacePool pool;
  internal::LastEntry<ChoiceKey, Choice> last_choice;
};

Pooling::Pooling(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Pooling::Impl& Pooling::impl() const {
  Require(impl_ != nullptr, "this pooling was moved from: there is nothing to work with");
  return *impl_;
}

const std::string& Pooling::target() const { return impl().target; }

Shape Pooling::OutputShape(const Shape& input) const {
  return Impl::OutputOf(impl().Plan(input, /*threads=*/1));
}

void Pooling::Run(const PoolArgs& args) const {
  PoolCall call = impl().PlanViews(args, /*threads=*/0);
  if (args.y.shape().elements() == 0) return;
  call.x = args.x.data();
  call.y = args.y.data();
  call.indices = args.indices.data();
  impl().Run(call, args.workspace);
}

void Pooling::Run(const ConstTensorView& x, const TensorView& y) const { Run({.x = x, .y = y}); }

Tensor Pooling::Run(const Tensor& x) const { return Run(x.view()); }

Tensor Pooling::Run(const ConstTensorView& x) const {
  Tensor y(OutputShape(x.shape()), x.layout());
  Run({.x = x, .y = y});
  return y;
}

size_t Pooling::WorkspaceBytes(const Shape& input, Layout layout, int threads) const {
  return internal::MaxBytes(
      threads, [&](int t) { return impl().WorkspaceBytes(impl().PlanDense(input, layout, t)); });
}

size_t Pooling::WorkspaceBytes(const PoolArgs& args, int threads) const {
  return internal::MaxBytes(
      threads, [&](int t) { return impl().WorkspaceBytes(impl().PlanViews(args, t)); });
}

Explanation Pooling::Explain(const Shape& input, Layout layout) const {
  const PoolCall call = impl().PlanDense(input, layout, /*threads=*/0);
  Explanation e;
  e.algorithm = internal::ChoosePoolAlgorithm(impl().algorithm, call).name;
  e.target = target();
  e.output = Impl::OutputOf(call);
  for (const internal::PoolAlgorithm& a : internal::PoolRegistry()) {
    const char* reason = internal::Refusal(a, call);
    if (reason == nullptr) {
      e.candidates.push_back({a.name, true, a.summary, internal::EstimatedCycles(a, call)});
    } else {
      e.candidates.push_back({a.name, false, reason, 0});
    }
  }
  return e;
}

MaxPool2d::MaxPool2d(const MaxPool2dOptions& o)
    : Pooling(std::make_shared<Impl>(internal::CheckOptions(o), o.algorithm, o.target)) {}

AvgPool2d::AvgPool2d(const AvgPool2dOptions& o)
    : Pooling(std::make_shared<Impl>(internal::CheckOptions(o), o.algorithm, o.target)) {}

AdaptiveMaxPool2d::AdaptiveMaxPool2d(const AdaptivePool2dOptions& o)
    : Pooling(std::make_shared<Impl>(internal::CheckOptions(o, false), o.algorithm, o.target)) {}

AdaptiveAvgPool2d::AdaptiveAvgPool2d(const AdaptivePool2dOptions& o)
    : Pooling(std::make_shared<Impl>(internal::CheckOptions(o, true), o.algorithm, o.target)) {}

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
