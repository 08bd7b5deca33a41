#include "lib/pool/strips_plan.h"

#include <algorithm>

#include "lib/base/error.h"
#include "lib/pool/blocks.h"
#include "lib/pool/cost.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

// Rows of a block which hide that those of its neighbours are reduced again.
constexpr int64_t kFewRows = 6;

// Whether each row has windows of two pixels and nothing else, and no gap after it.
bool RowsFollow(const PoolShape& call) {
  const auto tiled = [](const WindowAxis& axis) {
    return axis.kernel == 2 && axis.stride == 2 && axis.dilation == 1 && axis.before == 0 &&
           axis.in == 2 * axis.out;
  };
  return tiled(call.h) && tiled(call.w) && call.xs.h == call.w.in && call.ys.h == call.w.out &&
         (!call.with_indices || call.is.h == call.w.out);
}

PaddedRows PaddedRowsOf(const StripsPlan& p) {
  return PaddedRows(*p.shape.op->kernels, p.shape.w, p.InputRows(p.rows),
                    {.unit = p.unit,
                     .row = p.shape.xs.h,
                     .pixel = p.shape.xs.w,
                     .loose = true,
                     .copy = p.PadsRows()});
}

}  // namespace

StripsPlan::StripsPlan(const PoolShape& call) {
  SeePlanes(call, /*may_pack=*/true);
  if (packed && shape.h.out < shape.op->lanes / shape.w.out) SeePlanes(call, /*may_pack=*/false);
  source = SourceOf();
  rows = RowsOfBlock();
  outputs_ahead = RowsWithOutputs() >= kFewRows;
  padded = PaddedRowsOf(*this);
  cycles = Estimate();
}

void StripsPlan::SeePlanes(const PoolShape& call, bool may_pack) {
  const bool are_planes = call.planes();
  shape = call;
  WindowAxis& w = shape.w;
  unit = are_planes ? 1 : call.c;
  every = 1;
  if (!are_planes) shape.c = 1;
  if (unit > 1 && unit < call.op->lanes && call.xs.w == unit && w.kernel == 2 &&
      !call.with_indices) {
    every = w.stride;
    w.out = (w.out - 1) * every + 1;
    w.stride = 1;
  }
  packed = may_pack && are_planes && call.op->lanes / w.out >= 2 && RowsFollow(call);
  if (!call.with_indices || packed) {
    if (are_planes) Merge(shape.c, call.xs.c, call.ys.c, call.is.c);
    if (shape.c == 1) Merge(shape.n, call.xs.n, call.ys.n, call.is.n);
  }
  image_height = packed ? call.h.in : shape.h.in;
}

// `planes` of them, at these distances, are one if their rows follow each other.
void StripsPlan::Merge(int64_t& planes, int64_t x_plane, int64_t y_plane, int64_t indices_plane) {
  WindowAxis& h = shape.h;
  if (!FollowAsRows(h, x_plane, shape.xs.h, y_plane, shape.ys.h)) return;
  if (packed && shape.with_indices && indices_plane != h.out * shape.is.h) return;
  h.in *= planes;
  h.out *= planes;
  planes = 1;
}

// Rows of outputs of which there is room for twice as many in the L1 cache, with their indices and
// input.
int64_t StripsPlan::RowsWithOutputs() const {
  const WindowAxis& w = shape.w;
  const int64_t input = SaturatedProduct({shape.h.stride, w.out * w.stride + w.kernel});
  const int64_t output = w.out * (shape.with_indices ? 3 : 1);
  return shape.op->machine->l1d / 2 / SaturatedProduct({SaturatedSum(input, output), unit, kFloat});
}

// A block fits the L1 cache together with what is prefetched, the next one; if that is too few
// rows, its input does. And there is a block for everybody. Packed rows are read once and have at
// least a vector of them.
int64_t StripsPlan::RowsOfBlock() const {
  const WindowAxis &h = shape.h, &w = shape.w;
  const int64_t share = ShareOf(shape, h.out, planes());
  if (packed) return std::max(share, 2 * shape.op->lanes / w.out);
  if (source == Source::kDense) {
    // What its input rows give takes half of the L1 cache.
    const int64_t max = shape.op->machine->l1d / 4 / (w.out * kFloat) - 2;
    return std::max<int64_t>(std::min(max, share), 1);
  }
  int64_t max = RowsWithOutputs();
  if (max < kFewRows) {
    const int64_t pixels = w.out * w.stride + w.kernel;
    const int64_t row = SaturatedProduct({pixels, unit, h.stride, kFloat});
    max = std::max<int64_t>(shape.op->machine->l1d / 2 / row, 2);
  } else if (shape.with_indices) {
    max = max * 2 / 3;  // of three times as many stores as loads, better too early than too late
  }
  return std::min({max, share, h.out});
}

