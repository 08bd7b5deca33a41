// One output pixel (NHWC): lanes are output channels, rows of the tile are panels of them.
//
//   for each group, part of its panels and image (the parallel tasks):
//     for panels of one width, evenly in tiles of a few:  one call, and one for a partial vector
//
// Every weight is read once, so memory is the limit: panels are as many streams of weights. Taps on
// zero padding are left out.
#include "lib/conv/panels.h"

#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/conv/cost.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

class Task {
 public:
  Task(const PanelsPlan& plan, const ConvBuffers& buffers)
      : plan_(plan), call_(plan.shape), op_(*call_.op), buffers_(buffers), args_{} {
    const int64_t across = plan_.columns.end - plan_.columns.begin;
    op_.SetClamp(args_);
    args_.b_outer = WrappedProduct(call_.h.dilation, call_.xs.h);
    args_.b_inner = WrappedProduct(call_.w.dilation, call_.xs.w);
    args_.b_k = 1;
    args_.outer = plan_.rows.end - plan_.rows.begin;
    args_.inner = plan_.merged ? 1 : across;
    args_.len = plan_.merged ? across * op_.group_in() : op_.group_in();
    args_.first = args_.last = true;
  }

  void Run(int64_t group, int64_t part, int64_t n) {
    if (args_.outer * args_.inner * args_.len != 0) {  // else there may be no such input
      args_.b = buffers_.x + n * call_.xs.n + group * call_.x_group +
                call_.h.Position(0, plan_.rows.begin) * call_.xs.h +
                call_.w.Position(0, plan_.columns.begin) * call_.xs.w;
    }
    const int64_t end = plan_.first_panel + plan_.parts.Begin(part + 1);
    for (int64_t i = plan_.first_panel + plan_.parts.Begin(part); i < end;) {
      const int64_t next = std::min(call_.weights->AlikeUntil(i), end);
      RunAlike(n, call_.weights->group_panel(group, i), next - i,
               call_.weights->group_panel(group, next - 1).tail);
      i = next;
    }
  }

 private:
  // So many panels from this one on, the last of them with this tail.
  void RunAlike(int64_t n, const Panel& panel, int64_t panels, int tail) {
    const int64_t width = panel.vecs * op_.lanes;
    const int64_t tap = op_.group_in() * width, kernel_row = call_.w.kernel * tap;
    args_.a_k = width;
    args_.a_inner = tap;
    args_.a_outer = kernel_row;
    args_.a_row = call_.h.kernel * kernel_row;
    args_.y_row = args_.residual_row = width;
    const float* const weights =
        panel.weights + plan_.rows.begin * kernel_row + plan_.columns.begin * tap;
    const EvenSplit tiles(panels, op_.tiles->panels.max_rows[panel.vecs]);
    // The tiles that have one row more, then the others, then that with a partial vector.
    for (int64_t i = 0; i < tiles.parts;) {
      int64_t next = i < tiles.larger ? tiles.larger : tiles.parts;
      args_.tail = next < tiles.parts ? op_.lanes : tail;
      if (args_.tail < op_.lanes && next - i > 1) {
        --next;
        args_.tail = op_.lanes;
      }
      const int64_t begin = tiles.Begin(i);
      args_.a = weights + begin * args_.a_row;
      args_.bias = panel.bias + begin * width;
      const int64_t out_channel = panel.out_channel + begin * width;
      args_.y = buffers_.y + n * call_.ys.n + out_channel;
      if (buffers_.residual != nullptr) {
        args_.residual = buffers_.residual + n * call_.rs.n + out_channel;
      }
      args_.tiles = next - i;
      op_.tiles->panels.tile[panel.vecs][tiles.Begin(i + 1) - begin](args_);
      i = next;
    }
  }

  const PanelsPlan& plan_;
  const ConvShape& call_;
  const ConvOp& op_;
  const ConvBuffers& buffers_;
  TileArgs args_;
};

// A tile costs what one row of as many vectors would.
double Estimate(const PanelsPlan& p) {
  const ConvShape& c = p.shape;
  const ConvOp& op = *c.op;
  const ConvWeights& weights = *c.weights;
  const int64_t taps = (p.rows.end - p.rows.begin) * (p.columns.end - p.columns.begin);
  const auto steps = static_cast<double>(taps * op.group_in());
  double group = 0;
  for (int64_t i = 0; i < weights.group_panels(); i = weights.AlikeUntil(i)) {
    const int vecs = weights.group_panel(0, i).vecs;
    const EvenSplit tiles(weights.AlikeUntil(i) - i, op.tiles->panels.max_rows[vecs]);
    group += Cycles(tiles, [&](int64_t panels) {
      return steps * StepCycles(op, 1, panels * vecs) + op.machine->tile;
    });
  }
  return static_cast<double>(SaturatedProduct({c.n, op.groups})) * group;
}

// Enough for the threads, and of a batch so small that the weights of one stay in cache.
EvenSplit Parts(const ConvShape& c) {
  const ConvOp& op = *c.op;
  int64_t parts = BandsForThreads(c, SaturatedProduct({c.n, op.groups}));
  if (c.n > 1) {
    const int64_t weights =
        SaturatedProduct({op.group_out(), op.group_in(), c.h.kernel, c.w.kernel, kFloat});
    parts = std::max(parts, CeilDiv(weights, op.machine->l2 / 2));
  }
  const TileTable& tiles = op.tiles->panels;
  const int64_t panels = c.weights->group_panels();
  const int64_t min = std::min<int64_t>(tiles.max_rows[tiles.max_vecs], panels);
  return EvenSplit(panels, std::max(CeilDiv(panels, parts), min));
}

}  // namespace

std::optional<PanelsPlan> PlanPanels(const ConvShape& shape) {
  const ConvOp& op = *shape.op;
  if (shape.h.out != 1 || shape.w.out != 1 || op.depthwise()) return std::nullopt;
  PanelsPlan p{.shape = shape,
               .cycles = 0,
               .merged = shape.w.dilation == 1 && shape.xs.w == op.group_in(),
               .rows = shape.h.Visible(0, 1),
               .columns = shape.w.Visible(0, 1),
               .first_panel = 0,
               .parts = Parts(shape)};
  p.cycles = kStrategyCycles + Estimate(p);
  return p;
}

std::string PanelsPlan::Describe() const {
  const int vecs = shape.weights->group_panel(0, 0).vecs;
  const EvenSplit tiles(shape.weights->AlikeUntil(0), shape.op->tiles->panels.max_rows[vecs]);
  return StrCat(DescribeTile(*shape.op, tiles.smaller + (tiles.larger > 0 ? 1 : 0), vecs),
                ", rows are panels");
}

void PanelsPlan::Run(const ConvBuffers& buffers) const {
  Prepare();
  const int64_t groups = shape.op->groups;
  if (shape.threads == 1) {  // without a division
    return RunTasks(1, 1, [&](int64_t, int64_t) {
      Task task(*this, buffers);
      for (int64_t group = 0; group < groups; ++group) {
        for (int64_t part = 0; part < parts.parts; ++part) {
          for (int64_t n = 0; n < shape.n; ++n) task.Run(group, part, n);
        }
      }
    });
  }
  RunTasks(shape.threads, shape.n * parts.parts * groups, [&](int64_t i, int64_t) {
    const int64_t part = i / shape.n;
    Task(*this, buffers).Run(part / parts.parts, part % parts.parts, i % shape.n);
  });
}

}  // namespace windrow::internal
