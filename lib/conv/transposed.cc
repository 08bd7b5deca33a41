#include "lib/conv/transposed.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/planner.h"
#include "lib/conv/phase.h"
#include "lib/conv/registry.h"

namespace windrow::internal {
namespace {

// More phases than the kernels of networks have; each keeps a plan and weights of its own.
constexpr int64_t kMaxPhases = 1024;

struct PhaseKey {
  int64_t n;
  Axis h, w;
  Strides ys, xs;
  int64_t finite_weights;
};

ConvOp OpOf(const ConvOp& forward, Size2 taps, Size2 dilation) {
  ConvOp op = forward;
  std::swap(op.in_channels, op.out_channels);
  op.kernel = taps;
  op.stride = 1;
  op.dilation = dilation;
  op.padding = 0;
  op.mode = PaddingMode::kZeros;
  op.padding_absent = true;
  SetWithoutPass(op);
  return op;
}

}  // namespace

struct TransposedConv::Phase {
  using PhasePlanner = Planner<PhaseKey, ConvShape, ConvBuffers>;

  Phase(const ConvOp& forward, const PhaseTaps& h, const PhaseTaps& w, const WeightsView& view,
        std::span<const float> bias, const PlannerOptions& options)
      : rows(h),
        columns(w),
        op(OpOf(forward, {h.count, w.count}, {h.dilation, w.dilation})),
        weights(op, view, bias),
        planner(ConvRegistry(), options) {}

  // Where it lies in a call.
  struct Part {
    PhaseAxis h, w;
    ConvShape shape;

    bool empty() const { return shape.n == 0 || shape.h.out == 0 || shape.w.out == 0; }
  };
  Part PartOf(const Call& call) const {
    const Geometry& g = call.geometry;
    return PartOf(call, PhaseAxis(rows, g.h), PhaseAxis(columns, g.w), {g.h.stride, g.w.stride});
  }
  // All inputs, without a tap.
  Part NothingOf(const Call& call) const {
    const Geometry& g = call.geometry;
    return PartOf(call, PhaseAxis::Nothing(rows.count, g.h), PhaseAxis::Nothing(columns.count, g.w),
                  {1, 1});
  }

  Part PartOf(const Call& call, const PhaseAxis& h, const PhaseAxis& w, Size2 stride) const {
    ConvShape shape{.op = &op,
                    .weights = &weights,
                    .n = call.geometry.n,
                    .h = h.axis,
                    .w = w.axis,
                    .xs = call.ys,
                    .x_group = static_cast<ptrdiff_t>(op.group_in() * call.ys.c),
                    .ys = call.xs,
                    .rs = {},
                    .residual = ResidualPlace::kNone,
                    .threads = 1};
    shape.ys.h = WrappedProduct(stride.h, call.xs.h);
    shape.ys.w = WrappedProduct(stride.w, call.xs.w);
    return {h, w, shape};
  }

  void Run(const Call& call, const Part& part, std::span<std::byte> workspace) {
    if (part.empty()) return;
    const ConvShape& s = part.shape;
    const PhaseKey key = KeyOf(s);
    PhasePlanner::Planned planned;
    if (!planner.Find(key, planned)) planned = planner.Make(key, s);
    planner.Run(planned,
                {.x = call.y + part.h.offset * s.xs.h + part.w.offset * s.xs.w,
                 .y = call.x + part.h.first * call.xs.h + part.w.first * call.xs.w,
                 .residual = nullptr,
                 .scratch = nullptr},
                workspace);
  }

  static PhaseKey KeyOf(const ConvShape& s) {
    return {s.n, s.h, s.w, s.xs, s.ys, s.weights->finite()};
  }

