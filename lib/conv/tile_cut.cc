#include "lib/conv/tile_cut.h"

#include <algorithm>

#include "lib/base/math.h"

namespace windrow::internal {
namespace {

// A step of the reduction on today's large cores: two multiply-adds and two loads a cycle, a
// latency of 4 cycles for each chain, and weights from the L2 cache at half a vector a cycle.
double StepCycles(int64_t rows, int64_t vecs) {
  const auto multiply_adds = static_cast<double>(rows * vecs) / 2;
  const auto loads = static_cast<double>(rows + vecs) / 2;
  const auto weights = static_cast<double>(vecs) * 2;
  return std::max({multiply_adds, loads, weights, 4.0});
}

}  // namespace

TileCut CutLine(const TileSet& tiles, int panel_vecs, int64_t length) {
  TileCut best{};
  for (int vecs = panel_vecs; vecs >= 1; --vecs) {
    if (panel_vecs % vecs != 0) continue;
    const EvenSplit split(length, tiles.max_rows[vecs]);
    const int64_t rows = split.total / split.parts, larger = split.total % split.parts;
    const double line = static_cast<double>(larger) * StepCycles(rows + 1, vecs) +
                        static_cast<double>(split.parts - larger) * StepCycles(rows, vecs);
    const double cycles = line * (panel_vecs / vecs);
    if (best.vecs == 0 || cycles < best.cycles) best = {vecs, tiles.max_rows[vecs], cycles};
  }
  return best;
}

}  // namespace windrow::internal
