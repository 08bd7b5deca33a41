#include "lib/conv/im2col_plan.h"

#include <algorithm>

#include "lib/conv/cost.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

int64_t MaxOutFloats(const ConvOp& op) { return op.machine->l2 / 4 / kFloat; }

// To pack the pixels of a row at one tap: a whole vector, the rest of a row in one channel, and in
// all channels.
constexpr double kPackVector = 2, kPackRest = 4, kPackRow = 30;

constexpr double kRow = 20;  // of a channel that is copied by itself

bool YInPlace(const Im2colPlan& p) {
  const ConvShape& c = p.shape;
  const auto in_place = [&](const Strides& s) {
    if (s.w != 1 || p.source == PixelSource::kFlat) return false;
    const bool rows_touch = p.blocks.columns == c.w.out && s.h == c.w.out;
    return p.source == PixelSource::kRows || p.blocks.rows == 1 || rows_touch;
  };
  return c.OfOutputs(in_place);
}

int64_t OutFloats(const Im2colPlan& p) {
  return RoundUp(SaturatedProduct({p.shape.op->group_out(), p.out_plane}), 16);
}

// Only where the columns of a tap lie side by side in a band can tiles read it, and only where
// those of successive rows are in the same place of a row can they go on from one to the next.
bool Possible(const Im2colPlan& p) {
  switch (p.source) {
    case PixelSource::kRows:
      return p.band.w.by_taps || p.shape.w.stride == 1 || p.shape.w.kernel == 1;
    case PixelSource::kFlat:
      return p.band.w.stride == 1 && p.band.h.stride == 1 &&
             OutFloats(p) <= MaxOutFloats(*p.shape.op);
    case PixelSource::kPlanes:
      return p.shape.xs.w == 1 && p.shape.w.stride == 1 && !p.shape.padded();
    case PixelSource::kPanels:
      return true;
  }
  return false;
}

// So many that a panel of weights and one of pixels stay in the L1 cache, if their sums can wait
// in y for the others: not where the residual is.
int64_t PartSteps(const Im2colPlan& p) {
  const ConvOp& op = *p.shape.op;
  constexpr int64_t kLine = 64;
  const int64_t step = int64_t{2 * op.tiles->pixels.max_vecs} * op.lanes * kFloat + kLine;
  const int64_t max = std::max<int64_t>(op.machine->l1d / step, 1);
  const bool waits =
      !p.shape.has_residual() || (p.shape.residual == ResidualPlace::kElsewhere && !p.stage_y());
  return waits ? CeilDiv(p.steps(), std::max<int64_t>(CeilDiv(p.steps(), max), 1)) : p.steps();
}

// Of all the pixels of a block, in the tiles of its reduction's parts.
double PackCycles(const Im2colPlan& p) {
  const int64_t vectors = CeilDiv(p.blocks.rows * p.blocks.columns, p.shape.op->lanes);
  const auto pieces = static_cast<double>(p.blocks.rows + CeilDiv(vectors, p.cut.vecs));
  const auto steps = static_cast<double>(p.steps());
  const double taps = static_cast<double>(p.shape.h.kernel * p.shape.w.kernel);
  return steps * (kPackVector * static_cast<double>(vectors) + kPackRest * pieces) +
         taps * kPackRow * pieces;
}

// Of a block's input to its band.
double BandCycles(const Im2colPlan& p) {
  // Pixels are scattered to as many planes as there are channels, far from each other.
  constexpr double kScatter = 3;
  const ConvShape& c = p.shape;
  const double scatter = c.xs.w != 1 && c.op->group_in() > 1 ? kScatter : 1;
  const int64_t block = SaturatedProduct({p.band.plane(), c.op->group_in()});
  return kRow * static_cast<double>(p.band.h.length) * static_cast<double>(c.op->group_in()) +
         scatter * CopyCycles(*c.op, block, c.xs.w != 1);
}

// Fills in how the tiles get their pixels, and what that costs. `other_tile`: with another tile
// than the best, if there is one; that is a variant.
void SetSource(Im2colPlan& p, PixelSource source, bool other_tile = false) {
  const ConvOp& op = *p.shape.op;
  const auto [rows, columns] = p.blocks;
  p.source = source;
  const int64_t pixels = p.packs()                      ? rows * columns
                         : source == PixelSource::kRows ? columns
                                                        : (rows - 1) * p.band.row() + columns;
  p.out_plane = PixelPitch(rows * p.OutRow(columns));
  p.outputs = StoresPastCaches(p.shape) && p.shape.ys.w == 1 ? Outputs::kStreamed
              : YInPlace(p)                                  ? Outputs::kInPlace
                                                             : Outputs::kBlocks;
  p.part_steps = p.packs() ? PartSteps(p) : p.steps();
  // A packed panel fits a quarter of the L2 cache, if it is not one vector already.
  const int64_t vector_bytes = p.part_steps * op.lanes * kFloat;
  const auto widest = static_cast<int>(
      p.packs() ? std::clamp<int64_t>(op.machine->l2 / 4 / vector_bytes, 1, kMaxTileVecs)
                : kMaxTileVecs);
  const int64_t channels = p.shape.weights->group_panel(0, 0).out_channels;
  p.cut = CutPixels(op, channels, pixels, p.part_steps, widest);
  if (other_tile) {
    const PixelCut other = CutPixels(op, channels, pixels, p.part_steps, widest, &p.cut);
    p.varied = other.vecs != 0;
    if (p.varied) p.cut = other;
  }
  const int64_t vectors = CeilDiv(pixels, op.lanes);
  const int64_t tiles = CeilDiv(vectors, p.cut.vecs) * CeilDiv(channels, p.cut.max_rows) *
                        CeilDiv(p.steps(), p.part_steps);
  const double steps = static_cast<double>(p.steps());
  const double line = static_cast<double>(p.shape.weights->group_panels()) *
                      (p.cut.cycles * steps + static_cast<double>(tiles) * op.machine->tile);
  constexpr double kBlock = 600;
  p.block_cycles = kBlock + line * static_cast<double>(source == PixelSource::kRows ? rows : 1);
  if (p.packs()) p.block_cycles += PackCycles(p);
  if (p.has_band()) p.block_cycles += BandCycles(p);
  // What tiles take longer that read a band of x in planes, as measured.
  constexpr double kFromPlanes = 1.25;
  if (!p.packs() && p.shape.xs.w == 1) p.block_cycles *= kFromPlanes;
  if (p.stage_y()) {
    p.block_cycles +=
        kRow * static_cast<double>(rows * op.group_out()) +
        CopyCycles(op, SaturatedProduct({op.group_out(), rows, columns}), p.shape.ys.w != 1);
  }
}

