// Pooling of pixels (NHWC) with windows three rows high and a vertical stride of one or two, so
// that each shares rows with the window below it.
//
//   for each image and block of output rows and columns (the parallel tasks):
//     for each output row: for each run of outputs alike: one call of the rolling kernel, which
//       reduces the rows that are new and finds what the others gave in a buffer in the L1 cache
//
// Everything is read and written in the order of memory. Rows at the top and the bottom edge, whose
// windows have fewer rows, are done window by window.
#include "lib/pool/rolling.h"

#include <algorithm>
#include <utility>

#include "lib/base/cache.h"
#include "lib/base/parallel.h"
#include "lib/pool/blocks.h"
#include "lib/pool/cost.h"
#include "lib/pool/pixel_row.h"
#include "lib/pool/window.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

class Block {
 public:
  Block(const PoolCall& call, const PoolBlock& b, float* scratch)
      : call_(call),
        b_(b),
        scratch_(scratch),
        pixels_(call.w, call.x + b.n * call.xs.n + b.channel, call.xs.w, scratch),
        above_(scratch + PixelRow::Floats(call.w)),
        middle_(above_ + RoundUp(b.columns * b.channels, 16)),
        index_distance_(2 * (middle_ - above_)) {}

  void Run() {
    for (int64_t oh = b_.row, end = oh + b_.rows; oh < end;) {
      const WindowRun rows = call_.h.RunFrom(oh, end);
      if (rows.first.taps == 3) {
        ReduceFirstRows(rows.first.begin);
        for (int64_t i = 0; i < rows.size(); ++i) RollRow(rows.first, oh + i, i * rows.step);
      } else {
        PoolBlock row = b_;
        row.row = oh, row.rows = rows.size();
        RunWindowBlock(call_, row, scratch_);
      }
      oh = rows.end;
    }
  }

 private:
  // Calls f(run) for the runs of the block's columns.
  template <typename F>
  void ForEachRun(const F& f) const {
    for (int64_t ow = b_.column, end = ow + b_.columns; ow < end;) {
      const WindowRun run = call_.w.RunFrom(ow, end);
      f(run);
      ow = run.end;
    }
  }

  WindowArgs ArgsOf(const WindowRun& run, int64_t row) const {
    WindowArgs args{};
    pixels_.SetTaps(run.first, row * call_.xs.h, row * call_.w.in, args);
    args.x_row = call_.xs.h;
    args.outputs = run.size();
    args.x_step = Distance(run.size(), run.step, call_.xs.w);
    args.items = b_.channels;
    args.one = 1;
    if (!call_.with_indices) return args;  // outputs without them can be items of one
    args.position_row = static_cast<int32_t>(call_.w.in);
    args.position_step = static_cast<int32_t>(Distance(run.size(), run.step, 1));
    return args;
  }

  int64_t Place(const WindowRun& run) const { return (run.begin - b_.column) * b_.channels; }

  // What the rows above the first new row of the first output give.
  void ReduceFirstRows(int64_t row) {
    ForEachRun([&](const WindowRun& run) {
      ReduceRow(run, row, above_ + Place(run));
      if (call_.h.stride == 1) ReduceRow(run, row + 1, middle_ + Place(run));
    });
  }

  void ReduceRow(const WindowRun& run, int64_t row, float* to) const {
    WindowArgs args = ArgsOf(run, row);
    args.rows = 1;
    args.y_step = b_.channels;
    args.y = to;
    if (call_.with_indices) args.index = reinterpret_cast<int32_t*>(to + index_distance_);
    call_.kernels().row(args);
  }

