#include "lib/pool/rows_plan.h"

#include <algorithm>
#include <initializer_list>

#include "lib/base/error.h"
#include "lib/pool/cost.h"
#include "lib/pool/padded_rows.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kPointer = sizeof(void*) / sizeof(float);
constexpr int64_t kLongWindow = 4;  // for running kernels

// Of a window's row that is worth being turned into a column, and its results back.
int64_t LongRow(const PoolShape& shape) {
  return shape.op->average ? 24 : shape.with_indices ? 6 : 10;
}

}  // namespace

RowsPlan::RowsPlan(const PoolShape& c) : shape(c) {
  const int64_t lanes = c.op->lanes;
  planes = c.planes() || !c.pixels();
  unit = 1;
  rows = c.h.out, columns = c.w.out;
  if (!planes) {
    // The results that the windows of an output row share fit the L1 cache.
    const int64_t window = SaturatedProduct({c.h.kernel, c.w.out, kFloat});
    const int64_t max = shape.op->machine->l1d * 2 / 3 / window;
    unit = c.c <= 2 * lanes ? c.c : std::clamp<int64_t>(max / lanes, 1, 8) * lanes;
    unit = std::min(unit, c.c);
  }
  const bool all = planes || unit == c.c;
  runs_down = all && Joined(unit) && c.h.stride == 1 && c.h.dilation == 1 &&
              c.h.kernel >= kLongWindow && c.SameDivisors(c.h) && c.SameDivisors(c.w);
  runs_across =
      all && c.xs.w == unit && c.w.stride == 1 && c.w.dilation == 1 && c.w.kernel >= LongRow(c);
  CutForCaches();
  cycles = Estimate();
  if (c.threads > 1) CutForThreads();
}

// A block's scratch fits half the L1 cache if its rows then are not mostly those of its neighbours;
// in any case half the L2 cache, or as much as a few outputs need. Rows that blocks have in common
// are reduced for each of them, columns only copied: they are cut before rows become few.
void RowsPlan::CutForCaches() {
  const int64_t l1 = shape.op->machine->l1d / 2 / kFloat, l2 = shape.op->machine->l2 / 2 / kFloat;
  const auto halve = [this](int64_t& extent) {
    extent = CeilDiv(extent, 2);
    Place();
  };
  Place();
  while (rows > FewRows() && at.total > l1) halve(rows);
  while (columns > FewColumns() && at.total > l2) halve(columns);
  while (rows > 1 && at.total > l2) halve(rows);
  while (columns > shape.op->lanes && at.total > l2) halve(columns);
}

// As many tasks as are wanted, if that makes no block small; in any case one for each thread.
void RowsPlan::CutForThreads() {
  const auto tasks = [this] {
    return SaturatedProduct(
        {shape.n, chunks(), CeilDiv(shape.w.out, columns), CeilDiv(shape.h.out, rows)});
  };
  const auto halve = [this](int64_t& extent) { return Cut(extent, CeilDiv(extent, 2)); };
  const int64_t lanes = shape.op->lanes, wanted = WantedTasks(shape);
  // Channels have nothing in common.
  if (!planes && unit > lanes)
    Cut(unit, std::min(unit, RoundUp(ShareOf(shape, shape.c, shape.n), lanes)));
  while (rows > 2 * FewRows() && tasks() < wanted && halve(rows)) {
  }
  while (columns > FewColumns() && tasks() < wanted && halve(columns)) {
  }
  while (rows > 1 && tasks() < shape.threads && halve(rows)) {
  }
}

// Makes a block smaller, unless it would take more memory: how much depends on the caches alone.
bool RowsPlan::Cut(int64_t& extent, int64_t to) {
  const int64_t before = extent, floats = at.total;
  extent = to;
  Place();
  if (at.total <= floats) return true;
  extent = before;
  Place();
  return false;
}

