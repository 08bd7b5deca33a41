// How a pooling is cut into tasks: blocks of output rows and columns, and of channels.
#ifndef WINDROW_LIB_POOL_BLOCKS_H_
#define WINDROW_LIB_POOL_BLOCKS_H_

#include <algorithm>
#include <cstdint>
#include <string>

#include "lib/base/error.h"
#include "lib/base/math.h"
#include "lib/pool/problem.h"

namespace windrow::internal {

// Outputs [row, row + rows) x [column, column + columns) of the channels [channel, channel +
// channels) of image n.
struct PoolBlock {
  int64_t n = 0, channel = 0, channels, row = 0, rows, column = 0, columns;
};

// The largest block, for Explain.
inline std::string DescribeBlock(int64_t rows, int64_t columns, int64_t channels) {
  return StrCat(rows, " x ", columns, " outputs of ", channels,
                channels == 1 ? " channel" : " channels");
}

// Evenly cut blocks of at most so many channels, rows and columns. Channels are cut between
// vectors, unless a block has less than one.
struct PoolBlocks {
  int64_t n, c, lanes;
  EvenSplit vectors, rows, columns;

  PoolBlocks(const PoolShape& shape, int64_t most_channels, int64_t most_rows, int64_t most_columns)
      : n(shape.n),
        c(shape.c),
        lanes(std::min<int64_t>(shape.op->lanes, most_channels)),
        vectors(CeilDiv(shape.c, lanes), most_channels / lanes),
        rows(shape.h.out, most_rows),
        columns(shape.w.out, most_columns) {}

  int64_t count() const { return n * vectors.parts * rows.parts * columns.parts; }
  // Channels vary fastest: the pixels of a block are read once for all of them.
  PoolBlock At(int64_t index) const {
    const int64_t v = index % vectors.parts, w = index / vectors.parts % columns.parts;
    const int64_t rest = index / vectors.parts / columns.parts;
    const int64_t h = rest % rows.parts;
    const int64_t begin = vectors.Begin(v) * lanes;
    const int64_t end = std::min(vectors.Begin(v + 1) * lanes, c);
    return {rest / rows.parts,
            begin,
            end - begin,
            rows.Begin(h),
            rows.Begin(h + 1) - rows.Begin(h),
            columns.Begin(w),
            columns.Begin(w + 1) - columns.Begin(w)};
  }
  std::string Describe() const {
    return DescribeBlock(rows.Begin(1), columns.Begin(1), std::min(vectors.Begin(1) * lanes, c));
  }
};

// How many tasks there should be, so that a thread that was held up can be helped out.
inline int64_t WantedTasks(const PoolShape& shape, int64_t each = 4) {
  return shape.threads == 1 ? 1 : each * shape.threads;
}

// At most so many of `count` in a task, if `others` independent parts are tasks anyway, and `each`
// a thread are wanted.
inline int64_t ShareOf(const PoolShape& shape, int64_t count, int64_t others, int64_t each = 4) {
  return CeilDiv(count, CeilDiv(WantedTasks(shape, each), std::max<int64_t>(others, 1)));
}

// Into how many tasks each of `others` parts is cut whose rows fall into so many blocks. Task i has
// the blocks from i * blocks / tasks on.
inline int64_t RowTasks(const PoolShape& shape, int64_t blocks, int64_t others) {
  return std::min(blocks, CeilDiv(WantedTasks(shape), others));
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_BLOCKS_H_
