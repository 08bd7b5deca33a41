// Pooling with one window an image, read once and in the order of memory:
//
//   pixels (NHWC): for each image and chunk of channels (the parallel tasks): a few taps at a time
//   planes (NCHW): for each image and share of its channels: a vector of planes at a time
#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/pool/blocks.h"
#include "lib/pool/cost.h"
#include "lib/pool/scratch.h"
#include "lib/pool/strategies.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

struct GlobalPlan {
  PoolShape shape;
  double cycles;
  bool pixels;  // else planes, of which those of images that follow each other are one image's
  EvenSplit vectors;  // of channels: those of a task; the last one has the rest, too
  int64_t sums;       // floats of scratch memory

  explicit GlobalPlan(const PoolShape& each);
  int64_t ScratchBytes() const { return FloatBytes(sums); }
  std::string Describe() const;
  void Run(const PoolBuffers& buffers) const;

 private:
  int64_t MaxChannels() const;
  double Estimate() const;
  void RunTask(const PoolBuffers& buffers, int64_t n, int64_t part, float* scratch) const;
};

PoolShape WithImagesAsChannels(PoolShape shape) {
  const Strides &xs = shape.xs, &ys = shape.ys;
  if (xs.n != shape.c * xs.c || ys.n != shape.c * ys.c) return shape;
  shape.c *= shape.n;
  shape.n = 1;
  return shape;
}

GlobalPlan::GlobalPlan(const PoolShape& each)
    : shape(each.ArePixels(each.xs) ? each : WithImagesAsChannels(each)),
      pixels(each.ArePixels(each.xs)),
      vectors(std::max<int64_t>(shape.c / shape.op->lanes, 1),
              CeilDiv(MaxChannels(), shape.op->lanes)),
      sums(0) {
  if (pixels && shape.op->average) {
    const int64_t max = (CeilDiv(shape.c / shape.op->lanes, vectors.parts) + 1) * shape.op->lanes;
    sums = RoundUp(kGlobalSums * max, 16);
  }
  cycles = Estimate();
}

// What the taps before gave, of a part and of all, fits the L1 cache beside x. Otherwise a pixel's
// channels are cut no further than there are threads: it pays to read them as one.
int64_t GlobalPlan::MaxChannels() const {
  if (!pixels) return ShareOf(shape, shape.c, shape.n);
  return std::min(CeilDiv(shape.c, CeilDiv(shape.threads, shape.n)),
                  shape.op->machine->l1d / 3 / static_cast<int64_t>(sizeof(float)));
}

double GlobalPlan::Estimate() const {
  const double taps = Number(shape.h.At(0).taps) * Number(shape.w.At(0).taps);
  const double all = Number(shape.n * CeilDiv(shape.c, shape.op->lanes));
  const double calls = Number(shape.n * vectors.parts);
  // Of pixels a window in registers is faster, if it has few taps or is in the L1 cache; and, on
  // some machines, where a vector is a cache line.
  const Machine& m = *shape.op->machine;
  const bool few = taps < 16 || shape.c < 512 || shape.inputs() * 4 < m.l1d;
  const double many = shape.op->lanes >= 16 ? m.global_lines : 1.1;
  const double each = !pixels ? 2.2 : few ? 1.8 : many;
  return all * taps * each + calls * ((pixels ? 8 * taps : 0) + kCallCycles);
}

std::string GlobalPlan::Describe() const {
  return StrCat(pixels ? "pixels, a few taps at a time" : "a vector of planes at a time", ", ",
                vectors.parts, vectors.parts == 1 ? " task" : " tasks", " an image");
}

void GlobalPlan::RunTask(const PoolBuffers& buffers, int64_t n, int64_t part,
                         float* scratch) const {
  const Strides &xs = shape.xs, &ys = shape.ys;
  const int64_t channel = vectors.Begin(part) * shape.op->lanes;
  const bool last = part == vectors.parts - 1;
  const int64_t end = last ? shape.c : vectors.Begin(part + 1) * shape.op->lanes;
  const Window rows = shape.h.At(0), columns = shape.w.At(0);
  const float* const x = buffers.x + n * xs.n + channel * xs.c;
  WindowArgs args{};
  args.taps = &x;
  args.offset = rows.begin * xs.h + columns.begin * xs.w;
  args.x_row = Distance(rows.taps, shape.h.dilation, xs.h);
  args.x_column = Distance(columns.taps, shape.w.dilation, xs.w);
  args.x_step = xs.c;
  args.rows = rows.taps;
  args.columns = columns.taps;
  args.rows_before = rows.skipped % kPartTaps;
  args.columns_before = columns.skipped % kPartTaps;
  args.outputs = 1;
  args.items = end - channel;
  args.y = buffers.y + n * ys.n + channel * ys.c;
  args.above = scratch;
  args.one = 1;
  args.last = true;
  args.divisor = shape.op->average ? shape.Divisor(rows, columns) : 0;
  const PoolKernels& k = *shape.op->kernels;
  const GlobalKernels& global = shape.op->average ? k.sum_global : k.max_global;
  (pixels ? global.pixels : global.planes)(args);
}

void GlobalPlan::Run(const PoolBuffers& buffers) const {
  const int64_t parts = vectors.parts, bytes = ScratchBytes();
  RunTasks(shape.threads, shape.n * parts, [&](int64_t i, int64_t slot) {
    RunTask(buffers, i / parts, i % parts, buffers.Scratch(slot, bytes));
  });
}

const char* Refuse(const PoolShape& shape) {
  if (shape.h.out > 1 || shape.w.out > 1) return "an image has more than one window";
  if (shape.with_indices) return "maxima with indices are not taken a few taps at a time";
  if (shape.MayHaveEmptyWindow()) return "there may be a window without a pixel";
  if (!shape.ArePixels(shape.ys)) return "the channels of y are not neighbours";
  if (shape.ArePixels(shape.xs)) return nullptr;
  const int64_t width = shape.w.At(0).taps;
  if (width > 1 && (shape.xs.w != 1 || shape.w.dilation != 1)) {
    return "neither the channels nor the taps of x are neighbours";
  }
  return shape.c < shape.op->lanes ? "there are fewer planes than a vector has lanes" : nullptr;
}

}  // namespace

const char* ConsiderGlobal(const PoolShape& shape, PoolPlan& plan) {
  return Offer<GlobalPlan>(Refuse(shape), shape, plan);
}

}  // namespace windrow::internal
