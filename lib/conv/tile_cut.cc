#include "lib/conv/tile_cut.h"

#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/math.h"
#include "lib/base/parallel.h"

namespace windrow::internal {

// Weights come from the L2 cache; each chain has a latency of 4 cycles.
double StepCycles(const ConvOp& op, int64_t rows, int64_t vecs) {
  const int64_t operations = rows * vecs, weight_bytes = vecs * op.lanes * 4;
  const int64_t instructions = operations * (op.fused ? 1 : 2) + 2 * rows + vecs + 6;
  const Machine& m = *op.machine;
  return std::max({static_cast<double>(operations) / m.multiply_adds,
                   static_cast<double>(rows + vecs) / m.loads,
                   static_cast<double>(weight_bytes) / m.l2_bytes,
                   static_cast<double>(instructions) / m.instructions, 4.0});
}

std::string DescribeTile(const ConvOp& op, int64_t rows, int64_t vecs) {
  return StrCat(rows, " rows x ", vecs, " vectors of ", op.lanes,
                op.lanes == 1 ? " lane" : " lanes");
}

int64_t BandsForThreads(const ConvShape& call, int64_t others) {
  constexpr int64_t kTasksPerThread = 4;
  if (call.threads == 1 || others == 0) return 1;
  const int64_t wanted = CeilDiv(call.threads * kTasksPerThread, others);
  const int64_t worthwhile = call.multiply_adds() / (kMinParallelWork / 2) / others;
  return std::max<int64_t>(std::min(wanted, worthwhile), 1);
}

TileCut CutLine(const ConvOp& op, const Panel& panel, int64_t length, int not_vecs) {
  const TileTable& tiles = *panel.tiles;
  if (op.depthwise()) {  // every lane loads its own input: narrow tiles gain nothing
    const int rows = tiles.max_rows[panel.vecs];
    return {panel.vecs, rows, static_cast<double>(CeilDiv(length, rows))};
  }
  TileCut best{};
  for (int vecs = panel.vecs; vecs >= 1; --vecs) {
    if (panel.vecs % vecs != 0 || (vecs == not_vecs && panel.vecs > 1)) continue;
    const EvenSplit split(length, tiles.max_rows[vecs]);
    const double line = Cycles(split, [&](int64_t rows) { return StepCycles(op, rows, vecs); });
    const double cycles = line * (panel.vecs / vecs);
    if (best.vecs == 0 || cycles < best.cycles) best = {vecs, tiles.max_rows[vecs], cycles};
  }
  return best;
}

}  // namespace windrow::internal