void RowsPlan::Place() {
  Scratch scratch;
  const auto place = [&scratch](std::initializer_list<int64_t> factors) {
    return scratch.Place(SaturatedProduct(factors));
  };
  const WindowAxis &h = shape.h, &w = shape.w;
  const int64_t lanes = shape.op->lanes, items = columns * unit;
  int64_t pitch = SaturatedProduct({pixels(columns), unit});
  // Reducing what lies between the outputs of two rows may cost less than partial vectors do.
  flat = !shape.with_indices && !runs_across && pitch <= RoundUp(items, lanes) + lanes;
  if (w.stride == 1 && shape.xs.h <= SaturatedSum(pitch, PaddedRows::kMaxGap)) {
    pitch = std::max(pitch, shape.xs.h);
  }
  seen = std::min(h.in, (rows - 1) * h.stride + h.extent());
  const int64_t row = SaturatedProduct({pitch, w.stride});
  chunk = std::clamp<int64_t>(shape.op->machine->l1d / 4 / kFloat / row, 1, seen);
  if (runs_across) {
    const int64_t max = shape.op->machine->l2 / 8 / kFloat / (SeenColumns() * unit);
    chunk = std::clamp<int64_t>(max, 1, std::min(seen, 4 * lanes));
    at.padded = place({chunk, SeenColumns(), unit});
    at.turned = place({chunk, items, shape.with_indices ? 2 : 1});
  } else {
    at.padded = place({w.stride, RoundUp(SaturatedProduct({chunk, pitch}), 16)});
  }
  at.results = place({seen, flat ? pitch : items});
  at.indices = place({shape.with_indices ? seen : 0, items});
  at.first = place({shape.with_indices ? items : 0});
  at.positions = place({shape.with_indices ? items : 0});
  at.divisors = place({shape.op->average ? items : 0});
  // The last chunk of channels may be smaller, and its pixels lie otherwise than the others'.
  const bool all_joined = Joined(unit) && (planes || unit == shape.c);
  at.apart = place({all_joined || shape.with_indices ? 0 : items});
  const bool maxima = !shape.op->average;
  at.suffixes = place({std::max(maxima && runs_down ? SuffixFloats(h.kernel, h.in, lanes) : 0,
                                maxima && runs_across ? SuffixFloats(w.kernel, w.in, lanes) : 0)});
  at.taps = place({MaxTaps(), 2 * kPointer + 1});
  at.total = scratch.floats();
}

double RowsPlan::Estimate() const {
  const double lanes = Number(shape.op->lanes);
  const double blocks = Number(CeilDiv(shape.w.out, columns));  // of each row
  const double images = Number(shape.n * chunks());
  const double all_seen = Number(CeilDiv(shape.h.out, rows)) * Number(seen);
  const double all_pixels = blocks * Number(pixels(columns)) * Number(unit) / lanes;
  const double items = blocks * Number(CeilDiv(columns * unit, shape.op->lanes));
  // Less than a vector is copied as a whole one.
  const bool vectors = unit >= shape.op->lanes || shape.w.stride <= (unit == 1 ? 2 : 1);
  const bool x_apart = planes && !PoolShape::ArePlanes(shape.xs, shape.w.in);
  const bool y_apart = planes && !PoolShape::ArePlanes(shape.ys, shape.w.out);
  const double fill = x_apart   ? Number(shape.w.in) * kFloatCycles
                      : vectors ? all_pixels * Number(shape.w.stride) * kCopyCycles
                                : Number(shape.w.in) * kCopyCycles;
  const double copies = y_apart  ? Number(shape.w.out) * kFloatCycles
                        : planes ? 0
                                 : (all_pixels + items) * kCopyCycles;
  // Running maxima take as long for any windows; running sums load a tap once for four outputs.
  const double height = Number(shape.h.kernel);
  const double taps = !runs_down           ? height
                      : shape.op->average  ? height * 0.5
                      : shape.with_indices ? 1.5
                                           : 3;
  const double turns = (shape.with_indices ? 3 : 2) * kTransposeCycles;
  const double runs = shape.op->average    ? 4.5 + 0.2 * Number(shape.w.kernel)
                      : shape.with_indices ? 12
                                           : 5.7;
  const double row =
      runs_across ? items * (runs * std::max(1.0, lanes / Number(chunk * unit)) + turns)
                  : (flat ? all_pixels : items) * (TapCycles(shape) * Number(shape.w.kernel) + 2);
  const double column = items * (TapCycles(shape) * taps + 2);
  const WindowAxis::Range inside = shape.h.Inside();
  const double calls = blocks * (2 * all_seen / Number(chunk) + 1 +
                                 Number(shape.h.out - (inside.end - inside.begin)));
  // A few lines of each pixel arrive slowly, and again for each few channels.
  const bool far = unit < shape.c && !planes && shape.inputs() > shape.op->machine->l2 / 4;
  const double lines =
      far ? 40 * (all_pixels * Number(shape.w.stride) * all_seen + items * Number(shape.h.out)) : 0;
  const double waits = !planes ? 1.35 : shape.w.stride == 1 ? 1.5 : 2.3;
  return waits * KeptCycles(shape) * images *
         (copies * Number(shape.h.out) + all_seen * (fill + row) +
          Number(shape.h.out) * (column + kOutputCycles) + calls * kCallCycles + lines);
}

std::string RowsPlan::Describe() const {
  return StrCat(DescribeBlock(rows, columns, unit), ", ", chunk, " input rows at a time",
                runs_across ? ", running across" : "", runs_down ? ", running down" : "");
}

}  // namespace windrow::internal
