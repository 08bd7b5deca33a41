// What the register tile on pixels decides before it starts, and what it costs.
#include <algorithm>

#include "lib/base/error.h"
#include "lib/conv/cost.h"
#include "lib/conv/direct_tiles.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

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

// Of outputs that have so many taps in common, if a vector of them costs so much besides.
double RectangleCycles(const TilesPlan& p, int64_t rows, int64_t columns, int64_t taps,
                       double vector) {
  const ConvShape& c = p.shape;
  const Panel panel = c.weights->panel(0);
  const auto along = [&](int64_t length, int64_t lines) {
    const TileCut cut = CutLine(*c.op, panel, length, p.not_vecs);
    const double steps = static_cast<double>(taps * c.op->group_in());
    const auto tiles = static_cast<double>(CeilDiv(length, cut.max_rows) * panel.vecs / cut.vecs);
    return static_cast<double>(lines) * (cut.cycles * steps + tiles * c.op->machine->tile +
                                         vector * static_cast<double>(length * panel.vecs));
  };
  return kRectangleCycles + std::min(along(columns, rows), along(rows, columns));
}

// Whether there are so few outputs, many of them at an edge, that it pays to look at each.
bool HasFewOutputs(const ConvShape& c) {
  constexpr int64_t kFewOutputs = 256, kFewTaps = 64;
  return !c.op->depthwise() && c.padded() && SaturatedProduct({c.h.out, c.w.out}) <= kFewOutputs &&
         SaturatedProduct({c.h.kernel, c.w.kernel}) <= kFewTaps;
}

// A panel's rectangles of an image.
double RectanglesCycles(const TilesPlan& p) {
  const Axis &h = p.shape.h, &w = p.shape.w;
  double cycles = 0;
  for (int64_t oh = 0; oh < h.out;) {
    const Segment rows = h.SegmentFrom(oh, h.out);
    for (int64_t ow = 0; ow < w.out;) {
      const Segment columns = w.SegmentFrom(ow, w.out);
      const int64_t taps = (rows.tap_end - rows.tap_begin) * (columns.tap_end - columns.tap_begin);
      cycles += RectangleCycles(p, rows.size(), columns.size(), taps, 0);
      ow = columns.end;
    }
    oh = rows.end;
  }
  return cycles;
}

// The same tap by tap, with sums that go on from what was stored a moment ago.
double TapsCycles(const TilesPlan& p) {
  constexpr double kResume = 3;
  const Axis &h = p.shape.h, &w = p.shape.w;
  double cycles = 2 * RectangleCycles(p, h.out, w.out, 0, kResume);
  for (int64_t kh = 0; kh < h.kernel; ++kh) {
    for (int64_t kw = 0; kw < w.kernel; ++kw) {
      const Axis::Outputs rows = h.OutputsOf(kh), columns = w.OutputsOf(kw);
      if (rows.begin == rows.end || columns.begin == columns.end) continue;
      cycles += RectangleCycles(p, rows.end - rows.begin, columns.end - columns.begin, 1, kResume);
    }
  }
  return cycles;
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
  if (skip_padding && HasFewOutputs(c)) {
    const double rectangles = RectanglesCycles(p), taps = TapsCycles(p);
    p.by_taps = taps < rectangles && c.residual != ResidualPlace::kInY;
    p.cycles = kStrategyCycles + static_cast<double>(SaturatedProduct({c.n, p.panels})) *
                                     (p.by_taps ? taps : rectangles);
  }
  return p;
}

std::string TilesPlan::Describe() const {
  const Panel panel = shape.weights->panel(0);
  const int vecs = not_vecs == 0 ? panel.vecs : CutInterior(shape, not_vecs).cut.vecs;
  return StrCat(DescribeTile(*shape.op, panel.tiles->max_rows[vecs], vecs),
                by_taps ? ", tap by tap" : "");
}

}  // namespace windrow::internal