  PhaseTaps rows, columns;
  ConvOp op;
  ConvWeights weights;
  PhasePlanner planner;
};

namespace {

// Of the phase's taps, flipped; inputs and outputs change places.
WeightsView ViewOf(const ConvOp& forward, const float* weights, const PhaseTaps& h,
                   const PhaseTaps& w) {
  const WeightsView v = WeightsView::Dense(forward, weights);
  return {.data = weights + h.last() * v.h + w.last() * v.w,
          .group = v.group,
          .output = v.input,
          .input = v.output,
          .h = -h.step * v.h,
          .w = -w.step * v.w};
}

// Those that no tap reaches: like a kernel of one tap, which is never inside.
constexpr PhaseTaps kOneTap{.first = 0, .step = 1, .count = 1, .dilation = 1};

}  // namespace

TransposedConv::TransposedConv(const ConvOp& forward, const float* weights,
                               std::span<const float> bias, const PlannerOptions& options)
    : forward_(forward) {
  const auto* const forced = ConvRegistry().Find(options.algorithm).row;
  const auto rows = PhasesOf(forward.kernel.h, forward.stride.h, forward.dilation.h);
  const auto columns = PhasesOf(forward.kernel.w, forward.stride.w, forward.dilation.w);
  const bool many = SaturatedProduct({std::ssize(rows), std::ssize(columns)}) > kMaxPhases;
  if (many || (forced != nullptr && std::string_view(forced->name) == "reference")) {
    reference_ = std::make_unique<TransposedReference>(forward, weights, bias);
    return;
  }
  const auto add = [&](const PhaseTaps& h, const PhaseTaps& w) {
    const WeightsView view = ViewOf(forward, weights, h, w);
    return std::make_unique<Phase>(forward, h, w, view, bias, options);
  };
  for (const PhaseTaps& h : rows) {
    for (const PhaseTaps& w : columns) phases_.push_back(add(h, w));
  }
  const bool all = std::ssize(rows) == forward.stride.h && std::ssize(columns) == forward.stride.w;
  if (!all) rest_ = add(kOneTap, kOneTap);
}

TransposedConv::~TransposedConv() = default;

void TransposedConv::Set(const float* weights, std::span<const float> bias) {
  const auto set = [&](Phase& p) {
    p.weights.Set(p.op, ViewOf(forward_, weights, p.rows, p.columns), bias);
  };
  for (const auto& phase : phases_) set(*phase);
  if (rest_ != nullptr) set(*rest_);
  if (reference_ != nullptr) reference_->Set(weights, bias);
}

void TransposedConv::Run(const Call& call, std::span<std::byte> workspace) {
  if (reference_ != nullptr) return reference_->Run(call);
  // All of x, of which the phases then write their parts anew.
  if (rest_ != nullptr) rest_->Run(call, rest_->NothingOf(call), workspace);
  for (const auto& phase : phases_) phase->Run(call, phase->PartOf(call), workspace);
}

size_t TransposedConv::WorkspaceBytes(const Call& call, int threads) const {
  size_t max = 0;
  const auto visit = [&](const Phase& phase, const Phase::Part& part) {
    if (part.empty()) return;
    max = std::max(max, phase.planner.WorkspaceBytes(part.shape, threads));
  };
  for (const auto& phase : phases_) visit(*phase, phase->PartOf(call));
  if (rest_ != nullptr) visit(*rest_, rest_->NothingOf(call));
  return max;
}

Explanation TransposedConv::Explain(const Call& call) const {
  Explanation e;
  if (reference_ != nullptr) {
    e.algorithm = "reference";
    e.tile = "scalar";
    e.chosen_by = "force";
    e.candidates.push_back({e.algorithm, true, "scalar, for any problem", 0});
    return e;
  }
  // What the phase of most multiply-adds does.
  int64_t max = -1;
  for (const auto& phase : phases_) {
    const Phase::Part part = phase->PartOf(call);
    if (part.empty() || part.shape.multiply_adds() <= max) continue;
    max = part.shape.multiply_adds();
    e = phase->planner.Explain(Phase::KeyOf(part.shape), part.shape);
  }
  if (phases_.size() > 1) e.tile += StrCat(", ", phases_.size(), " phases");
  return e;
}

}  // namespace windrow::internal