StripsPlan::Source StripsPlan::SourceOf() const {
  if (packed) return Source::kPacked;
  const WindowAxis &h = shape.h, &w = shape.w;
  const int64_t kernel = w.kernel, stride = w.stride;
  const bool square = h.kernel == kernel && h.stride == stride && w.dilation == 1;
  if (unit != 1 || shape.xs.w != 1 || !square) return Source::kPadded;
  const int64_t left = w.before, right = w.Start(w.out - 1) + kernel - w.in;
  if (kernel == 2 && stride == 2) {
    const bool inside = left == 0 && right <= 0 && !PadsRows();
    return inside ? Source::kPairs : Source::kPadded;
  }
  const bool neighbours = kernel == 3 && stride <= 2 && left <= 1 && right <= 1;
  if (!neighbours) return Source::kPadded;
  return Dense() ? Source::kDense : Source::kNeighbours;
}

// Whether indices are wanted of planes in which rows of the same length follow each other, and
// vectors that end with a row would be a quarter empty or more. (Less than a vector a row is done
// in other ways.)
bool StripsPlan::Dense() const {
  const auto same = [](const WindowAxis& a) {
    return a.stride == 1 && a.before == 1 && a.in == a.out;
  };
  const int64_t width = shape.w.out, lanes = shape.op->lanes;
  const bool empty = width > lanes && 4 * width <= 3 * RoundUp(width, lanes);
  return shape.with_indices && empty && same(shape.h) && same(shape.w) && shape.xs.h == width &&
         shape.ys.h == width && shape.is.h == width && lanes <= 8 * kInnerBytes;
}

int64_t StripsPlan::floats() const {
  const int64_t inner =
      RoundUp(CeilDiv((shape.w.out + 1) * kInnerBytes, static_cast<int64_t>(sizeof(float))), 16);
  const int64_t input = source == Source::kDense ? 2 * dense() + inner
                        : in_place()             ? 0
                                                 : RoundUp(padded.floats(), 16);
  return SaturatedSum(SaturatedSum(positions(), outputs()), input);
}

// Of rows of planes that are read where they lie.
double StripsPlan::EstimateInPlace() const {
  const WindowAxis &h = shape.h, &w = shape.w;
  const int64_t lanes = shape.op->lanes;
  const double blocks = Number(planes() * CeilDiv(h.out, rows));
  if (packed) {
    const int64_t vectors = planes() * CeilDiv(h.out, lanes / w.out);
    return Number(vectors) * (shape.with_indices ? 20 : 10) + blocks * 3 * kCallCycles;
  }
  const bool dense = source == Source::kDense;
  const double items = dense ? Number(w.out) / Number(lanes) : Number(CeilDiv(w.out, lanes));
  // Taking pairs apart; of less than a vector, some more.
  const bool narrow = w.out < lanes && w.kernel == 3;
  const double apart = w.stride == 1 ? 0 : narrow ? 4 : 3;
  const double tap = TapCycles(shape) * Number(w.kernel) + 0.5 + apart;
  const double result = 2 + (shape.op->average ? 4 : 0) + (shape.with_indices ? 9 : 0);
  const double input_rows = blocks * Number(InputRows(rows));
  const double each = input_rows * items * tap + Number(planes() * h.out) * (items * result + 2) +
                      (together() ? Number(planes()) * 20 : 0);
  const bool narrow_planes = together() && w.kernel == 3 && 2 * w.out <= lanes;
  const int64_t at_once = narrow_planes ? shape.op->kernels->narrow_planes : 1;
  const double calls = together() ? Number(shape.n) : blocks;
  return each / Number(at_once) + 3 * calls * kCallCycles;
}

double StripsPlan::Estimate() const {
  if (in_place()) return EstimateInPlace();
  const WindowAxis &h = shape.h, &w = shape.w;
  const int64_t lanes = shape.op->lanes;
  const double blocks = Number(planes() * CeilDiv(h.out, rows));
  const double input_rows = blocks * Number(InputRows(rows));
  const double output_rows = Number(planes() * h.out);
  const double items = Number(CeilDiv(w.out * unit, lanes));
  // Less than a vector is copied as a whole one.
  const bool vectors = unit >= lanes || w.stride <= (unit == 1 ? 2 : 1);
  const double read = Number(w.out * unit * w.stride) / Number(lanes);
  const double fill = padded.in_place() ? 0
                      : vectors         ? read * kCopyCycles + 2
                                        : Number(w.in) * (unit == 1 ? 2 : 1) * kCopyCycles;
  const double row = items * (TapCycles(shape) * Number(w.kernel) + 0.5);
  const double keep = every > 1 ? Number(CeilDiv(w.out, every)) * kCopyCycles : 0;
  const double all =
      input_rows * (fill + row) + output_rows * (items * 2 + 2 + keep) + blocks * 3 * kCallCycles;
  if (unit > 2 * lanes) return 2.8 * all;
  // Rows of whole vectors that are copied may arrive late where there are many.
  const Machine& m = *shape.op->machine;
  const bool late = unit >= lanes && fill > 0 && FloatBytes(padded.floats()) > m.l1d / 4;
  return all * (late ? m.copied_rows : 1.4);
}

std::string StripsPlan::Describe() const {
  static constexpr const char* kSources[] = {"pairs", "packed rows", "neighbours",
                                             "dense neighbours", "padded rows"};
  return StrCat(DescribeBlock(rows, shape.w.out, unit), ", x read as ",
                kSources[static_cast<size_t>(source)]);
}

}  // namespace windrow::internal
