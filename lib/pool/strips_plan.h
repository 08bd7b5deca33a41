// What pooling strip by strip decides before it starts: what its planes are, how the kernel reads
// x, and how many rows of outputs are a block.
#ifndef WINDROW_LIB_POOL_STRIPS_PLAN_H_
#define WINDROW_LIB_POOL_STRIPS_PLAN_H_

#include <cstdint>
#include <string>

#include "lib/base/math.h"
#include "lib/pool/padded_rows.h"
#include "lib/pool/problem.h"
#include "lib/pool/scratch.h"

namespace windrow::internal {

struct StripsPlan {
  // How the kernel reads x: where it lies, or from padded rows.
  enum class Source : uint8_t { kPairs, kPacked, kNeighbours, kDense, kPadded };

  // As planes of pixels, whatever they are: c of them an image, or one of all channels.
  PoolShape shape;
  double cycles;
  int64_t unit;          // floats of a pixel
  int64_t every;         // which outputs of a row are wanted
  int64_t image_height;  // of x, which may be a part of the shape's
  int64_t rows;          // of outputs in a block
  bool packed;           // several rows of outputs are a vector
  bool outputs_ahead;    // whether the next block's outputs are prefetched
  Source source;
  PaddedRows padded;

  explicit StripsPlan(const PoolShape& call);
  int64_t ScratchBytes() const { return FloatBytes(floats()); }
  std::string Describe() const;
  void Run(const PoolBuffers& buffers) const;

  int64_t planes() const { return shape.n * shape.c; }
  // Input rows of so many rows of outputs.
  int64_t InputRows(int64_t outputs) const {
    return (outputs - 1) * shape.h.stride + shape.h.kernel;
  }
  // Whether there is padding above or below.
  bool PadsRows() const {
    const WindowAxis& h = shape.h;
    return h.before > 0 || h.Start(h.out - 1) + h.kernel > h.in;
  }
  bool in_place() const { return source != Source::kPadded; }
  // Small planes of an image, read where they lie, are done in one call.
  bool together() const { return in_place() && !packed && rows >= shape.h.out; }
  // Of scratch memory: positions of items, padded rows or those of a dense block and which of its
  // pixels are the first of a row, and outputs of which only some are wanted.
  int64_t positions() const {
    return shape.with_indices && !packed ? RoundUp(shape.w.out * unit, 16) : 0;
  }
  int64_t outputs() const {
    return every == 1 ? 0 : RoundUp(SaturatedProduct({rows, OutputsPitch()}), 16);
  }
  int64_t dense() const { return RoundUp((rows + 2) * shape.w.out, 16); }
  int64_t floats() const;
  // A whole number of them from row to row.
  int64_t OutputsPitch() const { return (shape.w.out - 1 + every) * unit; }

 private:
  void SeePlanes(const PoolShape& call, bool may_pack);
  void Merge(int64_t& planes, int64_t x_plane, int64_t y_plane, int64_t indices_plane);
  int64_t RowsWithOutputs() const;
  int64_t RowsOfBlock() const;
  Source SourceOf() const;
  bool Dense() const;
  double Estimate() const;
  double EstimateInPlace() const;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_STRIPS_PLAN_H_
