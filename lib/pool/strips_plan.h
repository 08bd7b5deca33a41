// What pooling strip by strip decides before it starts: what its planes are, how the kernel reads
// x, and how many rows of outputs are a block.
#ifndef WINDROW_LIB_POOL_STRIPS_PLAN_H_
#define WINDROW_LIB_POOL_STRIPS_PLAN_H_

#include <cstdint>

#include "lib/base/math.h"
#include "lib/pool/padded_rows.h"
#include "lib/pool/problem.h"
#include "lib/pool/window_axis.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {

// The call as planes of pixels, whatever they are.
struct StripPlanes {
  int64_t unit;            // floats of a pixel
  int64_t every = 1;       // which outputs of a row are wanted
  int64_t count, in_each;  // planes; those of one image
  bool packed;             // several rows of outputs are a vector
  bool with_indices;
  WindowAxis h, w;
  Strides xs, ys, is;  // n of images, c of planes

  explicit StripPlanes(const PoolCall& call, bool may_pack = true);

  // Else its pixels are all channels.
  static bool ArePlanes(const PoolCall& call);

  // Input rows of so many rows of outputs.
  int64_t InputRows(int64_t outputs) const { return (outputs - 1) * h.stride + h.kernel; }
  // Whether there is padding above or below.
  bool PadsRows() const { return h.before > 0 || h.Start(h.out - 1) + h.kernel > h.in; }

 private:
  bool RowsFollow() const;
  void Merge(int64_t planes, int64_t x_plane, int64_t y_plane, int64_t indices_plane);
};

struct StripsPlan {
  // How the kernel reads x: where it lies, or from padded rows.
  enum class Source { kPairs, kPacked, kNeighbours, kDense, kPadded };

  StripPlanes planes;
  Source source;
  int64_t rows;        // of outputs in a block
  bool outputs_ahead;  // whether the next block's outputs are asked for
  PaddedRows padded;

  explicit StripsPlan(const PoolCall& call);

  bool in_place() const { return source != Source::kPadded; }
  // Small planes of an image, read where they lie, are done in one call.
  bool together() const { return in_place() && source != Source::kPacked && rows >= planes.h.out; }
  // Of scratch memory: positions of items, padded rows or those of a dense block and which of its
  // pixels are the first of a row, and outputs of which only some are wanted.
  int64_t positions() const {
    return planes.with_indices && !planes.packed ? RoundUp(planes.w.out * planes.unit, 16) : 0;
  }
  int64_t outputs() const {
    return planes.every == 1 ? 0 : RoundUp(SaturatedProduct({rows, OutputsPitch()}), 16);
  }
  int64_t dense() const { return RoundUp((rows + 2) * planes.w.out, 16); }
  int64_t inner() const {
    const int64_t bytes = (planes.w.out + 1) * kInnerBytes;
    return RoundUp(CeilDiv(bytes, static_cast<int64_t>(sizeof(float))), 16);
  }
  int64_t floats() const {
    const int64_t input = source == Source::kDense ? 2 * dense() + inner()
                          : in_place()             ? 0
                                                   : RoundUp(padded.floats(), 16);
    return SaturatedSum(SaturatedSum(positions(), outputs()), input);
  }
  // A whole number of them from row to row.
  int64_t OutputsPitch() const { return (planes.w.out - 1 + planes.every) * planes.unit; }

 private:
  int64_t RowsWithOutputs() const;
  int64_t RowsOfBlock(const PoolCall& call) const;
  Source SourceOf(const PoolCall& call) const;
  bool Dense(const PoolCall& call) const;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_STRIPS_PLAN_H_
