#include "lib/pool/rows_plan.h"

#include <algorithm>
#include <initializer_list>

#include "lib/base/cache.h"
#include "lib/pool/padded_rows.h"
#include "lib/pool/scratch.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kPointer = sizeof(void*) / sizeof(float);
constexpr int64_t kLongWindow = 4;  // for running kernels

// Of a window's row that is worth being turned into a column, and its results back.
int64_t LongRow(const PoolCall& call) { return call.op->average ? 24 : call.with_indices ? 6 : 10; }

}  // namespace

RowsPlan::RowsPlan(const PoolCall& c) : call(c) {
  const int64_t lanes = c.op->lanes;
  planes = (c.xs.w == 1 || c.w.in == 1) && (c.ys.w == 1 || c.w.out == 1);
  unit = 1;
  rows = c.h.out, columns = c.w.out;
  if (!planes) {
    // The results that the windows of an output row share fit the L1 cache.
    const int64_t window = SaturatedProduct({c.h.kernel, c.w.out, kFloat});
    const int64_t most = Caches().l1d * 2 / 3 / window;
    unit = c.c <= 2 * lanes ? c.c : std::clamp<int64_t>(most / lanes, 1, 8) * lanes;
    unit = std::min(unit, c.c);
  }
  const bool all = planes || unit == c.c;
  runs_down = all && Joined(unit) && c.h.stride == 1 && c.h.dilation == 1 &&
              c.h.kernel >= kLongWindow && c.SameDivisors(c.h) && c.SameDivisors(c.w);
  runs_across =
      all && c.xs.w == unit && c.w.stride == 1 && c.w.dilation == 1 && c.w.kernel >= LongRow(c);
  CutForCaches();
  if (c.threads > 1) CutForThreads();
}

// A block's scratch fits half the L1 cache if its rows then are not mostly those of its neighbours;
// in any case half the L2 cache, or as much as a few outputs need. Rows that blocks have in common
// are reduced for each of them, columns only copied: they are cut before rows become few.
void RowsPlan::CutForCaches() {
  const int64_t l1 = Caches().l1d / 2 / kFloat, l2 = Caches().l2 / 2 / kFloat;
  const auto halve = [this](int64_t& extent) {
    extent = CeilDiv(extent, 2);
    Place();
  };
  Place();
  while (rows > FewRows() && total > l1) halve(rows);
  while (columns > FewColumns() && total > l2) halve(columns);
  while (rows > 1 && total > l2) halve(rows);
  while (columns > call.op->lanes && total > l2) halve(columns);
}

// As many tasks as are wanted, if that makes no block small; in any case one for each thread.
void RowsPlan::CutForThreads() {
  const auto tasks = [this] {
    const int64_t chunks = planes ? call.c : CeilDiv(call.c, unit);
    return SaturatedProduct(
        {call.n, chunks, CeilDiv(call.w.out, columns), CeilDiv(call.h.out, rows)});
  };
  const auto halve = [this](int64_t& extent) { return Cut(extent, CeilDiv(extent, 2)); };
  const int64_t lanes = call.op->lanes, wanted = WantedTasks(call);
  // Channels have nothing in common.
  if (!planes && unit > lanes)
    Cut(unit, std::min(unit, RoundUp(ShareOf(call, call.c, call.n), lanes)));
  while (rows > 2 * FewRows() && tasks() < wanted && halve(rows)) {
  }
  while (columns > FewColumns() && tasks() < wanted && halve(columns)) {
  }
  while (rows > 1 && tasks() < call.threads && halve(rows)) {
  }
}

// Makes a block smaller, unless it would take more memory: how much depends on the caches alone.
bool RowsPlan::Cut(int64_t& extent, int64_t to) {
  const int64_t before = extent, floats = total;
  extent = to;
  Place();
  if (total <= floats) return true;
  extent = before;
  Place();
  return false;
}

void RowsPlan::Place() {
  Scratch scratch;
  const auto place = [&scratch](std::initializer_list<int64_t> factors) {
    return scratch.Place(SaturatedProduct(factors));
  };
  const WindowAxis &h = call.h, &w = call.w;
  const int64_t lanes = call.op->lanes, items = columns * unit;
  int64_t pitch = SaturatedProduct({pixels(columns), unit});
  // Reducing what lies between the outputs of two rows may cost less than partial vectors do.
  flat = !call.with_indices && !runs_across && pitch <= RoundUp(items, lanes) + lanes;
  if (w.stride == 1 && call.xs.h <= SaturatedSum(pitch, PaddedRows::kMaxGap)) {
    pitch = std::max(pitch, call.xs.h);
  }
  seen = std::min(h.in, (rows - 1) * h.stride + h.extent());
  const int64_t row = SaturatedProduct({pitch, w.stride});
  chunk = std::clamp<int64_t>(Caches().l1d / 4 / kFloat / row, 1, seen);
  if (runs_across) {
    const int64_t most = Caches().l2 / 8 / kFloat / (SeenColumns() * unit);
    chunk = std::clamp<int64_t>(most, 1, std::min(seen, 4 * lanes));
    padded = place({chunk, SeenColumns(), unit});
    turned = place({chunk, items, call.with_indices ? 2 : 1});
  } else {
    padded = place({w.stride, RoundUp(SaturatedProduct({chunk, pitch}), 16)});
  }
  results = place({seen, flat ? pitch : items});
  indices = place({call.with_indices ? seen : 0, items});
  first = place({call.with_indices ? items : 0});
  positions = place({call.with_indices ? items : 0});
  divisors = place({call.op->average ? items : 0});
  // The last chunk of channels may be smaller, and its pixels lie otherwise than the others'.
  const bool all_joined = Joined(unit) && (planes || unit == call.c);
  apart = place({all_joined || call.with_indices ? 0 : items});
  const bool maxima = !call.op->average;
  suffixes = place({std::max(maxima && runs_down ? SuffixFloats(h.kernel, h.in, lanes) : 0,
                             maxima && runs_across ? SuffixFloats(w.kernel, w.in, lanes) : 0)});
  taps = place({MostTaps(), 2 * kPointer + 1});
  total = scratch.floats();
}

}  // namespace windrow::internal
