#include <algorithm>

#include "lib/base/parallel.h"
#include "lib/pool/backward.h"
#include "lib/pool/strategies.h"

namespace windrow::internal {
namespace {

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

// The shape with the planes of all images as channels of one, where they follow each other.
PoolShape WithPlanesAsChannels(PoolShape shape) {
  const auto follow = [&shape](const Strides& s) { return shape.c == 1 || s.n == shape.c * s.c; };
  if (!follow(shape.xs) || !follow(shape.ys) || (shape.with_indices && !follow(shape.is))) {
    return shape;
  }
  if (shape.c == 1) shape.xs.c = shape.xs.n, shape.ys.c = shape.ys.n, shape.is.c = shape.is.n;
  shape.c *= shape.n;
  shape.n = 1;
  return shape;
}

}  // namespace

BackwardPlan::BackwardPlan(const PoolShape& s, GradientBy way)
    : shape(s),
      cycles(Number(s.n * s.c) *
             (4 * Number(s.h.out) * Number(s.w.out) + Number(s.h.in) * Number(s.w.in))),
      by(way),
      same_divisors(s.SameDivisors(s.w)),
      stage_x(by != GradientBy::kScatter && !s.ArePixels(s.xs)),
      stage_y(by != GradientBy::kScatter && !s.ArePixels(s.ys)),
      cut{s.h.in, s.w.in, by == GradientBy::kScatter && !s.ArePixels(s.xs) ? 1 : s.c, s.h.in,
          s.w.in},
      at{} {
  const int64_t l2 = s.op->machine->l2;
  CutToFit(*this, l2 / 8, stage_x ? 0 : kChannelsCut);  // of planes only channels
  CutToFit(*this, l2 / 3, kAny);
  CutForThreads(*this);
  Place();
}

AddedWork BackwardPlan::Added() const {
  // Of planes few are enough, and more of their rows better.
  const int64_t few = stage_x || stage_y ? 16 : 64;
  const auto more = [](const WindowAxis& axis, int64_t inputs) {
    return MoreSeen(inputs, [&axis](int64_t n) { return axis.MaxOutputsReaching(n); });
  };
  return {.channels = cut.channels <= few ? kNever
                      : stage_x           ? 0
                                          : kChannelsCut,
          .rows = more(shape.h, cut.rows),
          .columns = more(shape.w, cut.columns)};
}

void BackwardPlan::Place() {
  Scratch scratch;
  const bool sums = by == GradientBy::kSums, searches = by == GradientBy::kSearch;
  const bool scatters = by == GradientBy::kScatter, planes = !shape.ArePixels(shape.is);
  const int64_t rows = cut.rows, columns = cut.columns, channels = cut.channels;
  const int64_t output_rows = shape.h.MaxOutputsReaching(rows);
  const int64_t outputs = shape.w.MaxOutputsReaching(columns);
  at.rows = scratch.Place({scatters ? 0 : 2, rows});
  at.columns = scratch.Place({scatters ? 0 : 2, columns});
  at.outputs = scratch.Place({stage_y ? output_rows : 0, outputs, channels});
  at.quotients = scratch.Place({sums ? output_rows : 0, outputs, channels});
  at.indices = scratch.Place({searches ? output_rows : 0, outputs, channels});
  at.sums = scratch.Place({scatters ? 2 * rows : sums ? output_rows : 0, columns, channels});
  at.staged =
      scratch.Place({std::max(SaturatedProduct({stage_x ? rows : 0, columns}),
                              SaturatedProduct({searches && planes ? output_rows : 0, outputs})),
                     channels});
  at.total = scratch.floats();
}

void BackwardPlan::Run(const PoolBackwardBuffers& buffers) const {
  const PoolBlocks blocks(shape, cut);
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, blocks.count(), [&](int64_t i, int64_t slot) {
    const GradientTile tile(shape, blocks.At(i));
    auto* const scratch = reinterpret_cast<float*>(buffers.scratch + slot * bytes);
    if (by != GradientBy::kScatter) return SearchTile(*this, buffers, tile, scratch);
    ScatterTile(shape, buffers, tile, scratch + at.sums);
  });
}

const char* ConsiderBackwardRows(const PoolShape& shape, PoolBackwardPlan& plan) {
  if (shape.with_indices && RefuseLargePlanes(shape) != nullptr) return RefuseLargePlanes(shape);
  const PoolShape alike = WithPlanesAsChannels(WithImagesAsRows(shape));
  return Offer(BackwardPlan(alike, WayOf(alike)), plan);
}

const char* ConsiderBackwardReference(const PoolShape& shape, PoolBackwardPlan& plan) {
  plan = PoolBackwardPlan(BackwardPlan(shape, GradientBy::kScatter));
  return nullptr;
}

}  // namespace windrow::internal
