#include "lib/conv/pixel_tile.h"

#include <algorithm>

#include "lib/base/math.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

// Pixels are read again for every few channels, the weights of a panel for every few pixels: from
// the L1 cache if those of all steps fit, otherwise from L2, about 24 bytes a cycle. Either takes
// up to a cache line more than what is read.
double PixelStepCycles(const ConvOp& op, int64_t rows, int64_t vecs, int64_t steps) {
  constexpr int64_t kFloat = sizeof(float), kLine = 64;
  const double cycles = StepCycles(op, rows, vecs);
  const int64_t bytes = (vecs * op.lanes + rows) * kFloat + 2 * kLine;
  if (bytes * steps <= op.machine->l1d) return cycles;
  return std::max(cycles, static_cast<double>(bytes) / 24);
}

}  // namespace

PixelCut CutPixels(const ConvOp& op, int64_t channels, int64_t pixels, int64_t steps, int max_vecs,
                   const PixelCut* other) {
  const TileTable& tiles = op.tiles->pixels;
  const auto in_vectors = [&](int max) { return EvenSplit(CeilDiv(pixels, op.lanes), max); };
  const auto in_rows = [&](int max) { return EvenSplit(channels, max); };
  PixelCut best{};
  for (int max = std::min(tiles.max_vecs, max_vecs); max >= 1; --max) {
    const EvenSplit vectors = in_vectors(max), rows = in_rows(tiles.max_rows[max]);
    const bool same = other != nullptr && vectors.parts == in_vectors(other->vecs).parts &&
                      rows.parts == in_rows(other->max_rows).parts;
    if (same) continue;
    const double cycles = Cycles(vectors, [&](int64_t vecs) {
      return Cycles(rows, [&](int64_t height) { return PixelStepCycles(op, height, vecs, steps); });
    });
    if (best.vecs == 0 || cycles < best.cycles) best = {max, tiles.max_rows[max], cycles};
  }
  return best;
}

PixelPanel::PixelPanel(const ConvOp& op, const Panel& panel, int64_t first_channel,
                       const PixelCut& cut, const PanelPart& part, ReductionPart steps)
    : op_(op),
      weights_(panel.weights + steps.begin * panel.vecs * op.lanes + part.begin),
      bias_(panel.bias + part.begin),
      channel_(panel.out_channel - first_channel + part.begin),
      rows_(part.end - part.begin, cut.max_rows),
      args_{} {
  op.SetClamp(args_);
  args_.a_k = panel.vecs * op.lanes;
  args_.first = steps.begin == 0;
  args_.last = steps.last;
}

void PixelPanel::Run(const PixelTile& tile) {
  constexpr int64_t kLineFloats = 16;
  TileArgs& args = args_;
  args.a_inner = tile.len * args.a_k;
  args.a_outer = tile.inner * args.a_inner;
  args.b = tile.x;
  args.b_outer = tile.x_outer;
  args.b_inner = tile.x_inner;
  args.b_k = tile.x_k;
  args.outer = tile.outer;
  args.inner = tile.inner;
  args.len = tile.len;
  args.y_row = tile.y_channel;
  args.residual_row = tile.residual_channel;
  args.tail = static_cast<int>(tile.pixels - (tile.vecs - 1) * op_.lanes);
  args.prefetch_step = static_cast<uintptr_t>(tile.x_k) * sizeof(float);
  const TileFn* const tiles = op_.tiles->pixels.tile[tile.vecs];
  // Each tile prefetches one cache line of every channel's pixels in turn.
  const int64_t line_end = tile.vecs * op_.lanes;
  int64_t line = 0;
  for (int64_t i = 0; i < rows_.parts; ++i) {
    const int64_t begin = rows_.Begin(i), end = rows_.Begin(i + 1);
    args.a = weights_ + begin;
    args.bias = bias_ + begin;
    args.y = tile.y + (channel_ + begin) * tile.y_channel;
    if (tile.residual != nullptr) {
      args.residual = tile.residual + (channel_ + begin) * tile.residual_channel;
    }
    args.prefetch =
        reinterpret_cast<uintptr_t>(tile.next) + static_cast<uintptr_t>(line) * sizeof(float);
    tiles[end - begin](args);
    line = line + kLineFloats < line_end ? line + kLineFloats : 0;
  }
}

}  // namespace windrow::internal
