#include "lib/conv/im2col_plan.h"

#include <algorithm>

#include "lib/base/cache.h"
#include "lib/conv/cost.h"
#include "lib/conv/direct_plan.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

// For a vector that is packed: mostly a whole one, at a row's end a few short ones.
constexpr double kPackCycles = 2;

// The tiles of a block: along each row if they read the band, else over all its pixels.
struct BlockCost {
  PixelCut cut;
  double cycles;
};
BlockCost CostOf(const Im2colPlan& p, bool pack) {
  const ConvOp& op = *p.call.op;
  const int64_t pixels = pack ? p.blocks.rows * p.blocks.columns : p.blocks.columns;
  // A packed panel leaves half the L2 cache to the weights, if it is not one vector already.
  const int64_t vector_bytes = p.steps() * op.lanes * kFloat;
  const auto widest = static_cast<int>(
      pack ? std::clamp<int64_t>(Caches().l2 / 2 / vector_bytes, 1, kMaxTileVecs) : kMaxTileVecs);
  const int64_t channels = p.call.weights->group_panel(0, 0).out_channels;
  const PixelCut cut = CutPixels(op, channels, pixels, widest);
  const int64_t vectors = CeilDiv(pixels, op.lanes);
  const auto tiles =
      static_cast<double>(CeilDiv(vectors, cut.vecs) * CeilDiv(channels, cut.max_rows));
  const double steps = static_cast<double>(p.steps());
  const double line = static_cast<double>(p.call.weights->group_panels()) *
                      (cut.cycles * steps + tiles * kTileCycles);
  if (!pack) return {cut, line * static_cast<double>(p.blocks.rows)};
  return {cut, line + kPackCycles * steps * static_cast<double>(vectors)};
}

bool YInPlace(const Im2colPlan& p) {
  const ConvCall& c = p.call;
  const auto in_place = [&](const Strides& s) {
    const bool rows_touch = p.blocks.columns == c.w.out && s.h == c.w.out;
    return s.w == 1 && (!p.pack || p.blocks.rows == 1 || rows_touch);
  };
  return in_place(c.ys) && (c.residual == nullptr || in_place(c.rs));
}

int64_t OutFloats(const ConvOp& op, int64_t rows, int64_t columns) {
  return SaturatedProduct({op.group_out(), PixelPitch(SaturatedProduct({rows, columns}))});
}

}  // namespace

PlaneBand Im2colPlan::Band(int64_t rows, int64_t columns) const {
  return {Covered(call.h, rows), call.w.stride, CeilDiv(Covered(call.w, columns), call.w.stride),
          call.op->group_in()};
}

Im2colPlan PlanIm2col(const ConvCall& call) {
  Im2colPlan p{};
  p.call = Flattened(call);
  const ConvOp& op = *call.op;
  const bool planes = p.call.ys.w == 1 && (call.residual == nullptr || p.call.rs.w == 1);
  const auto too_large = [&](int64_t rows, int64_t columns) {
    return p.Band(rows, columns).floats(op.lanes) > Caches().l2 / 2 / kFloat ||
           (!planes && OutFloats(op, rows, columns) > Caches().l2 / 4 / kFloat);
  };
  p.blocks = CutBlocks(p.call, int64_t{kMaxTileVecs} * op.lanes, op.groups, too_large);
  const BlockCost band = CostOf(p, false), packed = CostOf(p, true);
  // The columns of a tap lie side by side in a band only at stride 1.
  p.pack = p.call.w.stride > 1 ? p.call.w.kernel > 1 : packed.cycles < band.cycles;
  p.cut = (p.pack ? packed : band).cut;
  p.block_cycles = (p.pack ? packed : band).cycles;
  p.stage_y = !YInPlace(p);
  p.band_floats = p.Band(p.blocks.rows, p.blocks.columns).floats(op.lanes);
  p.panel_floats = p.pack ? RoundUp((p.steps() * p.cut.vecs + 1) * op.lanes, 16) : 0;
  p.out_floats = p.stage_y ? RoundUp(OutFloats(op, p.blocks.rows, p.blocks.columns), 16) : 0;
  return p;
}

}  // namespace windrow::internal
