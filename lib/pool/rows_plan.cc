#include "lib/pool/rows_plan.h"

#include <algorithm>

#include "lib/base/cache.h"
#include "lib/pool/padded_rows.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kPointer = sizeof(void*) / sizeof(float);
constexpr int64_t kLongWindow = 4;

}  // namespace

RowsPlan::RowsPlan(const PoolCall& c) : call(c) {
  const CacheSizes& caches = Caches();
  const int64_t lanes = c.op->lanes;
  planes = (c.xs.w == 1 || c.w.in == 1) && (c.ys.w == 1 || c.w.out == 1);
  unit = 1;
  rows = c.h.out, columns = c.w.out;
  if (!planes) {
    // The results that the windows of an output row share fit the L1 cache.
    const int64_t most = caches.l1d * 2 / 3 / kFloat / (c.h.kernel * c.w.out);
    unit = c.c <= 2 * lanes ? c.c : std::clamp<int64_t>(most / lanes, 1, 8) * lanes;
    // Channels are shared out rather than rows, which need results of rows that others have.
    if (unit > lanes) unit = std::min(unit, RoundUp(ShareOf(c, c.c, c.n), lanes));
    unit = std::min(unit, c.c);
  }
  runs_down = planes && Joined(1) && c.h.stride == 1 && c.h.dilation == 1 &&
              c.h.kernel >= kLongWindow && c.SameDivisors(c.h) && c.SameDivisors(c.w);
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
  flat = !call.with_indices && pitch <= RoundUp(items, lanes) + lanes;
  if (call.w.stride == 1 && call.xs.h <= pitch + PaddedRows::kMaxGap)
    pitch = std::max(pitch, call.xs.h);
  seen = std::min(call.h.in, (rows - 1) * call.h.stride + call.h.extent());
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
  if (!all_joined && !call.with_indices) apart = place(items);
  suffixes =
      place(runs_down && !call.op->average ? RunningScratch(call.h.kernel, call.h.in, lanes) : 0);
  taps = place((2 * kPointer + 1) * std::max(call.w.kernel, call.h.kernel));
  total = end;
}

}  // namespace windrow::internal
