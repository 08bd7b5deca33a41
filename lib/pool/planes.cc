// Pooling of planes (NCHW) where they lie, lanes over the pixels of a row: in strips, which read
// each row once, if windows are 2 x 2 or 3 x 3 squares; others rows first (separable.h).
//
//   for each few planes, or part of a plane's rows (the parallel tasks):
//     for each few rows of outputs: one call of the strip kernel; small planes all at once
#include <algorithm>

#include "lib/base/parallel.h"
#include "lib/pool/cost.h"
#include "lib/pool/separable.h"
#include "lib/pool/strategies.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
// Rows of a block which hide that those of its neighbours are reduced again.
constexpr int64_t kFewRows = 6;

struct StripsPlan {
  PoolShape shape;
  double cycles;
  int64_t rows;        // of outputs in a block
  bool outputs_ahead;  // whether the next block's outputs are prefetched

  explicit StripsPlan(const PoolShape& shape);
  int64_t ScratchBytes() const { return 0; }
  std::string Describe() const { return StrCat("strips: ", DescribeBlock(rows, shape.w.out, 1)); }
  void Run(const PoolBuffers& buffers) const;

  StripFn Kernel() const;
  int64_t planes() const { return shape.n * shape.c; }
  // Small planes of an image are done in one call.
  bool together() const { return rows >= shape.h.out; }

 private:
  int64_t RowsWithOutputs() const;
  double Estimate() const;
};

StripsPlan::StripsPlan(const PoolShape& s) : shape(s), cycles(0), rows(0), outputs_ahead(false) {
  const int64_t share = ShareOf(s, s.h.out, planes());
  int64_t max = RowsWithOutputs();
  outputs_ahead = max >= kFewRows;
  if (max < kFewRows) {
    const int64_t row = SaturatedProduct({s.w.in, s.h.stride, kFloat});
    max = std::max<int64_t>(s.op->machine->l1d / 2 / row, 2);
  } else if (s.with_indices) {
    max = max * 2 / 3;  // of three times as many stores as loads, better too early than too late
  }
  rows = std::min({max, share, s.h.out});
  cycles = Estimate();
}

// Rows of outputs of which there is room for twice as many in the L1 cache, with their indices and
// input: what is prefetched is the next block.
int64_t StripsPlan::RowsWithOutputs() const {
  const int64_t input = SaturatedProduct({shape.h.stride, shape.w.in});
  const int64_t output = shape.w.out * (shape.with_indices ? 3 : 1);
  return shape.op->machine->l1d / 2 / SaturatedProduct({SaturatedSum(input, output), kFloat});
}

StripFn StripsPlan::Kernel() const {
  const PoolKernels& k = *shape.op->kernels;
  const StripKernels& strips = shape.op->average    ? k.sum_strip
                               : shape.with_indices ? k.max_indices_strip
                                                    : k.max_strip;
  return shape.h.kernel == 2 ? strips.pairs : strips.neighbours[shape.h.stride - 1];
}

double StripsPlan::Estimate() const {
  const WindowAxis &h = shape.h, &w = shape.w;
  const int64_t lanes = shape.op->lanes;
  const double blocks = Number(planes() * CeilDiv(h.out, rows));
  const int64_t at_once = 2 * w.out <= lanes ? shape.op->kernels->narrow_planes : 1;
  const double items = Number(CeilDiv(w.out, lanes)) / Number(at_once);
  // Deinterleaving pairs; of less than a vector, some more.
  const double apart = w.stride == 1 ? 0 : w.out < lanes ? 4 : 3;
  const double tap = TapCycles(shape) * Number(w.kernel) + 0.5 + apart;
  const double result = 2 + (shape.op->average ? 4 : 0) + (shape.with_indices ? 9 : 0);
  const double input_rows = blocks * Number((rows - 1) * h.stride + h.kernel);
  const double calls = together() ? Number(shape.n) : blocks;
  return input_rows * items * tap + Number(planes() * h.out) * (items * result + 1) +
         (together() ? Number(planes()) * 15 : 0) + 3 * calls * kCallCycles;
}

// One plane after the other, on one thread.
class Blocks {
 public:
  Blocks(const StripsPlan& plan, const PoolBuffers& buffers)
      : plan_(plan), shape_(plan.shape), buffers_(buffers), kernel_(plan.Kernel()) {
    const WindowAxis &h = shape_.h, &w = shape_.w;
    args_.x_row = shape_.xs.h;
    args_.x_plane = shape_.xs.c;
    args_.items = w.out;
    args_.y_row = shape_.ys.h;
    args_.y_plane = shape_.ys.c;
    args_.place = {0, h.in, w.in, w.before > 0, w.Start(w.out - 1) + w.kernel > w.in};
    if (shape_.op->average) args_.divisor = shape_.Divisor(h.At(0), w.At(0));
    if (!shape_.with_indices) return;
    args_.indices_row = shape_.is.h;
    args_.indices_plane = shape_.is.c;
  }

