// The gradients of poolings, tile by tile of dx:
//
//   dx[i][j] = s;  s = +0;  for each output row oh, ascending, whose windows hold row i: {
//     r = +0;  for each output ow, ascending, whose window holds column j: r += what it adds;
//     s += r; }
//
// with NaN as everywhere. What an output adds is dy / divisor, and of a maximum dy, if its index is
// the element's. The shape is that of the pooling: xs are the strides of dx, ys those of dy.
#ifndef WINDROW_LIB_POOL_BACKWARD_H_
#define WINDROW_LIB_POOL_BACKWARD_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/base/error.h"
#include "lib/base/plan.h"
#include "lib/base/registry.h"
#include "lib/pool/blocks.h"
#include "lib/pool/problem.h"
#include "lib/pool/scratch.h"

namespace windrow::internal {

// What a call adds.
struct PoolBackwardBuffers {
  const float* dy;
  const int64_t* indices;  // of maxima
  float* dx;
  std::byte* scratch;  // of all threads
};

using PoolBackwardPlan = Plan<PoolBackwardBuffers>;

const Registry<PoolShape, PoolBackwardBuffers>& PoolBackwardRegistry();

// They plan calls of a shape or return why they do not do them.
const char* ConsiderBackwardRows(const PoolShape& shape, PoolBackwardPlan& plan);
// Scalar, any layout and attribute: what the other is compared with.
const char* ConsiderBackwardReference(const PoolShape& shape, PoolBackwardPlan& plan);

// Throws std::invalid_argument unless an index is one of its plane, or -1: none.
inline void CheckIndex(const PoolShape& shape, int64_t index) {
  const int64_t plane = shape.h.in * shape.w.in;
  Require(index >= -1 && index < plane, "there is an index ", index, ", but a plane of dx has ",
          plane, " elements");
}

// How elements of dx get what outputs add: averages as sums across and then down; maxima by looking
// for their index in all windows that hold them; or, of anything, each output adds to its elements.
enum class GradientBy : int64_t { kSums, kSearch, kScatter };

// Offsets into a thread's scratch memory, in floats.
struct BackwardPlaces {
  int64_t rows, columns;  // of each, its outputs
  int64_t outputs;        // dy as pixels
  int64_t quotients;      // of averages: dy / divisor
  int64_t indices;        // of 32 bits, as pixels
  int64_t sums;           // across, of each output row; or, to scatter, two for each element
  int64_t staged;         // planes of indices of 32 bits, then dx as pixels
  int64_t total;
};

struct BackwardPlan {
  PoolShape shape;
  double cycles;
  GradientBy by;
  bool same_divisors;     // of averages: a row of outputs has one
  bool stage_x, stage_y;  // their channels are no neighbours
  PoolBlockCut cut;       // of dx
  BackwardPlaces at;

  BackwardPlan(const PoolShape& shape, GradientBy by);
  int64_t ScratchBytes() const { return FloatBytes(at.total); }
  std::string Describe() const { return cut.Describe(" inputs of "); }
  void Run(const PoolBackwardBuffers& buffers) const;

  AddedWork Added() const;
  void Place();
};

// Rows and columns of some channels of an image of dx, and the outputs whose windows meet them.
struct GradientTile {
  PoolBlock dx;
  WindowAxis::Range rows, columns, output_rows, outputs;

  GradientTile(const PoolShape& shape, const PoolBlock& block)
      : dx(block),
        rows{dx.row, dx.row + dx.rows},
        columns{dx.column, dx.column + dx.columns},
        output_rows(shape.h.OutputsReaching(rows.begin, rows.end)),
        outputs(shape.w.OutputsReaching(columns.begin, columns.end)) {}
  int64_t outputs_height() const { return output_rows.end - output_rows.begin; }
  int64_t outputs_width() const { return outputs.end - outputs.begin; }
};

// By sums or search, in a thread's scratch memory.
void SearchTile(const BackwardPlan& plan, const PoolBackwardBuffers& buffers,
                const GradientTile& tile, float* scratch);
// `scratch` has two floats for each element.
void ScatterTile(const PoolShape& shape, const PoolBackwardBuffers& buffers,
                 const GradientTile& tile, float* scratch);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_BACKWARD_H_
