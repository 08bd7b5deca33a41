#include "lib/pool/strips_plan.h"

#include <algorithm>

#include "lib/base/cache.h"
#include "lib/pool/blocks.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

// Rows of a block which hide that those of its neighbours are reduced again.
constexpr int64_t kFewRows = 6;

}  // namespace

StripPlanes::StripPlanes(const PoolCall& call, bool may_pack)
    : with_indices(call.with_indices), h(call.h), w(call.w), xs(call.xs), ys(call.ys), is(call.is) {
  const bool planes = ArePlanes(call);
  unit = planes ? 1 : call.c;
  in_each = planes ? call.c : 1;
  count = call.n * in_each;
  if (unit > 1 && unit < call.op->lanes && xs.w == unit && w.kernel == 2 && !with_indices) {
    every = w.stride;
    w.out = (w.out - 1) * every + 1;
    w.stride = 1;
  }
  const int64_t lines = call.op->lanes / w.out;  // of a vector
  packed = may_pack && planes && lines >= 2 && RowsFollow();
  if (!with_indices || packed) {
    if (planes) Merge(call.c, xs.c, ys.c, is.c);
    if (in_each == 1) Merge(call.n, xs.n, ys.n, is.n);
  }
  if (packed && h.out < lines) *this = StripPlanes(call, /*may_pack=*/false);
}

bool StripPlanes::ArePlanes(const PoolCall& call) {
  const auto rows = [&](const Strides& s, int64_t width) { return width == 1 || s.w == 1; };
  return rows(call.xs, call.w.in) && rows(call.ys, call.w.out) &&
         (!call.with_indices || rows(call.is, call.w.out));
}

// Whether each row has windows of two pixels and nothing else, and no gap behind it.
bool StripPlanes::RowsFollow() const {
  const auto tiled = [](const WindowAxis& axis) {
    return axis.kernel == 2 && axis.stride == 2 && axis.dilation == 1 && axis.before == 0 &&
           axis.in == 2 * axis.out;
  };
  return tiled(h) && tiled(w) && xs.h == w.in && ys.h == w.out && (!with_indices || is.h == w.out);
}

// `planes` of them, at these distances, are one if their rows follow each other.
void StripPlanes::Merge(int64_t planes, int64_t x_plane, int64_t y_plane, int64_t indices_plane) {
  if (!FollowAsRows(h, x_plane, xs.h, y_plane, ys.h)) return;
  if (packed && with_indices && indices_plane != h.out * is.h) return;
  h.in *= planes;
  h.out *= planes;
  count /= planes;
  in_each = 1;
}

StripsPlan::StripsPlan(const PoolCall& call)
    : planes(call),
      source(SourceOf(call)),
      rows(RowsOfBlock(call)),
      outputs_ahead(RowsWithOutputs() >= kFewRows),
      padded(*call.op->kernels, planes.w, planes.InputRows(rows),
             {.unit = planes.unit,
              .row = planes.xs.h,
              .pixel = planes.xs.w,
              .loose = true,
              .copy = planes.PadsRows()}) {}

// Rows of outputs of which there is room for twice as many in the L1 cache, with their indices and
// input.
int64_t StripsPlan::RowsWithOutputs() const {
  const WindowAxis& w = planes.w;
  const int64_t input = SaturatedProduct({planes.h.stride, w.out * w.stride + w.kernel});
  const int64_t output = w.out * (planes.with_indices ? 3 : 1);
  return Caches().l1d / 2 / SaturatedProduct({SaturatedSum(input, output), planes.unit, kFloat});
}

// A block fits the L1 cache together with what is asked for ahead, the next one; if that is too few
// rows, its input does. And there is a block for everybody. Packed rows are read once and have at
// least a vector of them.
int64_t StripsPlan::RowsOfBlock(const PoolCall& call) const {
  const int64_t share = ShareOf(call, planes.h.out, planes.count);
  if (planes.packed) return std::max(share, 2 * call.op->lanes / planes.w.out);
  if (source == Source::kDense) {
    // What its input rows give takes half of the L1 cache.
    const int64_t most = Caches().l1d / 4 / (planes.w.out * kFloat) - 2;
    return std::max<int64_t>(std::min(most, share), 1);
  }
  int64_t most = RowsWithOutputs();
  if (most < kFewRows) {
    const int64_t pixels = planes.w.out * planes.w.stride + planes.w.kernel;
    const int64_t row = SaturatedProduct({pixels, planes.unit, planes.h.stride, kFloat});
    most = std::max<int64_t>(Caches().l1d / 2 / row, 2);
  } else if (planes.with_indices) {
    most = most * 2 / 3;  // of three times as many stores as loads, better too early than too late
  }
  return std::min({most, share, planes.h.out});
}

StripsPlan::Source StripsPlan::SourceOf(const PoolCall& call) const {
  const StripPlanes& p = planes;
  if (p.packed) return Source::kPacked;
  const int64_t kernel = p.w.kernel, stride = p.w.stride;
  const bool square = p.h.kernel == kernel && p.h.stride == stride && p.w.dilation == 1;
  if (p.unit != 1 || p.xs.w != 1 || !square) return Source::kPadded;
  const int64_t left = p.w.before, right = p.w.Start(p.w.out - 1) + kernel - p.w.in;
  if (kernel == 2 && stride == 2) {
    const bool inside = left == 0 && right <= 0 && !p.PadsRows();
    return inside ? Source::kPairs : Source::kPadded;
  }
  const bool neighbours = kernel == 3 && stride <= 2 && left <= 1 && right <= 1;
  if (!neighbours) return Source::kPadded;
  return Dense(call) ? Source::kDense : Source::kNeighbours;
}

// Whether indices are wanted of planes in which rows of the same length follow each other, and
// vectors that end with a row would be a quarter empty or more. (Less than a vector a row is done
// in other ways.)
bool StripsPlan::Dense(const PoolCall& call) const {
  const StripPlanes& p = planes;
  const auto same = [](const WindowAxis& a) {
    return a.stride == 1 && a.before == 1 && a.in == a.out;
  };
  const int64_t width = p.w.out, lanes = call.op->lanes;
  const bool empty = width > lanes && 4 * width <= 3 * RoundUp(width, lanes);
  return p.with_indices && empty && same(p.h) && same(p.w) && p.xs.h == width && p.ys.h == width &&
         p.is.h == width && lanes <= 8 * kInnerBytes;
}

}  // namespace windrow::internal
