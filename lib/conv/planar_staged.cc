// For each image and band of output rows (the parallel tasks):
//
//   1. the band's input is copied to planes, unless its rows are runs of pixels
//   2. planar convolution, of the band as a call of its own
//   3. its output is copied from planes to y, unless it could be written there
//
// For so few channels that as lanes they would not fill a vector.
#include "lib/conv/planar_staged.h"

#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/conv/band.h"
#include "lib/conv/cost.h"
#include "lib/conv/strategies.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

// Planes without gaps.
Strides PlanesOf(int64_t rows, int64_t columns) {
  return {0, PixelPitch(SaturatedProduct({rows, columns})), columns, 1};
}

// What one row of outputs and the inputs that it sees take.
int64_t RowFloats(const ConvShape& c) {
  const int64_t seen = std::min(c.h.in, Covered(c.h, 1));
  return SaturatedSum(SaturatedProduct({c.op->in_channels, seen, c.w.in}),
                      SaturatedProduct({c.op->out_channels, c.w.out}));
}

// So many that the planes of a band fit half of the L2 cache.
int64_t RowsThatFit(const ConvShape& c) {
  const int64_t row = SaturatedSum(SaturatedProduct({c.op->in_channels, c.w.in, c.h.stride}),
                                   SaturatedProduct({c.op->out_channels, c.w.out}));
  return std::max<int64_t>(c.op->machine->l2 / 2 / kFloat / std::max<int64_t>(row, 1), 1);
}

// The same, and that there is a band for everybody.
int64_t RowsPerBand(const ConvShape& c) {
  const int64_t share = CeilDiv(c.h.out, BandsForThreads(c, c.n));
  return std::clamp<int64_t>(share, 1, RowsThatFit(c));
}

// Outputs that see padding before or after them.
int64_t PaddedOutputs(const Axis& axis) {
  const int64_t before = CeilDiv(std::max<int64_t>(axis.before, 0), axis.stride);
  const int64_t last = axis.in - 1 - (axis.kernel - 1) * axis.dilation + axis.before;
  const int64_t inside_end = last < 0 ? 0 : last / axis.stride + 1;
  return std::min(before, axis.out) + std::max<int64_t>(axis.out - inside_end, 0);
}

class Task {
 public:
  Task(const PlanarStagedPlan& plan, const ConvBuffers& buffers, int64_t index, float* scratch)
      : plan_(plan),
        call_(plan.shape),
        buffers_(buffers),
        band_(plan.Band(index / plan.bands.parts, index % plan.bands.parts)),
        x_(scratch),
        y_(scratch + plan.x_floats),
        own_(y_ + plan.y_floats) {}

  void Run() const {
    ConvBuffers in = band_.In(buffers_, reinterpret_cast<std::byte*>(own_));
    const ConvOp& op = *call_.op;
    const ConvShape& sub = band_.shape;
    if (plan_.stage_x) {
      CopyPixels(op, {sub.h.in, sub.w.in, op.in_channels}, in.x, call_.xs, x_, sub.xs);
      in.x = x_;
    }
    float* const y = in.y;
    const PixelBlock outputs{sub.h.out, sub.w.out, op.out_channels};
    if (plan_.stage_y) {
      if (in.residual != nullptr) {
        CopyPixels(op, outputs, in.residual, call_.rs, y_, sub.ys);
        in.residual = y_;
      }
      in.y = y_;
    }
    ConvPlan plan;
    ConsiderPlanar(sub, plan);
    plan.Run(in);
    if (plan_.stage_y) CopyPixels(op, outputs, y_, sub.ys, y, call_.ys);
  }

 private:
  const PlanarStagedPlan& plan_;
  const ConvShape& call_;
  const ConvBuffers& buffers_;
  const BlockCall band_;
  float *x_, *y_, *own_;
};

}  // namespace

