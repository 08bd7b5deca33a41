#include "lib/base/error.h"
#include "tests/kernels/list.h"
#include "tests/kernels/trials.h"

namespace windrow::test {
namespace {

using internal::StrCat;
using internal::TileSet;

// Those of a table by vectors and rows.
template <typename F, typename Table, typename Kind>
void AddTable(KernelList& list, const char* name, const F& trial, const Table& table, Kind kind) {
  for (int vecs = 1; vecs <= table.max_vecs; ++vecs) {
    for (int rows = 1; rows <= table.max_rows[vecs]; ++rows) {
      list.Add(StrCat(name, "/", rows, "x", vecs), trial, table.tile[vecs][rows], kind, vecs, rows);
    }
  }
}

void AddDepthwiseBlocks(KernelList& list, const TileSet& set) {
  for (const int kernel : {3, 5}) {
    for (const int stride : {1, 2}) {
      const internal::DepthwiseTable& t = set.depthwise_blocks[kernel / 5][stride - 1];
      for (int rows = 1; rows <= t.max_rows; ++rows) {
        for (int columns = 1; columns <= t.max_columns; ++columns) {
          list.Add(StrCat("depthwise_block/k", kernel, "s", stride, "/", rows, "x", columns),
                   DepthwiseTrial, t.block[rows][columns], kernel, stride, rows, columns);
        }
      }
    }
  }
}

void AddPlanarRolling(KernelList& list, const TileSet& set) {
  for (const int kernel : {3, 5}) {
    for (const int stride : {1, 2}) {
      const internal::PlanarRollingTable& t = set.planar.rolling[kernel / 5][stride - 1];
      for (int vecs = 1; vecs <= t.max_vecs; ++vecs) {
        list.Add(StrCat("planar_rolling/k", kernel, "s", stride, "/", vecs), PlanarRollingTrial,
                 t.planes[vecs], kernel, stride, vecs);
      }
    }
  }
}

}  // namespace

std::vector<Kernel> ConvKernels(const TileSet& set) {
  KernelList list;
  AddTable(list, "channels", TileTrial, set, TileRole::kChannels);
  AddTable(list, "pixels", TileTrial, set.pixels, TileRole::kPixels);
  AddTable(list, "panels", TileTrial, set.panels, TileRole::kPanels);
  AddTable(list, "depthwise", TileTrial, set.depthwise, TileRole::kDepthwise);
  AddTable(list, "depthwise_tail", TileTrial, set.depthwise_tail, TileRole::kDepthwiseTail);
  AddDepthwiseBlocks(list, set);
  for (int taps = 1; taps <= set.depthwise_gradient.max_taps; ++taps) {
    for (int vecs = 1; vecs <= set.depthwise_gradient.max_vecs[taps]; ++vecs) {
      list.Add(StrCat("depthwise_gradient/", taps, "x", vecs), DepthwiseGradientTrial,
               set.depthwise_gradient.taps[taps][vecs], taps, vecs);
    }
  }
  AddTable(list, "planar", PlanarTrial, set.planar.shared, PlanarKind::kShared);
  AddTable(list, "planar_apart", PlanarTrial, set.planar.apart, PlanarKind::kApart);
  AddPlanarRolling(list, set);
  for (int steps = 1; steps <= internal::kMaxPixelRowSteps; ++steps) {
    if (set.pixel_row[steps] == nullptr) continue;
    list.Add(StrCat("pixel_row/", steps), PixelRowTrial, set.pixel_row[steps], steps);
  }
  for (int columns = 1; columns <= set.rolling.max_columns; ++columns) {
    list.Add(StrCat("rolling/", columns), RollingTrial, set.rolling.tile[columns], columns);
  }
  list.Add("copy_rows", CopyTrial, set.copy_rows);
  list.Add("stream_rows", CopyTrial, set.stream_rows);
  list.Add("deinterleave", DeinterleaveTrial, set.deinterleave);
  list.Add("transpose", TransposeTrial, set.transpose);
  return list.Take();
}

}  // namespace windrow::test
