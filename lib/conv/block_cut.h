// How the outputs of an image are cut into blocks whose copies fit the caches.
#ifndef WINDROW_LIB_CONV_BLOCK_CUT_H_
#define WINDROW_LIB_CONV_BLOCK_CUT_H_

#include <cstdint>

#include "lib/base/function_ref.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

struct BlockCut {
  int64_t rows, columns;  // of a block; those at the end may be smaller

  int64_t down(const ConvShape& c) const { return CeilDiv(c.h.out, rows); }
  int64_t across(const ConvShape& c) const { return CeilDiv(c.w.out, columns); }
  int64_t count(const ConvShape& c) const { return c.n * down(c) * across(c); }
};

// Outputs of one block.
struct Block {
  int64_t n, row, rows, column, columns;
};
Block BlockAt(const ConvShape& call, const BlockCut& cut, int64_t index);

// How many tasks share the output channels of a block: as many as threads need where that is better
// than smaller blocks, each of which would read all weights again, while each share copies the
// block's input again. 1 if there are several groups or images.
int64_t Shares(const ConvShape& call);

// As how many tasks shares count for CutBlocks, which wants twice as many a thread as Shares gives.
inline int64_t TasksOf(int64_t shares) { return shares > 1 ? 2 * shares : 1; }

// Some panels of a group's weights, and the output channels that are theirs.
struct PanelShare {
  int64_t first, panels;
  int64_t channel, channels;
};
PanelShare ShareAt(const ConvWeights& weights, int64_t group, int64_t index, int64_t shares);

// How much larger than it should be what a block copies may be where smaller blocks would copy most
// inputs several times.
inline constexpr double kMaxLoad = 4;

// Halves the rows, then the columns (not below `min_columns`), until a block's load, its copies'
// part of the caches they should fit, is at most 1 and there are enough blocks for all threads;
// `parallel` tasks can share a block. Where smaller blocks would copy most of their inputs several
// times, it is enough if each thread has two and the load is at most kMaxLoad; that holds of every
// block larger than one output.
BlockCut CutBlocks(const ConvShape& call, int64_t min_columns, int64_t parallel,
                   FunctionRef<double(int64_t rows, int64_t columns)> load);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_BLOCK_CUT_H_