  // Output row oh, whose windows begin `down` rows below those of the run's first output row.
  void RollRow(const Window& rows, int64_t oh, int64_t down) {
    const PoolKernels& k = *call_.op->kernels;
    const RollingKernels& rolling = call_.op->average    ? k.sum_rolling
                                    : call_.with_indices ? k.max_indices_rolling
                                                         : k.max_rolling;
    const auto at = [&](const Strides& s, const WindowRun& run) {
      return b_.n * s.n + oh * s.h + run.begin * s.w + b_.channel;
    };
    ForEachRun([&](const WindowRun& run) {
      WindowArgs args = ArgsOf(run, rows.begin + down);
      args.rows = 3;
      args.last = true;
      args.y_step = call_.ys.w;
      args.y = call_.y + at(call_.ys, run);
      args.above = above_ + Place(run);
      args.middle = middle_ + Place(run);
      if (call_.with_indices) {
        args.index_distance = index_distance_;
        args.indices = call_.indices + at(call_.is, run);
        args.indices_step = call_.is.w;
      }
      if (call_.op->average) args.divisor = call_.Divisor(rows, run.first);
      rolling.Of(call_.h.stride, run.first.taps)(args);
    });
    if (call_.h.stride == 1) std::swap(above_, middle_);
  }

  const PoolCall& call_;
  const PoolBlock b_;
  float* const scratch_;
  const PixelRow pixels_;
  float *above_, *middle_;
  const ptrdiff_t index_distance_;  // from either to its indices
};

struct Plan {
  int64_t channels, rows, columns;
};

// Two rows of results (and their indices), one of pixels and one of outputs fit the L1 cache.
Plan MakePlan(const PoolCall& call) {
  const int64_t lanes = call.op->lanes;
  const int64_t budget = Caches().l1d / static_cast<int64_t>(sizeof(float));
  Plan p{};
  // Few tasks, since each needs what two more rows give.
  const int64_t wanted = call.threads == 1 ? 1 : int64_t{2} * call.threads;
  p.rows = CeilDiv(call.h.out, CeilDiv(wanted, call.n));
  const int64_t tasks = call.n * CeilDiv(call.h.out, p.rows);
  const int64_t share = tasks < call.threads ? ShareOf(call, call.c, tasks) : call.c;
  const int64_t most =
      std::min(RoundUp(call.c, lanes), std::max(budget / 16 / lanes, int64_t{1}) * lanes);
  const int64_t kept = call.with_indices ? 4 : 2, others = 1 + call.w.stride;
  const auto columns = [&](int64_t channels) {
    return std::min(std::max<int64_t>(budget / channels / (kept + others), 4), call.w.out);
  };
  p.channels = std::min(RoundUp(share, lanes), most);
  p.columns = std::min(columns(p.channels), columns(most) * most / p.channels);
  return p;
}

int64_t FloatsOf(const PoolCall& call, const Plan& p) {
  const int64_t kept = call.with_indices ? 4 : 2;
  return SaturatedSum(PixelRow::Floats(call.w), kept * RoundUp(p.columns * p.channels, 16));
}

}  // namespace

const char* RefuseRolling(const PoolCall& call) {
  if (const char* reason = RefusePixels(call)) return reason;
  if (call.h.adaptive || call.h.kernel != 3) return "windows are not 3 rows high";
  if (call.h.dilation != 1) return "the rows of a window are apart";
  if (call.w.MayHaveEmptyWindow()) return "there may be a window without a pixel";
  if (call.op->average && call.w.AllTaps() > kPartTaps) {
    return "the sums of a window's rows have several parts";
  }
  return call.h.stride <= 2 ? nullptr : "windows have no row in common";
}

void RunRolling(const PoolCall& call) {
  const Plan p = MakePlan(call);
  const PoolBlocks blocks(call, p.channels, p.rows, p.columns);
  RunTasks(call.threads, blocks.count(), [&](int64_t i, int64_t slot) {
    Block(call, blocks.At(i), call.workspace + slot * FloatsOf(call, p)).Run();
  });
}

int64_t RollingScratch(const PoolCall& call) { return FloatsOf(call, MakePlan(call)); }

double EstimateRolling(const PoolCall& call) {
  const auto number = [](int64_t n) { return static_cast<double>(n); };
  const double vectors = number(call.n * CeilDiv(call.c, call.op->lanes));
  const double rows = number(call.h.out * call.h.stride);
  const double outputs = number(call.h.out) * number(call.w.out);
  return 2.2 * vectors * (TapCycles(call) * rows * call.w.CountTaps() + 2.5 * outputs) +
         number(call.n) * (outputs * kOutputCycles + 4 * number(call.h.out + 1) * kCallCycles);
}

}  // namespace windrow::internal
