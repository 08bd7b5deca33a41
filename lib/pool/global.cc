// Pooling with one window an image, read once and in the order of memory:
//
//   pixels (NHWC): for each image and chunk of channels (the parallel tasks): a few taps at a time
//   planes (NCHW): for each image and share of its channels: a vector of planes at a time
#include "lib/pool/global.h"

#include <algorithm>

#include "lib/base/cache.h"
#include "lib/base/parallel.h"
#include "lib/pool/blocks.h"
#include "lib/pool/cost.h"
#include "lib/simd/cpu_features.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

bool ArePixels(const PoolCall& call) { return call.c == 1 || call.xs.c == 1; }

// What the taps before gave, of a part and of all, fits the L1 cache beside x. Otherwise a pixel's
// channels are cut no further than there are threads: it pays to read them as one.
int64_t MostChannels(const PoolCall& call, int64_t n, int64_t c) {
  if (!ArePixels(call)) return ShareOf(call, c, n);
  return std::min(CeilDiv(c, CeilDiv(call.threads, n)),
                  Caches().l1d / 3 / static_cast<int64_t>(sizeof(float)));
}

struct Plan {
  bool pixels, follow;  // planes of images that follow each other are those of one
  int64_t n, c;
  EvenSplit vectors;  // those of a task; the last one has the rest, too

  explicit Plan(const PoolCall& call)
      : pixels(ArePixels(call)),
        follow(!pixels && call.xs.n == call.c * call.xs.c && call.ys.n == call.c * call.ys.c),
        n(follow ? 1 : call.n),
        c(follow ? call.n * call.c : call.c),
        vectors(std::max<int64_t>(c / call.op->lanes, 1),
                CeilDiv(MostChannels(call, n, c), call.op->lanes)) {}

  // Of scratch memory.
  int64_t floats(const PoolCall& call) const {
    if (!pixels || !call.op->average) return 0;
    const int64_t most = (CeilDiv(c / call.op->lanes, vectors.parts) + 1) * call.op->lanes;
    return RoundUp(kGlobalSums * most, 16);
  }
};

void RunTask(const PoolCall& call, const Plan& plan, int64_t n, int64_t part, float* scratch) {
  const int64_t channel = plan.vectors.Begin(part) * call.op->lanes;
  const bool last = part == plan.vectors.parts - 1;
  const int64_t end = last ? plan.c : plan.vectors.Begin(part + 1) * call.op->lanes;
  const Window rows = call.h.At(0), columns = call.w.At(0);
  const float* const x = call.x + n * call.xs.n + channel * call.xs.c;
  WindowArgs args{};
  args.taps = &x;
  args.offset = rows.begin * call.xs.h + columns.begin * call.xs.w;
  args.x_row = Distance(rows.taps, call.h.dilation, call.xs.h);
  args.x_column = Distance(columns.taps, call.w.dilation, call.xs.w);
  args.x_step = call.xs.c;
  args.rows = rows.taps;
  args.columns = columns.taps;
  args.rows_before = rows.skipped % kPartTaps;
  args.columns_before = columns.skipped % kPartTaps;
  args.outputs = 1;
  args.items = end - channel;
  args.y = call.y + n * call.ys.n + channel * call.ys.c;
  args.above = scratch;
  args.one = 1;
  args.last = true;
  args.divisor = call.op->average ? call.Divisor(rows, columns) : 0;
  const PoolKernels& k = *call.op->kernels;
  const GlobalKernels& global = call.op->average ? k.sum_global : k.max_global;
  (plan.pixels ? global.pixels : global.planes)(args);
}

}  // namespace

const char* RefuseGlobal(const PoolCall& call) {
  if (call.h.out > 1 || call.w.out > 1) return "an image has more than one window";
  if (call.with_indices) return "maxima with indices are not taken a few taps at a time";
  if (call.h.MayHaveEmptyWindow() || call.w.MayHaveEmptyWindow()) {
    return "there may be a window without a pixel";
  }
  if (call.c == 1) return nullptr;
  if (call.ys.c != 1) return "the channels of y are not neighbours";
  if (call.xs.c == 1) return nullptr;
  const int64_t width = call.w.At(0).taps;
  if (width > 1 && (call.xs.w != 1 || call.w.dilation != 1)) {
    return "neither the channels nor the taps of x are neighbours";
  }
  return call.c < call.op->lanes ? "there are fewer planes than a vector has lanes" : nullptr;
}

void RunGlobal(const PoolCall& call) {
  const Plan plan(call);
  const int64_t parts = plan.vectors.parts;
  RunTasks(call.threads, plan.n * parts, [&](int64_t i, int64_t slot) {
    RunTask(call, plan, i / parts, i % parts, call.workspace + slot * plan.floats(call));
  });
}

int64_t GlobalScratch(const PoolCall& call) { return Plan(call).floats(call); }

double EstimateGlobal(const PoolCall& call) {
  const Plan plan(call);
  const auto number = [](int64_t n) { return static_cast<double>(n); };
  const double taps = number(call.h.At(0).taps) * number(call.w.At(0).taps);
  const double vectors = number(plan.n * CeilDiv(plan.c, call.op->lanes));
  const double calls = number(plan.n * plan.vectors.parts);
  // Of pixels a window in registers is faster, if it has few taps or is in the L1 cache; and where
  // a vector is a cache line, of any pixels, but for Zen 5, which takes 1.5 times as long then.
  const bool lines = call.op->lanes >= 16 && !IsZen5OrLater();
  const bool few = lines || taps < 16 || plan.c < 512 || call.inputs() * 4 < Caches().l1d;
  const double each = !plan.pixels ? 2.2 : few ? 1.8 : 1.1;
  return vectors * taps * each + calls * ((plan.pixels ? 8 * taps : 0) + kCallCycles);
}

}  // namespace windrow::internal
