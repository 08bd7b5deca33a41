// How a pooling, or its gradient, is cut into tasks: blocks of rows and columns of what it
// computes, and of channels.
#ifndef WINDROW_LIB_POOL_BLOCKS_H_
#define WINDROW_LIB_POOL_BLOCKS_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "lib/base/error.h"
#include "lib/base/math.h"
#include "lib/pool/problem.h"

namespace windrow::internal {

// [row, row + rows) x [column, column + columns) of the channels [channel, channel + channels) of
// image n.
struct PoolBlock {
  int64_t n = 0, channel = 0, channels, row = 0, rows, column = 0, columns;

  // Where that element of its first channel is.
  int64_t At(const Strides& s, int64_t h, int64_t w) const {
    return n * s.n + channel * s.c + h * s.h + w * s.w;
  }
};

// How many tasks there should be, so that a thread that was held up can be helped out.
inline int64_t WantedTasks(const PoolShape& shape) {
  return shape.threads == 1 ? 1 : int64_t{4} * shape.threads;
}

// At most so many of `count` in a task, if `others` independent parts are tasks anyway.
inline int64_t ShareOf(const PoolShape& shape, int64_t count, int64_t others) {
  return CeilDiv(count, CeilDiv(WantedTasks(shape), std::max<int64_t>(others, 1)));
}

// What halving an extent of blocks adds to all work, relative to that.
struct AddedWork {
  double channels, rows, columns;
};
inline constexpr double kNever = std::numeric_limits<double>::infinity(), kAny = kNever;
// Channels have nothing in common, but fewer of a pixel take more time each.
inline constexpr double kChannelsCut = 0.12;

// ... if blocks of n rows or columns work on Seen(n) of those of the other side.
template <class Seen>
double MoreSeen(int64_t n, const Seen& seen) {
  const auto each = [&](int64_t m) {
    return static_cast<double>(seen(m)) / static_cast<double>(m);
  };
  return n == 1 ? kNever : each(CeilDiv(n, 2)) / each(n) - 1;
}

// Blocks of at most so many channels, rows and columns of all that there are.
struct PoolBlockCut {
  int64_t all_rows, all_columns;
  int64_t channels, rows, columns;

  int64_t Tasks(const PoolShape& shape) const {
    return SaturatedProduct({shape.n, CeilDiv(shape.c, channels), CeilDiv(all_rows, rows),
                             CeilDiv(all_columns, columns)});
  }
  // The largest block, for Explain.
  std::string Describe(const char* what) const {
    return StrCat(rows, " x ", columns, what, channels, channels == 1 ? " channel" : " channels");
  }
  // Halves what adds the least work, unless that is more than `max`. False if there is nothing.
  bool Halve(const AddedWork& added, double max, int64_t lanes) {
    const int64_t half = RoundUp(CeilDiv(channels, 2), lanes);  // perhaps all
    const double of_channels = half < channels ? added.channels : kNever;
    const double least = std::min({of_channels, added.rows, added.columns});
    if (least > max || least == kNever) return false;
    if (least == of_channels) {
      channels = half;
    } else {
      int64_t& extent = least == added.rows ? rows : columns;
      extent = CeilDiv(extent, 2);
    }
    return true;
  }
};

// Makes the blocks of a plan smaller, in the ways that add the least work, until their scratch
// memory is at most so many bytes; none that adds more than `max`.
template <class P>
void CutToFit(P& plan, int64_t bytes, double max) {
  for (plan.Place(); plan.ScratchBytes() > bytes; plan.Place()) {
    if (!plan.cut.Halve(plan.Added(), max, plan.shape.op->lanes)) return;
  }
}

// As many tasks as are wanted, if that adds little work; in any case one for each thread.
template <class P>
void CutForThreads(P& plan) {
  const PoolShape& shape = plan.shape;
  const auto halve = [&](int64_t tasks, double max) {
    while (plan.cut.Tasks(shape) < tasks) {
      if (!plan.cut.Halve(plan.Added(), max, shape.op->lanes)) return;
    }
  };
  halve(WantedTasks(shape), 0.25);
  halve(shape.threads, kAny);
}

// All blocks of a cut, evenly. Channels are cut between vectors, unless a block has less than one.
struct PoolBlocks {
  int64_t n, c, lanes;
  EvenSplit vectors, rows, columns;

  PoolBlocks(const PoolShape& shape, const PoolBlockCut& cut)
      : n(shape.n),
        c(shape.c),
        lanes(std::min<int64_t>(shape.op->lanes, cut.channels)),
        vectors(CeilDiv(shape.c, lanes), cut.channels / lanes),
        rows(cut.all_rows, cut.rows),
        columns(cut.all_columns, cut.columns) {}

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
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_BLOCKS_H_
