// How the outputs of an image are cut into blocks whose copies fit the caches.
#ifndef WINDROW_LIB_CONV_BLOCK_CUT_H_
#define WINDROW_LIB_CONV_BLOCK_CUT_H_

#include <cstdint>

#include "lib/base/function_ref.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

// The inputs that so many outputs in a line take part in.
inline int64_t Covered(const Axis& axis, int64_t outputs) {
  return (outputs - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
}

struct BlockCut {
  int64_t rows, columns;  // of a block; those at the end may be smaller

  int64_t down(const ConvCall& c) const { return CeilDiv(c.h.out, rows); }
  int64_t across(const ConvCall& c) const { return CeilDiv(c.w.out, columns); }
  int64_t count(const ConvCall& c) const { return c.n * down(c) * across(c); }
};

// Outputs of one block.
struct Block {
  int64_t n, row, rows, column, columns;
};
Block BlockAt(const ConvCall& call, const BlockCut& cut, int64_t index);

// Halves the rows, then the columns (not below `min_columns`), until a block is not too large and
// there are enough of them for all threads; `parallel` tasks can share a block.
BlockCut CutBlocks(const ConvCall& call, int64_t min_columns, int64_t parallel,
                   FunctionRef<bool(int64_t rows, int64_t columns)> too_large);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_BLOCK_CUT_H_
