#include "lib/conv/pixel_tile.h"

#include <algorithm>

#include "lib/base/math.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

// Of the steps of all tiles with these pixels.
double ColumnCycles(const ConvOp& op, const EvenSplit& rows, int64_t vecs) {
  const int64_t height = rows.total / rows.parts, taller = rows.total % rows.parts;
  return static_cast<double>(taller) * StepCycles(op, height + 1, vecs) +
         static_cast<double>(rows.parts - taller) * StepCycles(op, height, vecs);
}

}  // namespace

PixelCut CutPixels(const ConvOp& op, int64_t channels, int64_t pixels, int max_vecs) {
  const TileTable& tiles = op.tiles->pixels;
  PixelCut best{};
  for (int vecs = std::min(tiles.max_vecs, max_vecs); vecs >= 1; --vecs) {
    const EvenSplit split(CeilDiv(pixels, op.lanes), vecs);
    const EvenSplit rows(channels, tiles.max_rows[vecs]);
    const int64_t width = split.total / split.parts, wider = split.total % split.parts;
    const double cycles =
        static_cast<double>(split.parts - wider) * ColumnCycles(op, rows, width) +
        (wider == 0 ? 0.0 : static_cast<double>(wider) * ColumnCycles(op, rows, width + 1));
    if (best.vecs == 0 || cycles < best.cycles) best = {vecs, tiles.max_rows[vecs], cycles};
  }
  return best;
}

void RunPixelTile(const ConvOp& op, const Panel& panel, int64_t first_channel, const PixelCut& cut,
                  const PixelTile& tile) {
  constexpr int64_t kLineFloats = 16;
  const int64_t width = panel.vecs * op.lanes;
  const auto vecs = static_cast<int>(CeilDiv(tile.pixels, op.lanes));
  TileArgs args = op.tile_args();
  args.a_k = width;
  args.a_inner = tile.len * width;
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
  args.tail = static_cast<int>(tile.pixels - (vecs - 1) * op.lanes);
  args.first = args.last = true;
  args.prefetch_step = static_cast<uintptr_t>(tile.x_k) * sizeof(float);
  const EvenSplit rows(panel.out_channels, cut.max_rows);
  const int64_t lines = CeilDiv(vecs * op.lanes, kLineFloats);
  for (int64_t i = 0; i < rows.parts; ++i) {
    const int64_t begin = rows.Begin(i), end = rows.Begin(i + 1);
    const int64_t channel = panel.out_channel + begin - first_channel;
    args.a = panel.weights + begin;
    args.bias = panel.bias + begin;
    args.y = tile.y + channel * tile.y_channel;
    if (tile.residual != nullptr) args.residual = tile.residual + channel * tile.residual_channel;
    args.prefetch = reinterpret_cast<uintptr_t>(tile.next) +
                    static_cast<uintptr_t>(i % lines * kLineFloats) * sizeof(float);
    op.tiles->pixels.tile[vecs][end - begin](args);
  }
}

}  // namespace windrow::internal
