#include "lib/conv/gradients.h"

#include <span>

#include "lib/base/error.h"
#include "lib/base/overlap.h"
#include "lib/conv/registry.h"

namespace windrow::internal {
namespace {

std::span<const std::byte> Bytes(std::span<const float> floats) { return std::as_bytes(floats); }

bool Overlap(std::span<const std::byte> a, std::span<const std::byte> b) {
  const auto begin = [](auto s) { return reinterpret_cast<uintptr_t>(s.data()); };
  return !a.empty() && !b.empty() && begin(a) < begin(b) + b.size() &&
         begin(b) < begin(a) + a.size();
}

void CheckWorkspace(std::span<const std::byte> workspace, const ConstTensorView& view,
                    const char* name) {
  Require(workspace.empty() || !MayOverlap(workspace, view), "the workspace overlaps ", name,
          " in memory");
}

PlannerOptions WithAlgorithm(PlannerOptions options, const std::string& algorithm) {
  options.algorithm = algorithm;
  return options;
}

void CheckOverlap(const BackwardDataArgs& args) {
  Require(!MayOverlap(args.dy, args.dx), "dx overlaps dy in memory");
  CheckWorkspace(args.workspace, args.dy, "dy");
  CheckWorkspace(args.workspace, args.dx, "dx");
}

}  // namespace

void CheckOverlap(const BackwardWeightsArgs& args) {
  CheckWorkspace(args.workspace, args.x, "x");
  CheckWorkspace(args.workspace, args.dy, "dy");
  const auto check = [&](std::span<float> gradient, const char* name) {
    const auto bytes = Bytes(gradient);
    Require(bytes.empty() || (!MayOverlap(bytes, args.x) && !MayOverlap(bytes, args.dy)), name,
            " overlaps x or dy in memory");
    Require(!Overlap(bytes, args.workspace), "the workspace overlaps ", name, " in memory");
  };
  check(args.dw, "dw");
  check(args.db, "db");
  Require(!Overlap(Bytes(args.dw), Bytes(args.db)), "dw overlaps db in memory");
}

ConvGradients::ConvGradients(const ConvOp& op, const ConvWeights& weights,
                             const BackwardAlgorithms& algorithms, const PlannerOptions& options)
    : op_(op),
      weights_(weights),
      data_options_(WithAlgorithm(options, algorithms.data)),
      planner_(GradientRegistry(), WithAlgorithm(options, algorithms.weights)) {
  ConvRegistry().Find(data_options_.algorithm);
}

BackwardData& ConvGradients::data() {
  if (!made_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(making_);
    if (data_ == nullptr) {
      data_ = std::make_unique<BackwardData>(op_, weights_.oihw(), data_options_);
      made_.store(true, std::memory_order_release);
    }
  }
  return *data_;
}

void ConvGradients::WeightsChanged() {
  if (data_ != nullptr) data_->Set(weights_.oihw());
}

void ConvGradients::CheckOutputs(const Geometry& g, const ConstTensorView& dy) const {
  Require(!dy.empty(), "there is no view dy");
  const Shape output(g.n, op_.out_channels, g.h.out, g.w.out);
  Require(dy.shape() == output, "dy has the shape ", dy.shape(), ", the convolution gives ",
          output);
}

TransposedCall ConvGradients::CheckedCall(const BackwardDataArgs& args) const {
  Require(!args.dx.empty(), "there is no view dx");
  const Geometry g = ResolveGeometry(op_, args.dx.shape());
  CheckOutputs(g, args.dy);
  const Strides& s = args.dx.strides();
  Require(!MayOverlapItself(args.dx), "elements of dx overlap each other: strides n ", s.n, ", c ",
          s.c, ", h ", s.h, ", w ", s.w, " for the shape ", args.dx.shape());
  CheckOverlap(args);
  return {
      .geometry = g, .y = args.dy.data(), .ys = args.dy.strides(), .x = args.dx.data(), .xs = s};
}

void ConvGradients::Run(const BackwardDataArgs& args) {
  data().Run(CheckedCall(args), args.workspace);
}

size_t ConvGradients::WorkspaceBytes(const BackwardDataArgs& args, int threads) {
  return data().WorkspaceBytes(CheckedCall(args), threads);
}

Explanation ConvGradients::Explain(const BackwardDataArgs& args) {
  const TransposedCall call = CheckedCall(args);
  Explanation e = data().Explain(call);
  e.output = args.dx.shape();
  e.multiply_adds = call.multiply_adds(op_);
  return e;
}

GradientShape ConvGradients::CheckedShape(const BackwardWeightsArgs& args) const {
  Require(!args.x.empty(), "there is no input view x");
  const Geometry g = ResolveGeometry(op_, args.x.shape());
  CheckOutputs(g, args.dy);
  const GradientShape shape{.op = &op_,
                            .n = g.n,
                            .h = g.h,
                            .w = g.w,
                            .xs = args.x.strides(),
                            .dys = args.dy.strides(),
                            .threads = 1};
  return shape;
}

void ConvGradients::Run(const BackwardWeightsArgs& args) {
  const int64_t weights =
      op_.out_channels * op_.group_in() * op_.kernel.h * op_.kernel.w;  // they exist
  Require(std::ssize(args.dw) == weights, "dw has ", args.dw.size(),
          " elements, the convolution has ", weights, " weights");
  Require(args.db.empty() || std::ssize(args.db) == op_.out_channels, "db has ", args.db.size(),
          " elements, the convolution has ", op_.out_channels, " output channels");
  CheckOverlap(args);
  const Key key = KeyOf(args);
  decltype(planner_)::Planned planned;
  if (!planner_.Find(key, planned)) planned = planner_.Make(key, CheckedShape(args));
  planner_.Run(planned,
               {.x = args.x.data(),
                .dy = args.dy.data(),
                .dw = args.dw.data(),
                .db = args.db.empty() ? nullptr : args.db.data(),
                .accumulate = args.accumulate,
                .scratch = nullptr},
               args.workspace);
}

size_t ConvGradients::WorkspaceBytes(const BackwardWeightsArgs& args, int threads) const {
  return planner_.WorkspaceBytes(CheckedShape(args), threads);
}

Explanation ConvGradients::Explain(const BackwardWeightsArgs& args) const {
  const GradientShape shape = CheckedShape(args);
  Explanation e = planner_.Explain(KeyOf(args), shape);
  e.output = Shape(op_.out_channels, op_.group_in(), op_.kernel.h, op_.kernel.w);
  e.multiply_adds = shape.multiply_adds();
  return e;
}

}  // namespace windrow::internal
