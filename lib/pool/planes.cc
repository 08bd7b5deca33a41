// Pooling of planes (NCHW) where they lie, lanes over the pixels of a row: in strips, which read
// each row once, if windows are 2 x 2 or 3 x 3 squares; others by reduction.h.
//
//   for each few planes, or part of a plane's rows (the parallel tasks):
//     for each few rows of outputs: one call of the strip kernel; small planes all at once
#include <algorithm>

#include "lib/base/parallel.h"
#include "lib/pool/reduction.h"
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
  std::string Describe() const {
    return StrCat("strips: ", rows, " x ", shape.w.out, " outputs of 1 channel");
  }
  void Run(const PoolBuffers& buffers) const;

  void RunBlock(const PoolBuffers& buffers, const PoolBlock& block) const;
  int64_t planes() const { return shape.n * shape.c; }
  // Small planes of an image are done in one call.
  bool together() const { return rows >= shape.h.out; }

 private:
  int64_t RowsWithOutputs() const;
  double Estimate() const;
};

StripsPlan::StripsPlan(const PoolShape& s) : shape(s), cycles(0), rows(0), outputs_ahead(false) {
  int64_t max = RowsWithOutputs();
  outputs_ahead = max >= kFewRows;
  if (max < kFewRows) {
    const int64_t row = SaturatedProduct({s.w.in, s.h.stride, kFloat});
    max = std::max<int64_t>(s.op->machine->l1d / 2 / row, 2);
  } else if (s.with_indices) {
    max = max * 2 / 3;  // of three times as many stores as loads, better too early than too late
  }
  rows = std::min(max, s.h.out);
  cycles = Estimate();
  rows = std::min(rows, ShareOf(s, s.h.out, planes()));
}

// Rows of outputs of which there is room for twice as many in the L1 cache, with their indices and
// input: what is prefetched is the next block.
int64_t StripsPlan::RowsWithOutputs() const {
  const int64_t input = SaturatedProduct({shape.h.stride, shape.w.in});
  const int64_t output = shape.w.out * (shape.with_indices ? 3 : 1);
  return shape.op->machine->l1d / 2 / SaturatedProduct({SaturatedSum(input, output), kFloat});
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

// Some rows of a few planes of an image, one plane after the other.
void StripsPlan::RunBlock(const PoolBuffers& buffers, const PoolBlock& b) const {
  const WindowAxis &h = shape.h, &w = shape.w;
  const Strides &xs = shape.xs, &ys = shape.ys, &is = shape.is;
  const int64_t start = h.Start(b.row), count = (b.rows - 1) * h.stride + h.kernel;
  // Prefetching is spread over the kernel's work: as many rows after these.
  const WindowAxis::Range seen = h.Reach(b.row, b.row + b.rows);
  const int64_t bytes = (seen.end - seen.begin) * xs.h * kFloat;
  const StripArgs args{
      .x = buffers.x + b.At(xs, start, h.kernel == 3 ? 1 - w.before : 0),
      .x_row = xs.h,
      .x_plane = xs.c,
      .planes = b.channels,
      .rows = b.rows,
      .items = w.out,
      .y = buffers.y + b.At(ys, b.row, 0),
      .y_row = ys.h,
      .y_plane = ys.c,
      .divisor = shape.op->average ? shape.Divisor(h.At(0), w.At(0)) : 0,
      .place = {start, h.in, w.in, w.before > 0, w.Start(w.out - 1) + w.kernel > w.in},
      .prefetch = {reinterpret_cast<uintptr_t>(buffers.x + b.At(xs, seen.end, 0)),
                   CeilDiv(bytes, count * CeilDiv(w.out, shape.op->lanes)),
                   outputs_ahead ? b.rows * ys.h * kFloat : 0},
      .indices = shape.with_indices ? buffers.indices + b.At(is, b.row, 0) : nullptr,
      .indices_row = is.h,
      .indices_plane = is.c};
  const ReductionKernels& k = shape.kernels();
  const StripFn kernel = h.kernel == 2 ? k.pairs : k.neighbours[h.stride - 1];
  if (!kernel(args)) RunReference(shape, buffers, b);
}

void StripsPlan::Run(const PoolBuffers& buffers) const {
  const EvenSplit cut(shape.h.out, rows), shares(planes(), ShareOf(shape, planes(), 1));
  // A task is a few planes; where there are too few, some of their blocks of rows.
  const int64_t parts = std::min(cut.parts, CeilDiv(WantedTasks(shape), shares.parts));
  RunTasks(shape.threads, shares.parts * parts, [&](int64_t i, int64_t) {
    const int64_t share = i / parts, part = i % parts, end = shares.Begin(share + 1);
    for (int64_t p = shares.Begin(share), count; p < end; p += count) {
      count = together() ? std::min(end, RoundUp(p + 1, shape.c)) - p : 1;
      for (int64_t r = part * cut.parts / parts; r < (part + 1) * cut.parts / parts; ++r) {
        const int64_t row = cut.Begin(r), high = cut.Begin(r + 1) - row;
        RunBlock(buffers, {p / shape.c, p % shape.c, count, row, high, 0, shape.w.out});
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
  if (AreStrips(shape)) return Offer(StripsPlan(shape), plan);
  if (!shape.w.adaptive) {
    const ReductionPlan rows_first(shape, PoolLanesAre::kPixels, true);
    if (Offer(rows_first, plan) == nullptr) return nullptr;
  }
  // What fits no cache, or has windows that differ, pixel by pixel.
  return Offer(ReductionPlan(shape, PoolLanesAre::kPixels, false), plan);
}

}  // namespace windrow::internal
