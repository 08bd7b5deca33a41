// Direct convolution where channels are contiguous (NHWC): lanes are output channels, the input is
// broadcast. Nothing is copied, padded or gathered.
//
//   for each panel of output channels, image and band of output pixels (the parallel tasks):
//     for each block of kernel rows whose weights fit the cache:
//       for each rectangle of outputs with the same taps inside the input:
//         for each line of the rectangle, cut evenly into tiles:  the tile adds a run of
//           kw * channels inputs for each kh, or of `channels` for each (kh, kw)
//
// Taps on zero padding are left out: a rectangle is the interior, an edge or a corner. The
// lines of a narrow edge run down the image, so that they fill tiles too. Where padding counts
// (reflected, or zeros under infinite weights), or channels are not contiguous, direct_staged.cc
// copies a block's input or output first. Groups of few output channels have tiles of their own in
// rolling.cc.
#include "lib/conv/direct.h"

#include <algorithm>
#include <array>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/conv/band_axis.h"
#include "lib/conv/cost.h"
#include "lib/conv/direct_plan.h"
#include "lib/conv/direct_staged.h"
#include "lib/conv/rolling.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

uintptr_t Address(const float* p) { return reinterpret_cast<uintptr_t>(p); }

// A block of kernel rows [begin, end): the part of the reduction whose weights stay in cache.
struct KernelRows {
  int64_t begin, end;
};

// Outputs of one image.
struct Band {
  int64_t n, row_begin, row_end, column_begin, column_end;
};

// Outputs with the same taps inside the input, and those taps that are in the block.
struct Rectangle {
  int64_t n;
  Segment rows, columns;
  KernelRows taps;
  bool first, last;  // whether this block is the first, the last of the rectangle's reduction

  // The part of the reduction in this block; false if there is nothing to do in it.
  bool Clip(KernelRows block) {
    taps.begin = std::max(rows.tap_begin, block.begin);
    taps.end = std::max(std::min(rows.tap_end, block.end), taps.begin);
    // One block is the first and one the last of every rectangle, of one without taps too.
    const bool none = rows.tap_begin == rows.tap_end;
    first = taps.begin == rows.tap_begin;
    last = none || taps.end == rows.tap_end;
    return taps.begin < taps.end || (none && block.begin == 0);
  }
};

class Direct {
 public:
  explicit Direct(const DirectPlan& plan) : plan_(plan), call_(plan_.call), op_(*call_.op) {}

  void RunTask(int64_t task) {
    // If the weights stay in cache, all panels of a band come first; else all bands of a panel.
    const int64_t panels = plan_.panels, bands = plan_.bands;
    const int64_t panel = plan_.weights_stay ? task % panels : task / (bands * call_.n);
    const int64_t other = plan_.weights_stay ? task / panels : task % (bands * call_.n);
    const int64_t n = other / bands, band = other % bands;
    const int64_t begin = band * plan_.length / bands, end = (band + 1) * plan_.length / bands;
    RunBand(call_.weights->panel(panel), plan_.by_rows ? Band{n, begin, end, 0, call_.w.out}
                                                       : Band{n, 0, call_.h.out, begin, end});
    op_.tiles->leave();
  }

 private:
  void RunBand(const Panel& panel, const Band& band) {
    for (int64_t kh = 0; kh < call_.h.kernel; kh += plan_.kernel_rows) {
      const KernelRows block{kh, std::min(kh + plan_.kernel_rows, call_.h.kernel)};
      for (int64_t oh = band.row_begin; oh < band.row_end;) {
        const Segment rows = call_.h.SegmentFrom(oh, band.row_end);
        for (int64_t ow = band.column_begin; ow < band.column_end;) {
          const Segment columns = call_.w.SegmentFrom(ow, band.column_end);
          RunRectangle(panel, {band.n, rows, columns, {}, false, false}, block);
          ow = columns.end;
        }
        oh = rows.end;
      }
    }
  }

  void RunRectangle(const Panel& panel, Rectangle r, KernelRows block) {
    const bool whole = r.rows.tap_end - r.rows.tap_begin == call_.h.kernel &&
                       r.columns.tap_end - r.columns.tap_begin == call_.w.kernel;
    if (!r.Clip(block)) return;
    const TileCut across = Cut(panel, r.columns.size());
    const TileCut along = Cut(panel, r.rows.size());
    const bool down = along.cycles * static_cast<double>(r.columns.size()) <
                      across.cycles * static_cast<double>(r.rows.size());
    const TileCut cut = down ? along : across;
    TileArgs args = MakeArgs(panel, r, down);
    if (whole && !plan_.weights_stay) {
      const int64_t cuts = CeilDiv((down ? r.rows : r.columns).size(), cut.max_rows);
      const int64_t tiles = (down ? r.columns : r.rows).size() * cuts * (panel.vecs / cut.vecs);
      PrefetchWeights(panel, r.taps, tiles, args);
    }
    for (int vec = 0; vec < panel.vecs; vec += cut.vecs) {
      args.tail = vec + cut.vecs == panel.vecs ? panel.tail : op_.lanes;
      RunLines(args, r, panel, vec, cut, down);
      args.b += cut.vecs * op_.lanes;
      args.bias += cut.vecs * op_.lanes;
    }
  }

