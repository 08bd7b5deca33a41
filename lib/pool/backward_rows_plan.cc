#include "lib/pool/backward_rows_plan.h"

#include <limits>

#include "lib/pool/blocks.h"
#include "lib/pool/cost.h"

namespace windrow::internal {
namespace {

constexpr double kAny = std::numeric_limits<double>::infinity();
constexpr int64_t kLine = 16;  // floats
constexpr int64_t kCounted = sizeof(int64_t) / sizeof(float);

// How many more outputs tiles of `smaller` inputs see than those of `larger`, in all, relative to
// these.
double MoreSeen(const WindowAxis& axis, int64_t smaller, int64_t larger) {
  const auto each = [&](int64_t n) { return Number(axis.MaxOutputsReaching(n)) / Number(n); };
  return each(smaller) / each(larger) - 1;
}

}  // namespace

BackwardRowsPlan::BackwardRowsPlan(const PoolShape& s)
    : shape(s),
      cycles(0),
      pixels(s.c > 1 && (s.xs.c == 1 || ShouldStage())),
      staged(pixels && s.xs.c != 1),
      uniform(!s.w.adaptive && s.SameDivisors(s.w)),
      picks(ShouldPick()),
      stretches(CanStretch() && (s.op->average || picks)),
      unit(pixels ? s.c : 1),
      // Of so many rows few are those of the neighbours too.
      rows(std::min(s.h.in, std::max<int64_t>(SaturatedProduct({s.h.MaxExtent(), 8}), 256))),
      columns(s.w.in) {
  Place();
  while (CacheBytes() > s.op->machine->l2 / 2 && Cut(kAny)) continue;
  if (s.threads > 1) CutForThreads();
  cycles = Number(s.n * s.c) * (4 * Number(s.h.out) * Number(s.w.out) + s.h.CountTaps() * 30 +
                                Number(s.h.in) * Number(s.w.in));
}

// Each row of a plane takes some calls of kernels; many channels at once take fewer, but must be
// transposed.
bool BackwardRowsPlan::ShouldStage() const {
  constexpr int64_t kLongRow = 48;
  return shape.w.in < kLongRow && PoolShape::ArePlanes(shape.xs, shape.w.in) &&
         2 * shape.c >= shape.op->lanes;
}

bool BackwardRowsPlan::CanStretch() const {
  return !pixels && !shape.w.adaptive && shape.w.extent() - 1 <= shape.w.in &&
         PoolShape::ArePlanes(shape.xs, shape.w.in);
}

// An element compares as many indices as windows hold it, a vector of them at once; the other way,
// each output writes to where its index is, takes as long for any windows.
bool BackwardRowsPlan::ShouldPick() const {
  if (shape.op->average) return false;
  constexpr int64_t kComparesAScatter = 8;
  const auto holding = [](const WindowAxis& a) {
    return std::min(a.MaxTaps(), a.MaxOutputsReaching(1));
  };
  const int64_t compares =
      SaturatedProduct({holding(shape.h), pixels ? holding(shape.w) : shape.w.MaxTaps()});
  if (compares > kComparesAScatter * shape.op->lanes) return false;
  if (pixels) return shape.ArePixels(shape.is) || PoolShape::ArePlanes(shape.is, shape.w.out);
  return CanStretch() && PoolShape::ArePlanes(shape.ys, shape.w.out) &&
         PoolShape::ArePlanes(shape.is, shape.w.out);
}

// Beside the scratch memory the rows of dx that are added to.
int64_t BackwardRowsPlan::CacheBytes() const {
  return SaturatedSum(ScratchBytes(), FloatBytes(SaturatedProduct({TapRows(rows), columns, unit})));
}

// Makes tiles smaller in the way that adds the least work, unless that is more than `max` of all
// work. False if there is none.
bool BackwardRowsPlan::Cut(double max) {
  const int64_t fewer_columns = CeilDiv(columns, 2);
  // More rows than windows have cost no memory.
  const int64_t fewer_rows = CeilDiv(std::min(rows, shape.h.MaxExtent()), 2);
  const double by_unit = unit > kLine ? 0 : kAny;
  const double by_columns = columns > 1 ? MoreSeen(shape.w, fewer_columns, columns) : kAny;
  const double by_rows = rows > 1 ? MoreSeen(shape.h, fewer_rows, rows) : kAny;
  const double least = std::min({by_unit, by_columns, by_rows});
  if (least > max || least == kAny) return false;
  if (least == by_unit) {
    unit = RoundUp(CeilDiv(unit, 2), kLine);
  } else if (least == by_columns) {
    columns = fewer_columns;
  } else {
    rows = fewer_rows;
  }
  Place();
  return true;
}

// As many tasks as are wanted, if that adds little work; in any case one for each thread. Smaller
// tiles take no more memory.
void BackwardRowsPlan::CutForThreads() {
  const auto tasks = [this] {
    return SaturatedProduct(
        {shape.n, chunks(), CeilDiv(shape.h.in, rows), CeilDiv(shape.w.in, columns)});
  };
  const auto halve_rows = [this](double max) {
    const int64_t fewer = CeilDiv(rows, 2);
    if (rows == 1 || MoreSeen(shape.h, fewer, rows) > max) return false;
    rows = fewer;
    return true;
  };
  const int64_t wanted = WantedTasks(shape);
  if (pixels) unit = std::min(unit, RoundUp(ShareOf(shape, shape.c, shape.n), kLine));
  while (tasks() < wanted && halve_rows(0.25)) continue;
  while (tasks() < shape.threads && halve_rows(kAny)) continue;
  Place();
}

void BackwardRowsPlan::Place() {
  Scratch scratch;
  const auto place = [&scratch](std::initializer_list<int64_t> factors) {
    return scratch.Place(SaturatedProduct(factors));
  };
  const bool average = shape.op->average;
  const int64_t outputs = shape.w.MaxOutputsReaching(columns), row = columns * unit;
  const int64_t tap_rows = average ? 1 : picks ? 0 : TapRows(rows);
  const int64_t stretched = stretches ? StretchedWidth(columns) + 1 : 0;  // 1: see StretchArgs
  const bool lists = average || (picks && !stretches), scatters = !average && !picks;
  at.partial = place({tap_rows, row});
  at.quotients = place({lists ? outputs : 0, unit});
  at.divisors = place({average && !uniform ? outputs : 0});
  at.counted = place({average && !uniform ? outputs : 0, kCounted});
  at.first_output = place({rows});
  at.last_output = place({rows});
  at.first = place({lists ? columns : 0});
  at.count = place({lists ? columns : 0});
  at.begin = place({scatters ? outputs : 0});
  at.extent = place({scatters ? outputs : 0});
  at.narrow = place({picks ? outputs : 0, unit});
  at.planes = place({picks && pixels ? outputs : 0, unit});
  at.dx = place({staged ? rows : 0, row});
  at.stretched = place({stretched});
  at.stretched_indices = place({picks ? stretched : 0});
  at.total = scratch.floats();
}

std::string BackwardRowsPlan::Describe() const {
  return StrCat(rows, " x ", columns, " inputs of ", unit, unit == 1 ? " channel" : " channels");
}

}  // namespace windrow::internal