  // So many rows of outputs of `planes` planes of image n.
  void Run(int64_t n, int64_t channel, int64_t planes, int64_t row, int64_t rows) {
    const WindowAxis& h = shape_.h;
    const auto at = [&](const Strides& s, int64_t r) { return n * s.n + channel * s.c + r * s.h; };
    const int64_t start = h.Start(row), count = (rows - 1) * h.stride + h.kernel;
    args_.x = buffers_.x + at(shape_.xs, start) + (h.kernel == 3 ? 1 - shape_.w.before : 0);
    args_.planes = planes;
    args_.rows = rows;
    args_.y = buffers_.y + at(shape_.ys, row);
    args_.place.row = start;
    if (shape_.with_indices) args_.indices = buffers_.indices + at(shape_.is, row);
    // Spread over the kernel's work: as many rows after these.
    const WindowAxis::Range seen = h.Reach(row, row + rows);
    const int64_t floats = (seen.end - seen.begin) * shape_.xs.h;
    const float* const next = buffers_.x + at(shape_.xs, seen.end);
    args_.prefetch = {reinterpret_cast<uintptr_t>(next),
                      CeilDiv(floats * kFloat, count * CeilDiv(args_.items, shape_.op->lanes)),
                      plan_.outputs_ahead ? rows * shape_.ys.h * kFloat : 0};
    if (kernel_(args_)) return;
    RunReference(shape_, buffers_, {n, channel, planes, row, rows, 0, shape_.w.out});
  }

 private:
  const StripsPlan& plan_;
  const PoolShape& shape_;
  const PoolBuffers& buffers_;
  const StripFn kernel_;
  StripArgs args_{};
};

void StripsPlan::Run(const PoolBuffers& buffers) const {
  const EvenSplit cut(shape.h.out, rows), shares(planes(), ShareOf(shape, planes(), 1));
  // A task is a few planes; where there are too few, some of their rows.
  const int64_t parts = RowTasks(shape, cut.parts, shares.parts);
  RunTasks(shape.threads, shares.parts * parts, [&](int64_t i, int64_t) {
    Blocks blocks(*this, buffers);
    const int64_t share = i / parts, part = i % parts, end = shares.Begin(share + 1);
    for (int64_t p = shares.Begin(share), count; p < end; p += count) {
      count = together() ? std::min(end, RoundUp(p + 1, shape.c)) - p : 1;
      for (int64_t r = part * cut.parts / parts; r < (part + 1) * cut.parts / parts; ++r) {
        blocks.Run(p / shape.c, p % shape.c, count, cut.Begin(r), cut.Begin(r + 1) - cut.Begin(r));
      }
    }
  });
}

// Squares of windows that the strip kernels read where they lie.
bool AreStrips(const PoolShape& shape) {
  const WindowAxis &h = shape.h, &w = shape.w;
  if (h.adaptive || w.adaptive || h.dilation != 1 || w.dilation != 1 || h.kernel != w.kernel ||
      h.stride != w.stride || shape.xs.w != 1 || !shape.SameDivisors(h) || !shape.SameDivisors(w)) {
    return false;
  }
  const auto past = [](const WindowAxis& a) { return a.Start(a.out - 1) + a.kernel - a.in; };
  if (h.kernel == 2) {
    const auto inside = [&](const WindowAxis& a) { return a.before == 0 && past(a) <= 0; };
    return h.stride == 2 && inside(h) && inside(w);
  }
  return h.kernel == 3 && h.stride <= 2 && w.before <= 1 && past(w) <= 1;
}

}  // namespace

const char* ConsiderPlanes(const PoolShape& shape, PoolPlan& plan) {
  if (!shape.planes()) return "the pixels of a row are not neighbours";
  if (shape.with_indices && RefuseLargePlanes(shape) != nullptr) return RefuseLargePlanes(shape);
  if (AreStrips(shape)) return Offer<StripsPlan>(nullptr, shape, plan);
  if (shape.w.adaptive) return "the windows differ from each other";
  return Offer<SeparablePlan>(nullptr, shape, plan, PoolLanesAre::kPixels);
}

}  // namespace windrow::internal