  // The tiles of all lines, for cut.vecs of the panel's vectors from `vec` on.
  void RunLines(TileArgs& args, const Rectangle& r, const Panel& panel, int vec, TileCut cut,
                bool down) const {
    const int64_t out_channel = panel.out_channel + vec * op_.lanes;
    const int64_t in_channel =
        panel.in_channel / op_.group_in() * call_.x_group + (op_.depthwise() ? vec * op_.lanes : 0);
    const Segment& lines = down ? r.columns : r.rows;
    const Segment& along = down ? r.rows : r.columns;
    const EvenSplit tiles(along.size(), cut.max_rows);
    const auto steps = static_cast<uintptr_t>(args.outer * args.inner * args.len);
    for (int64_t line = lines.begin; line < lines.end; ++line) {
      for (int64_t i = 0; i < tiles.parts; ++i) {
        const int64_t begin = along.begin + tiles.Begin(i), end = along.begin + tiles.Begin(i + 1);
        const int64_t oh = down ? begin : line, ow = down ? line : begin;
        if (steps != 0) {  // else there may be no such input
          args.a = call_.x + r.n * call_.xs.n + in_channel +
                   call_.h.Position(oh, r.taps.begin) * call_.xs.h +
                   call_.w.Position(ow, r.columns.tap_begin) * call_.xs.w;
        }
        args.y = call_.y + r.n * call_.ys.n + oh * call_.ys.h + ow * call_.ys.w + out_channel;
        if (call_.residual != nullptr) {
          args.residual =
              call_.residual + r.n * call_.rs.n + oh * call_.rs.h + ow * call_.rs.w + out_channel;
        }
        if (plan_.pixels_once && plan_.weights_stay) PrefetchPixels(end - begin, args);
        panel.tiles->tile[cut.vecs][end - begin](args);
        args.prefetch += args.prefetch_step * steps;
      }
    }
  }

  // All of the arguments that the tiles of a rectangle share, for the panel's first vector.
  TileArgs MakeArgs(const Panel& panel, const Rectangle& r, bool down) const {
    const int64_t width = panel.vecs * op_.lanes, channels = op_.group_in();
    const int64_t run_taps = r.columns.tap_end - r.columns.tap_begin;
    TileArgs args{};
    op_.SetClamp(args);
    args.a_row = down ? WrappedProduct(call_.h.stride, call_.xs.h)
                      : WrappedProduct(call_.w.stride, call_.xs.w);
    args.a_outer = WrappedProduct(call_.h.dilation, call_.xs.h);
    args.a_inner = WrappedProduct(call_.w.dilation, call_.xs.w);
    args.b =
        panel.weights + (r.taps.begin * plan_.row_weights + r.columns.tap_begin * channels) * width;
    args.b_outer = plan_.row_weights * width;
    args.b_inner = channels * width;
    args.b_k = width;
    args.outer = r.taps.end - r.taps.begin;
    args.inner = plan_.merged ? 1 : run_taps;
    args.len = plan_.merged ? run_taps * channels : channels;
    args.bias = panel.bias;
    args.y_row = down ? call_.ys.h : call_.ys.w;
    args.residual_row = down ? call_.rs.h : call_.rs.w;
    args.first = r.first;
    args.last = r.last;
    args.prefetch = Address(args.b);
    return args;
  }

  // Spreads over the steps of these tiles the weights that follow in memory: those of the next
  // block or panel, which would otherwise come from L3 or DRAM just when they are needed.
  void PrefetchWeights(const Panel& panel, KernelRows taps, int64_t tiles, TileArgs& args) const {
    const int64_t row = plan_.row_weights * panel.vecs * op_.lanes;
    const int64_t bytes = (taps.end - taps.begin) * row * static_cast<int64_t>(sizeof(float));
    const int64_t steps = tiles * args.outer * args.inner * args.len;
    constexpr int64_t kLine = 64;
    args.prefetch = Address(panel.weights) + static_cast<uintptr_t>(taps.end * row) * sizeof(float);
    args.prefetch_step = static_cast<uintptr_t>(std::min(CeilDiv(bytes, steps), kLine));
  }

  // The next tile's pixels: as many as this one's, behind them.
  void PrefetchPixels(int64_t rows, TileArgs& args) const {
    args.prefetch =
        Address(args.a) + static_cast<uintptr_t>(rows) * static_cast<uintptr_t>(args.a_row) * 4;
    args.prefetch_step = static_cast<uintptr_t>(rows) * sizeof(float);
  }

