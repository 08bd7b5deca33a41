// What im2col decides before it starts.
#ifndef WINDROW_LIB_CONV_IM2COL_PLAN_H_
#define WINDROW_LIB_CONV_IM2COL_PLAN_H_

#include <cstdint>
#include <string>

#include "lib/conv/block_cut.h"
#include "lib/conv/pixel_tile.h"
#include "lib/conv/plane_band.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

// Which pixels the lanes of a tile are, and where it reads them.
enum class PixelSource : uint8_t {
  kRows,    // those of one row, in the band
  kFlat,    // those of all rows with the padding between them, in the band; at stride 1
  kPlanes,  // those of all rows, packed from x itself
  kPanels   // the same, packed from the band
};

// Where tiles store.
enum class Outputs : uint8_t {
  kInPlace,
  kBlocks,    // to a block of planes, which is copied to y
  kStreamed,  // the same, past the caches
};

struct Im2colPlan {
  ConvShape shape;  // a 1x1 convolution as one long row, where memory allows
  double cycles = 0;
  bool varied = false;  // the shape's variant differs from the best plan
  BlockCut blocks;
  // The strides of a whole block's copies; smaller blocks have the same.
  PlaneBand band;
  int64_t out_plane = 0;
  PixelSource source{};
  PixelCut cut{};
  int64_t part_steps = 0;  // of the reduction that are packed at a time
  Outputs outputs{};
  int64_t shares = 1;       // of a group's output channels, a task each
  double block_cycles = 0;  // about what a whole block takes

  // The parts of a thread's scratch memory.
  int64_t band_floats = 0, panel_floats = 0, out_floats = 0;

  Im2colPlan(const ConvShape& c, const BlockCut& b)
      : shape(c), blocks(b), band(c, b.rows, b.columns) {}

  int64_t ScratchBytes() const;
  std::string Describe() const;
  void Prepare() const { shape.weights->NeedPanels(); }
  void Run(const ConvBuffers& buffers) const;

  // Steps of the reduction.
  int64_t steps() const { return shape.op->group_in() * shape.h.kernel * shape.w.kernel; }
  // Of one packed tile, in one part of the reduction.
  int64_t tile_floats() const { return part_steps * cut.vecs * shape.op->lanes; }
  bool packs() const { return source == PixelSource::kPlanes || source == PixelSource::kPanels; }
  bool has_band() const { return source != PixelSource::kPlanes; }
  bool stage_y() const { return outputs != Outputs::kInPlace; }
  // The staged outputs of a block so wide, from row to row.
  int64_t OutRow(int64_t columns) const {
    return source == PixelSource::kFlat ? band.row() : columns;
  }
};

Im2colPlan PlanIm2col(const ConvShape& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_IM2COL_PLAN_H_
