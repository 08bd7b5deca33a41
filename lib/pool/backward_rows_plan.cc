#include <algorithm>
#include <initializer_list>
#include <limits>

#include "lib/pool/backward_rows.h"
#include "lib/pool/blocks.h"
#include "lib/pool/cost.h"

namespace windrow::internal {
namespace {

constexpr double kAny = std::numeric_limits<double>::infinity();
constexpr int64_t kFewPlanes = 16, kFewChannels = 64;
// Channels have nothing in common, but fewer of a pixel take more time each; of planes they do not.
constexpr double kChannelsCut = 0.12;

// How many more outputs tiles of half of so many inputs see, relative to those of so many.
double MoreSeen(const WindowAxis& axis, int64_t inputs) {
  const auto each = [&](int64_t n) { return Number(axis.MaxOutputsReaching(n)) / Number(n); };
  return inputs == 1 ? kAny : each(CeilDiv(inputs, 2)) / each(inputs) - 1;
}

// An element compares as many indices as windows hold it, a vector of them at once; the other way
// takes as long for any windows.
GradientBy WayOf(const PoolShape& shape) {
  if (shape.op->average) return GradientBy::kSums;
  constexpr int64_t kComparesAScatter = 8;
  const auto holding = [](const WindowAxis& a) {
    return std::min(a.MaxTaps(), a.MaxOutputsReaching(1));
  };
  const int64_t compares = SaturatedProduct({holding(shape.h), holding(shape.w)});
  const bool few_channels =
      shape.c == 1 || (!shape.ArePixels(shape.xs) && 2 * shape.c < shape.op->lanes);
  return few_channels || compares > kComparesAScatter * shape.op->lanes ? GradientBy::kScatter
                                                                        : GradientBy::kSearch;
}

}  // namespace

BackwardRowsPlan::BackwardRowsPlan(const PoolShape& s)
    : shape(s),
      cycles(Number(s.n * s.c) *
             (4 * Number(s.h.out) * Number(s.w.out) + Number(s.h.in) * Number(s.w.in))),
      by(WayOf(s)),
      same_divisors(!s.w.adaptive && s.SameDivisors(s.w)),
      sums_down(by == GradientBy::kSums && (s.h.MaxOutputsReaching(1) > 1 || s.c < s.op->lanes)),
      stage_x(by != GradientBy::kScatter && !s.ArePixels(s.xs)),
      stage_y(by != GradientBy::kScatter && !s.ArePixels(s.ys)),
      channels(by == GradientBy::kScatter && !s.ArePixels(s.xs) ? 1 : s.c),
      rows(s.h.in),
      columns(s.w.in),
      divided_rows(1),
      at{} {
  const auto tasks = [this] {
    return SaturatedProduct({shape.n, CeilDiv(shape.c, channels), CeilDiv(shape.h.in, rows),
                             CeilDiv(shape.w.in, columns)});
  };
  Place();
  // Of planes few are enough, and more of their rows better.
  const int64_t l2 = s.op->machine->l2;
  while (channels > kFewPlanes && ScratchBytes() > l2 / 8 && Cut(kChannelsCut)) continue;
  while (ScratchBytes() > l2 / 3 && Cut(kAny)) continue;
  // As many tasks as are wanted, if that adds little work; in any case one for each thread.
  while (tasks() < WantedTasks(s) && Cut(0.25)) continue;
  while (tasks() < s.threads && Cut(kAny)) continue;
}

// Makes tiles smaller in the way that adds the least work, unless that is more than `max` of all
// work. False if there is none.
bool BackwardRowsPlan::Cut(double max) {
  const int64_t few = stage_x || stage_y ? kFewPlanes : kFewChannels;
  const double by_channels = channels <= few ? kAny : stage_x ? 0 : kChannelsCut;
  const double by_rows = MoreSeen(shape.h, rows), by_columns = MoreSeen(shape.w, columns);
  const double least = std::min({by_channels, by_rows, by_columns});
  if (least > max || least == kAny) return false;
  if (least == by_channels) {
    channels = RoundUp(CeilDiv(channels, 2), few);
  } else {
    int64_t& extent = least == by_rows ? rows : columns;
    extent = CeilDiv(extent, 2);
  }
  Place();
  return true;
}

void BackwardRowsPlan::Place() {
  Scratch scratch;
  const auto place = [&scratch](std::initializer_list<int64_t> factors) {
    return scratch.Place(SaturatedProduct(factors));
  };
  const bool sums = by == GradientBy::kSums, searches = by == GradientBy::kSearch;
  const bool scatters = by == GradientBy::kScatter, planes = !shape.ArePixels(shape.is);
  const int64_t output_rows = shape.h.MaxOutputsReaching(rows);
  const int64_t outputs = shape.w.MaxOutputsReaching(columns);
  at.rows = place({scatters ? 0 : 2, rows});
  at.columns = place({scatters ? 0 : 2, columns});
  at.outputs = place({stage_y ? output_rows : 0, outputs, channels});
  const int64_t few_rows =
      shape.op->machine->l1d / 4 / FloatBytes(SaturatedProduct({outputs, channels}));
  divided_rows = sums_down ? std::clamp<int64_t>(few_rows, 1, output_rows) : output_rows;
  at.quotients = place({sums ? divided_rows : 0, outputs, channels});
  at.indices = place({searches ? output_rows : 0, outputs, channels});
  at.sums = place({scatters ? 2 * rows : sums_down ? output_rows : 0, columns, channels});
  at.staged = place({std::max(SaturatedProduct({stage_x ? rows : 0, columns}),
                              SaturatedProduct({searches && planes ? output_rows : 0, outputs})),
                     channels});
  at.total = scratch.floats();
}

std::string BackwardRowsPlan::Describe() const {
  return StrCat(rows, " x ", columns, " inputs of ", channels,
                channels == 1 ? " channel" : " channels");
}

}  // namespace windrow::internal
