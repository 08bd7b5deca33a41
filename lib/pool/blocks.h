// How a pooling is cut into tasks: blocks of output rows and columns, and of channels.
#ifndef WINDROW_LIB_POOL_BLOCKS_H_
#define WINDROW_LIB_POOL_BLOCKS_H_

#include <algorithm>
#include <cstdint>

#include "lib/base/math.h"
#include "lib/pool/problem.h"

namespace windrow::internal {

// Outputs [row, row + rows) x [column, column + columns) of the channels [channel, channel +
// channels) of image n.
struct PoolBlock {
  int64_t n, channel, channels, row, rows, column, columns;
};

// The largest block of each kind; evenly cut.
struct PoolBlocks {
  int64_t n;
  EvenSplit channels, rows, columns;

  PoolBlocks(const PoolCall& call, int64_t most_channels, int64_t most_rows, int64_t most_columns)
      : n(call.n),
        channels(call.c, most_channels),
        rows(call.h.out, most_rows),
        columns(call.w.out, most_columns) {}

  int64_t count() const { return n * channels.parts * rows.parts * columns.parts; }
  // Channels vary fastest in the order of tasks where pixels are read once for all of them.
  PoolBlock At(int64_t index) const {
    const int64_t c = index % channels.parts, w = index / channels.parts % columns.parts;
    const int64_t rest = index / channels.parts / columns.parts;
    const int64_t h = rest % rows.parts;
    return {rest / rows.parts,
            channels.Begin(c),
            channels.Begin(c + 1) - channels.Begin(c),
            rows.Begin(h),
            rows.Begin(h + 1) - rows.Begin(h),
            columns.Begin(w),
            columns.Begin(w + 1) - columns.Begin(w)};
  }
};

// How many tasks there should be, so that a thread that was held up can be helped out.
inline int64_t WantedTasks(const PoolCall& call) {
  return call.threads == 1 ? 1 : 4 * call.threads;
}

// The most of `count` in a task, if `others` independent parts are tasks anyway.
inline int64_t ShareOf(const PoolCall& call, int64_t count, int64_t others) {
  return CeilDiv(count, CeilDiv(WantedTasks(call), std::max<int64_t>(others, 1)));
}

// The axis of the outputs [first, first + count) alone.
inline WindowAxis PartOf(WindowAxis axis, int64_t first, int64_t count) {
  axis.before -= first * axis.stride;
  axis.out = count;
  return axis;
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_BLOCKS_H_
