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
// lines of a narrow edge run down the image, so that they fill tiles too.
#include "lib/conv/direct_tiles.h"

#include <algorithm>
#include <array>

#include "lib/base/parallel.h"
#include "lib/conv/cost.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

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

class Task {
 public:
  Task(const TilesPlan& plan, const ConvBuffers& buffers)
      : plan_(plan), call_(plan_.shape), buffers_(buffers), op_(*call_.op) {}

  void Run(int64_t task) {
    // If the weights stay in cache, all panels of a band come first; else all bands of a panel.
    const int64_t panels = plan_.panels, bands = plan_.bands;
    const int64_t panel = plan_.weights_stay ? task % panels : task / (bands * call_.n);
    const int64_t other = plan_.weights_stay ? task / panels : task % (bands * call_.n);
    const int64_t n = other / bands, band = other % bands;
    const int64_t begin = band * plan_.length / bands, end = (band + 1) * plan_.length / bands;
    RunBand(
        call_.weights->panel(plan_.first_panel + panel),
        plan_.by_rows ? Band{n, begin, end, 0, call_.w.out} : Band{n, 0, call_.h.out, begin, end});
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
      // The tiles of a line that have one row more, then the others.
      for (int64_t i = 0; i < tiles.parts;) {
        const int64_t next = i < tiles.larger ? tiles.larger : tiles.parts;
        const int64_t begin = along.begin + tiles.Begin(i),
                      rows = tiles.Begin(i + 1) - tiles.Begin(i);
        const int64_t oh = down ? begin : line, ow = down ? line : begin;
        if (steps != 0) {  // else there may be no such input
          args.a = buffers_.x + r.n * call_.xs.n + in_channel +
                   call_.h.Position(oh, r.taps.begin) * call_.xs.h +
                   call_.w.Position(ow, r.columns.tap_begin) * call_.xs.w;
        }
        args.y = buffers_.y + r.n * call_.ys.n + oh * call_.ys.h + ow * call_.ys.w + out_channel;
        if (buffers_.residual != nullptr) {
          args.residual = buffers_.residual + r.n * call_.rs.n + oh * call_.rs.h + ow * call_.rs.w +
                          out_channel;
        }
        if (plan_.pixels_once && plan_.weights_stay) PrefetchPixels(rows, args);
        args.tiles = next - i;
        panel.tiles->tile[cut.vecs][rows](args);
        args.prefetch += args.prefetch_step * steps * static_cast<uintptr_t>(args.tiles);
        i = next;
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

  // The next tile's pixels: as many as this one's, after them.
  void PrefetchPixels(int64_t rows, TileArgs& args) const {
    args.prefetch =
        Address(args.a) + static_cast<uintptr_t>(rows) * static_cast<uintptr_t>(args.a_row) * 4;
    args.prefetch_step = static_cast<uintptr_t>(rows) * sizeof(float);
  }

  // Every panel has the same few lines.
  const TileCut& Cut(const Panel& panel, int64_t length) {
    KnownCut& known = cuts_[static_cast<size_t>(length + panel.vecs) % cuts_.size()];
    if (known.vecs != panel.vecs || known.length != length) {
      known = {panel.vecs, length, CutLine(op_, panel, length, plan_.not_vecs)};
    }
    return known.cut;
  }

  struct KnownCut {
    int vecs = 0;
    int64_t length = 0;
    TileCut cut{};
  };

  const TilesPlan& plan_;
  const ConvShape& call_;
  const ConvBuffers& buffers_;
  const ConvOp& op_;
  std::array<KnownCut, 16> cuts_{};
};

// All, unless the weights of the widest panel would crowd everything else out of the L2 cache, and
// sums can wait in y (if y is also the residual, they cannot).
int64_t KernelRowsPerBlock(const TilesPlan& p) {
  const ConvShape& c = p.shape;
  const int64_t row_bytes = p.row_weights * c.op->lanes * c.op->tiles->max_vecs * kFloat;
  const bool resumable = c.residual != ResidualPlace::kInY;
  if (!resumable || c.h.out * c.w.out < 2 * kMaxTileRows) return c.h.kernel;
  return std::clamp<int64_t>(c.op->machine->l2 / 2 / row_bytes, 1, c.h.kernel);
}

int64_t Bands(const TilesPlan& p) {
  const ConvShape& c = p.shape;
  int64_t bands = 1;
  // A band of a group's input that fits a quarter meets all of the group's panels there.
  if (p.weights_stay && p.panels > c.op->groups) {
    const int64_t share = c.is(PlanVariant::kBlocks) ? 16 : 4;
    bands = CeilDiv(c.h.in * c.w.in * c.op->group_in() * kFloat, c.op->machine->l2 / share);
  }
  bands = std::max(bands, BandsForThreads(c, p.panels * c.n));
  return std::clamp<int64_t>(bands, 1, p.length);
}

// How the interior is cut: lines along rows or down columns.
struct InteriorCut {
  TileCut cut;
  bool down;
};

InteriorCut CutInterior(const ConvShape& c, int not_vecs) {
  const Panel panel = c.weights->panel(0);
  const TileCut across = CutLine(*c.op, panel, c.w.out, not_vecs);
  const TileCut down = CutLine(*c.op, panel, c.h.out, not_vecs);
  const double rows = static_cast<double>(c.h.out), columns = static_cast<double>(c.w.out);
  if (down.cycles * columns < across.cycles * rows) return {down, true};
  return {across, false};
}

double EstimateTiles(const TilesPlan& p, bool skip_padding) {
  const ConvShape& c = p.shape;
  const ConvOp& op = *c.op;
  const Panel panel = c.weights->panel(0);
  const auto [cut, is_down] = CutInterior(c, p.not_vecs);
  const double rows = static_cast<double>(c.h.out), columns = static_cast<double>(c.w.out);
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
  const double line = cut.cycles * taps * channels + tiles * op.machine->tile;
  return images * (lines * line + rectangles * kRectangleCycles);
}

// Makes the best plan the variant that the shape asks for, where that is another.
void Vary(TilesPlan& p) {
  const ConvShape& c = p.shape;
  if (c.is(PlanVariant::kOrder)) {
    const int64_t bands = p.bands;
    p.weights_stay = !p.weights_stay;
    p.bands = Bands(p);
    p.varied = p.panels > 1 && c.n * std::max(bands, p.bands) > 1;
  } else if (c.is(PlanVariant::kTile)) {
    p.varied = !c.op->depthwise() && c.weights->panel(0).vecs > 1;
    if (p.varied) p.not_vecs = CutInterior(c, 0).cut.vecs;
  } else if (c.is(PlanVariant::kBlocks)) {
    TilesPlan best = p;
    best.shape.variant = PlanVariant::kBest;
    p.varied = p.bands != Bands(best);
  }
}

}  // namespace

TilesPlan PlanTiles(const ConvShape& shape, bool skip_padding) {
  TilesPlan p{};
  p.shape = Flattened(shape);
  const ConvShape& c = p.shape;
  const ConvOp& op = *c.op;
  p.row_weights = op.group_in() * c.w.kernel;
  // (A depthwise tile adds one input a run.)
  p.merged = !op.depthwise() && c.w.dilation == 1 && c.xs.w == op.group_in();
  p.kernel_rows = KernelRowsPerBlock(p);
  p.weights_stay = op.out_channels * p.row_weights * c.h.kernel * kFloat <= op.machine->l2 / 2;
  p.pixels_once = c.h.kernel * c.w.kernel == 1 && c.w.stride == 1;
  p.panels = c.weights->panels();
  p.by_rows = c.h.out >= std::min<int64_t>(c.w.out, 16);
  p.length = p.by_rows ? c.h.out : c.w.out;
  p.bands = Bands(p);
  Vary(p);
  p.cycles = op.depthwise() ? DepthwiseCycles(c) : kStrategyCycles + EstimateTiles(p, skip_padding);
  return p;
}

std::string TilesPlan::Describe() const {
  const Panel panel = shape.weights->panel(0);
  const int vecs = not_vecs == 0 ? panel.vecs : CutInterior(shape, not_vecs).cut.vecs;
  return DescribeTile(*shape.op, panel.tiles->max_rows[vecs], vecs);
}

void TilesPlan::Run(const ConvBuffers& buffers) const {
  Prepare();
  if (shape.threads == 1) {  // one after the other, they have much in common
    Task task(*this, buffers);
    return RunTasks(1, tasks(), [&](int64_t i, int64_t) { task.Run(i); });
  }
  RunTasks(shape.threads, tasks(), [&](int64_t i, int64_t) { Task(*this, buffers).Run(i); });
}

}  // namespace windrow::internal