  // Every panel has the same few lines.
  const TileCut& Cut(const Panel& panel, int64_t length) {
    KnownCut& known = cuts_[static_cast<size_t>(length + panel.vecs) % cuts_.size()];
    if (known.vecs != panel.vecs || known.length != length) {
      known = {panel.vecs, length, CutLine(op_, panel, length)};
    }
    return known.cut;
  }

  struct KnownCut {
    int vecs = 0;
    int64_t length = 0;
    TileCut cut{};
  };

  const DirectPlan& plan_;
  const ConvCall& call_;
  const ConvOp& op_;
  std::array<KnownCut, 16> cuts_{};
};

}  // namespace

const char* RefuseDirect(const ConvCall& call) {
  return call.op->depthwise() ? "each group has one channel: depthwise does this" : nullptr;
}

void RunDirectTasks(const DirectPlan& plan) {
  Direct direct(plan);
  for (int64_t i = 0; i < plan.tasks(); ++i) direct.RunTask(i);
}

void RunDirect(const ConvCall& call) {
  const StagePlan stage = PlanStage(call);
  if (stage.stage_x || stage.stage_y) return RunStaged(stage);
  if (Rolls(call)) return RunRolling(call);
  const DirectPlan plan = PlanDirect(call);
  if (plan.call.threads == 1) return RunDirectTasks(plan);
  ParallelFor(plan.tasks(), [&plan](int64_t i) { Direct(plan).RunTask(i); });
}

namespace {

// What is left to do when a call's pixels have been brought into order.
ConvCall InOrder(const StagePlan& stage) {
  ConvCall call = stage.call;
  call.xs.c = call.ys.c = call.rs.c = 1;
  return call;
}

// About as many as there are, or as many as all taps see.
int64_t CopiedFloats(const StagePlan& p) {
  const ConvCall& c = p.call;
  const auto copied = [](const Axis& axis, int64_t outputs) {
    return BandAxis(axis, outputs).by_taps ? SaturatedProduct({axis.kernel, axis.out}) : axis.in;
  };
  return SaturatedProduct(
      {c.n, c.op->in_channels, copied(c.h, p.blocks.rows), copied(c.w, p.blocks.columns)});
}

double EstimateTiles(const ConvCall& c, bool skip_padding) {
  const ConvOp& op = *c.op;
  const Panel panel = c.weights->panel(0);
  // Lines along rows or down columns, as in the interior.
  const TileCut across = CutLine(op, panel, c.w.out), down = CutLine(op, panel, c.h.out);
  const double rows = static_cast<double>(c.h.out), columns = static_cast<double>(c.w.out);
  const bool is_down = down.cycles * columns < across.cycles * rows;
  const TileCut cut = is_down ? down : across;
  const double lines = is_down ? columns : rows;
  const double images = static_cast<double>(c.n * c.weights->panels());
  double taps = static_cast<double>(c.h.kernel * c.w.kernel), rectangles = 1;
  if (skip_padding) {
    const Axis::Inside h = c.h.CountInside(), w = c.w.CountInside();
    taps = static_cast<double>(h.taps) * static_cast<double>(w.taps) / (rows * columns);
    rectangles = static_cast<double>(h.segments * w.segments);
  }
  const int64_t length = is_down ? c.h.out : c.w.out;
  const auto tiles = static_cast<double>(CeilDiv(length, cut.max_rows) * panel.vecs / cut.vecs);
  const double channels = static_cast<double>(op.group_in());
  const double line = cut.cycles * taps * channels + tiles * kTileCycles;
  return images * (lines * line + rectangles * kRectangleCycles);
}

}  // namespace

double EstimateDirect(const ConvCall& call) {
  const StagePlan stage = PlanStage(call);
  const ConvCall c = InOrder(stage);
  const ConvOp& op = *c.op;
  double cycles = kStrategyCycles;
  cycles += Rolls(c) ? EstimateRolling(c) : EstimateTiles(c, stage.skip_padding);
  if (stage.stage_x) cycles += CopyCycles(op, CopiedFloats(stage), stage.call.xs.c != 1);
  if (stage.stage_y) cycles += CopyCycles(op, OutputFloats(c), true);
  return cycles;
}

int64_t DirectScratch(const ConvCall& call) { return PlanStage(call).slot_floats(); }

std::string DescribeDirect(const ConvCall& call) {
  const StagePlan stage = PlanStage(call);
  const ConvCall c = InOrder(stage);
  const Panel panel = c.weights->panel(0);
  const int vecs = panel.vecs;
  return StrCat(
      Rolls(c) ? DescribeRolling(c) : DescribeTile(*c.op, panel.tiles->max_rows[vecs], vecs),
      stage.stage_x ? ", x copied to bands of pixels" : "",
      stage.stage_y ? ", y copied from blocks of pixels" : "");
}

}  // namespace windrow::internal
