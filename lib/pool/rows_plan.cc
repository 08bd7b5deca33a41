#include "lib/pool/rows_plan.h"

#include <algorithm>

#include "lib/base/cache.h"
#include "lib/pool/padded_rows.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kPointer = sizeof(void*) / sizeof(float);
constexpr int64_t kManyTaps = 8, kManyOutputs = 4;

// Those on padding too where results of these are kept.
int64_t RowsSeen(const RowsPlan& p, int64_t rows) {
  const WindowAxis& h = p.call.h;
  const int64_t covered = (rows - 1) * h.stride + h.extent();
  return p.pads_down ? covered : std::min(h.in, covered);
}

bool Slides(const WindowAxis& axis) {
  return axis.stride == 1 && axis.dilation == 1 && axis.kernel >= kMinSlidingTaps;
}

}  // namespace

RowsPlan::RowsPlan(const PoolCall& c) : call(c) {
  const CacheSizes& caches = Caches();
  const int64_t lanes = c.op->lanes;
  planes = (c.xs.w == 1 || c.w.in == 1) && (c.ys.w == 1 || c.w.out == 1);
  // Every vector of a plane's pixels but the first tap's meets two cache lines. Where there are
  // many taps, planes are better turned into pixels.
  const bool many_taps =
      c.h.kernel + c.w.kernel >= kManyTaps && c.w.stride == 1 && c.w.out >= kManyOutputs;
  if (many_taps && c.c >= lanes && !c.with_indices) planes = false;
  unit = 1;
  rows = c.h.out, columns = c.w.out;
  if (!planes) {
    // The results that the windows of an output row share fit the L1 cache.
    // (Sliding kernels load them so seldom that the L2 cache will do.)
    const int64_t cache = Slides(c.h) && Slides(c.w) ? caches.l2 / 8 : caches.l1d * 2 / 3;
    const int64_t most = cache / kFloat / (c.h.kernel * c.w.out);
    unit = c.c <= 2 * lanes ? c.c : std::clamp<int64_t>(most / lanes, 1, 8) * lanes;
    // Channels are shared out rather than rows, which need results of rows that others have.
    if (unit > lanes) unit = std::min(unit, RoundUp(ShareOf(c, c.c, c.n), lanes));
    unit = std::min(unit, c.c);
  }
  const bool average = c.op->average;
  slides_across = average && !planes && unit >= lanes && Slides(c.w);
  slides_down = (average || (planes && Joined(1))) && Slides(c.h) && c.SameDivisors(c.h);
  pads_down = average && slides_down;
  const auto bytes = [&] {
    Place();
    return total * kFloat;
  };
  // A block's scratch fits half the L1 cache if its rows then are not mostly those of its
  // neighbours; in any case half the L2 cache, or as much as a few outputs need.
  const int64_t few = CeilDiv(2 * c.h.extent(), c.h.stride);
  while (rows > few && bytes() > caches.l1d / 2) rows = CeilDiv(rows, 2);
  while (columns > 256 && bytes() > caches.l2 / 2) columns = CeilDiv(columns, 2);
  while (rows > 1 && bytes() > caches.l2 / 2) rows = CeilDiv(rows, 2);
  while (columns > lanes && bytes() > caches.l2 / 2) columns = CeilDiv(columns, 2);
  const int64_t others = c.n * (planes ? c.c : CeilDiv(c.c, unit)) * CeilDiv(c.w.out, columns);
  if (others < WantedTasks(c)) rows = std::min(rows, ShareOf(c, c.h.out, others));
  Place();
}

void RowsPlan::Place() {
  int64_t end = 0;
  // No layout is that large; one that would be is refused.
  constexpr int64_t kMost = int64_t{1} << 48;
  const auto place = [&](int64_t floats) {
    const int64_t at = end;
    end += RoundUp(std::min(floats, kMost), 16);
    return at;
  };
  const int64_t lanes = call.op->lanes, items = columns * unit;
  int64_t pitch = pixels(columns) * unit;
  // Reducing what lies between the outputs of two rows may cost less than partial vectors do.
  flat = !call.with_indices && !slides_across && pitch <= RoundUp(items, lanes) + lanes;
  if (call.w.stride == 1 && call.xs.h <= pitch + PaddedRows::kMaxGap)
    pitch = std::max(pitch, call.xs.h);
  seen = RowsSeen(*this, rows);
  chunk = std::clamp<int64_t>(Caches().l1d / 4 / kFloat / (pitch * call.w.stride), 1,
                              std::min(seen, call.h.in));
  padded = place(call.w.stride * RoundUp(chunk * pitch, 16));
  results = place(SaturatedProduct({seen, flat ? pitch : items}));
  indices = place(call.with_indices ? SaturatedProduct({seen, items}) : 0);
  first = place(call.with_indices ? items : 0);
  positions = place(call.with_indices ? items : 0);
  divisors = place(call.op->average ? items : 0);
  apart = 0;
  // The last chunk of channels may be smaller, and its pixels lie otherwise than the others'.
  const bool all_joined = Joined(unit) && (planes || unit == call.c);
  if (!all_joined && !call.with_indices) apart = place(items * (slides_down ? kRowsApart : 1));
  suffixes =
      place(slides_down && !call.op->average ? RunningScratch(call.h.kernel, call.h.in, lanes) : 0);
  taps = place((2 * kPointer + 1) * std::max(call.w.kernel, call.h.kernel));
  total = end;
}

}  // namespace windrow::internal