// The cheapest way, or the next of the variant that reads elsewhere.
void ChooseSource(Im2colPlan& p) {
  constexpr PixelSource kSources[] = {PixelSource::kRows, PixelSource::kFlat, PixelSource::kPlanes,
                                      PixelSource::kPanels};
  const auto cheapest = [&](const PixelSource* but) {
    const PixelSource* found = nullptr;
    double cycles = 0;
    for (const PixelSource& source : kSources) {
      SetSource(p, source);
      if (&source == but || !Possible(p) || (found != nullptr && p.block_cycles >= cycles))
        continue;
      found = &source;
      cycles = p.block_cycles;
    }
    return found;
  };
  const PixelSource* best = cheapest(nullptr);  // that of panels is always possible
  if (p.shape.is(PlanVariant::kSource)) {
    const PixelSource* const next = cheapest(best);
    p.varied = next != nullptr;
    if (p.varied) best = next;
  }
  SetSource(p, *best, p.shape.is(PlanVariant::kTile));
}

// Blocks that are small enough, their outputs too if those may have to be staged.
Im2colPlan CutAndChoose(const ConvShape& call, bool stage_y) {
  const ConvOp& op = *call.op;
  // Of pixels the groups share cache lines, so those that one brings should stay for the others.
  const auto sharing = static_cast<double>(call.xs.c == 1 ? op.groups : 1);
  // The rows of a kernel's taps stay in L2 beside packed tiles, weights and outputs.
  const int64_t share = call.h.kernel * call.w.kernel == 1 ? 2 : 8;
  const auto load = [&](int64_t rows, int64_t columns) {
    const auto band =
        sharing * static_cast<double>(PlaneBand(call, rows, columns).floats(op.lanes));
    const auto outputs =
        sharing * static_cast<double>(SaturatedProduct({op.group_out(), rows, columns}));
    return std::max(band / static_cast<double>(op.machine->l2 / share / kFloat),
                    stage_y ? outputs / static_cast<double>(MaxOutFloats(op)) : 0);
  };
  const int64_t shares = Shares(call);
  const auto cut = [&](double times) {
    return CutBlocks(call, int64_t{kMaxTileVecs} * op.lanes, op.groups * TasksOf(shares),
                     [&](int64_t rows, int64_t columns) { return times * load(rows, columns); });
  };
  const bool smaller = call.is(PlanVariant::kBlocks);
  Im2colPlan p(call, cut(smaller ? 4 : 1));
  p.shares = shares;
  p.varied = smaller && p.blocks.count(call) != cut(1).count(call);
  ChooseSource(p);
  return p;
}

// The tiles that are packed before the first of them is multiplied: they fit a quarter of the L2
// cache, and meet each panel of weights while that is in L1.
int64_t PackedTiles(const Im2colPlan& p) {
  const ConvOp& op = *p.shape.op;
  const int64_t all = CeilDiv(CeilDiv(p.blocks.rows * p.blocks.columns, op.lanes), p.cut.vecs);
  const int64_t fit = op.machine->l2 / 4 / kFloat / std::max<int64_t>(p.tile_floats(), 1);
  return std::clamp<int64_t>(fit, 1, all);
}

}  // namespace

Im2colPlan PlanIm2col(const ConvShape& call) {
  const ConvShape c = Flattened(call);
  const ConvOp& op = *c.op;
  const bool planes = c.OfOutputs([](const Strides& s) { return s.w == 1; });
  Im2colPlan p = CutAndChoose(c, !planes || StoresPastCaches(c));
  // Planes may need it too, if their rows do not touch.
  constexpr auto kMax = static_cast<int64_t>(kMaxLoad);
  if (p.stage_y() && planes && OutFloats(p) > kMax * MaxOutFloats(op)) p = CutAndChoose(c, true);
  if (p.has_band()) p.band_floats = p.band.floats(op.lanes);
  if (p.packs()) p.panel_floats = RoundUp(PackedTiles(p) * p.tile_floats(), 16);
  p.out_floats = p.stage_y() ? OutFloats(p) : 0;
  return p;
}

}  // namespace windrow::internal