BlockCall PlanarStagedPlan::Band(int64_t n, int64_t band) const {
  const int64_t row = bands.Begin(band), rows = bands.Begin(band + 1) - row;
  BlockCall call(shape, {n, row, rows, 0, shape.w.out});
  ConvShape& sub = call.shape;
  if (stage_x) sub.xs = PlanesOf(sub.h.in, sub.w.in);
  if (stage_y) {
    sub.ys = sub.rs = PlanesOf(rows, sub.w.out);
    if (sub.has_residual()) sub.residual = ResidualPlace::kInY;
  }
  return call;
}

std::optional<PlanarStagedPlan> PlanPlanarStaged(const ConvShape& shape) {
  const bool stage_y = !shape.OfOutputs([&](const Strides& s) { return IsRun(s, shape.w.out); });
  PlanarStagedPlan p{.shape = shape,
                     .stage_x = !IsRun(shape.xs, shape.w.in),
                     .stage_y = stage_y,
                     .bands = EvenSplit(shape.h.out, RowsPerBand(shape))};
  if (shape.n == 0 || shape.h.out == 0) return std::nullopt;
  // Padding may be a copy of rows from anywhere.
  if (shape.op->mode != PaddingMode::kZeros && shape.h.padded()) return std::nullopt;
  const ConvOp& op = *shape.op;
  // A part of a call (row_band.h) must not be refused where the whole call is not, so what is
  // limited is no larger of a part.
  if (RowFloats(shape) > 2 * op.machine->l2 / kFloat) return std::nullopt;
  constexpr int64_t kFew = 32;  // bands that are planned, each by itself
  if (PaddedOutputs(shape.h) / RowsThatFit(shape) > kFew) return std::nullopt;
  double cycles = 0;
  // From either end on to the first that sees no padding: those between are like it.
  for (const bool forwards : {true, false}) {
    bool padded = true;
    for (int64_t i = 0; padded && i < p.bands.parts; ++i) {
      const BlockCall call = p.Band(0, forwards ? i : p.bands.parts - 1 - i);
      const ConvShape& sub = call.shape;
      ConvPlan plan;
      if (ConsiderPlanar(sub, plan) != nullptr) return std::nullopt;
      cycles = std::max(cycles, plan.cycles());
      p.inner_bytes = std::max(p.inner_bytes, plan.scratch_bytes());
      if (p.stage_x) {
        p.x_floats = std::max(p.x_floats, SaturatedProduct({sub.xs.c, op.in_channels}));
      }
      if (p.stage_y) {
        p.y_floats = std::max(p.y_floats, SaturatedProduct({sub.ys.c, op.out_channels}));
      }
      padded = sub.h.padded();
    }
  }
  p.x_floats = RoundUp(p.x_floats, 16);
  p.y_floats = RoundUp(p.y_floats, 16);
  // Few channels do not fill the vectors of a transposition.
  const double copied_float = 0.3 + 3 / static_cast<double>(op.in_channels);
  const double copies = copied_float * static_cast<double>(p.x_floats + p.y_floats);
  p.cycles = static_cast<double>(shape.n * p.bands.parts) * (cycles + kRectangleCycles + copies);
  return p;
}

int64_t PlanarStagedPlan::ScratchBytes() const {
  const int64_t own = RoundUp(inner_bytes, int64_t{kAlignment});
  return SaturatedSum(SaturatedProduct({SaturatedSum(x_floats, y_floats), kFloat}), own);
}

void PlanarStagedPlan::Run(const ConvBuffers& buffers) const {
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, shape.n * bands.parts, [&](int64_t i, int64_t slot) {
    Task(*this, buffers, i, buffers.Scratch(slot, bytes)).Run();
  });
}

std::string PlanarStagedPlan::Describe() const {
  ConvPlan plan;
  ConsiderPlanar(Band(0, 0).shape, plan);
  return StrCat(plan.Describe(), stage_x ? ", x copied to planes" : "",
                stage_y ? ", y copied from planes" : "");
}

}  // namespace windrow::internal
