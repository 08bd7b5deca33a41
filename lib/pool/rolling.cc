// Pooling of pixels (NHWC) with windows three rows high and a vertical stride of one or two, so
// that each shares rows with the window below it.
//
//   for each image and block of output rows and columns (the parallel tasks):
//     for each output row: for each run of outputs alike: one call of the rolling kernel, which
//       reduces the rows that are new and finds what the others gave in a buffer in the L1 cache
//
// Everything is read and written in the order of memory. Rows at the top and the bottom edge, whose
// windows have fewer rows, are done window by window.
#include <algorithm>
#include <utility>

#include "lib/base/parallel.h"
#include "lib/pool/blocks.h"
#include "lib/pool/cost.h"
#include "lib/pool/pixel_row.h"
#include "lib/pool/scratch.h"
#include "lib/pool/strategies.h"
#include "lib/pool/window.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

class Block {
 public:
  Block(const PoolShape& shape, const PoolBuffers& buffers, const PoolBlock& b, float* scratch)
      : shape_(shape),
        buffers_(buffers),
        b_(b),
        scratch_(scratch),
        pixels_(shape.w, buffers.x + b.n * shape.xs.n + b.channel, shape.xs.w, scratch),
        above_(scratch + PixelRow::Floats(shape.w)),
        middle_(above_ + RoundUp(b.columns * b.channels, 16)),
        index_distance_(2 * (middle_ - above_)) {}

  void Run() {
    for (int64_t oh = b_.row, end = oh + b_.rows; oh < end;) {
      const WindowRun rows = shape_.h.RunFrom(oh, end);
      if (rows.first.taps == 3) {
        ReduceFirstRows(rows.first.begin);
        for (int64_t i = 0; i < rows.size(); ++i) RollRow(rows.first, oh + i, i * rows.step);
      } else {
        PoolBlock row = b_;
        row.row = oh, row.rows = rows.size();
        RunWindowBlock(shape_, buffers_, row, scratch_);
      }
      oh = rows.end;
    }
  }

 private:
  // Calls f(run) for the runs of the block's columns.
  template <typename F>
  void ForEachRun(const F& f) const {
    for (int64_t ow = b_.column, end = ow + b_.columns; ow < end;) {
      const WindowRun run = shape_.w.RunFrom(ow, end);
      f(run);
      ow = run.end;
    }
  }

  WindowArgs ArgsOf(const WindowRun& run, int64_t row) const {
    WindowArgs args{};
    pixels_.SetTaps(run.first, row * shape_.xs.h, row * shape_.w.in, args);
    args.x_row = shape_.xs.h;
    args.outputs = run.size();
    args.x_step = Distance(run.size(), run.step, shape_.xs.w);
    args.items = b_.channels;
    args.one = 1;
    if (!shape_.with_indices) return args;  // outputs without them can be items of one
    args.position_row = static_cast<int32_t>(shape_.w.in);
    args.position_step = static_cast<int32_t>(Distance(run.size(), run.step, 1));
    return args;
  }

  int64_t Place(const WindowRun& run) const { return (run.begin - b_.column) * b_.channels; }

  // What the rows above the first new row of the first output give.
  void ReduceFirstRows(int64_t row) {
    ForEachRun([&](const WindowRun& run) {
      ReduceRow(run, row, above_ + Place(run));
      if (shape_.h.stride == 1) ReduceRow(run, row + 1, middle_ + Place(run));
    });
  }

  void ReduceRow(const WindowRun& run, int64_t row, float* to) const {
    WindowArgs args = ArgsOf(run, row);
    args.rows = 1;
    args.y_step = b_.channels;
    args.y = to;
    if (shape_.with_indices) args.index = reinterpret_cast<int32_t*>(to + index_distance_);
    shape_.kernels().row(args);
  }

  // Output row oh, whose windows begin `down` rows below those of the run's first output row.
  void RollRow(const Window& rows, int64_t oh, int64_t down) {
    const PoolKernels& k = *shape_.op->kernels;
    const RollingKernels& rolling = shape_.op->average    ? k.sum_rolling
                                    : shape_.with_indices ? k.max_indices_rolling
                                                          : k.max_rolling;
    const auto at = [&](const Strides& s, const WindowRun& run) {
      return b_.n * s.n + oh * s.h + run.begin * s.w + b_.channel;
    };
    ForEachRun([&](const WindowRun& run) {
      WindowArgs args = ArgsOf(run, rows.begin + down);
      args.rows = 3;
      args.last = true;
      args.y_step = shape_.ys.w;
      args.y = buffers_.y + at(shape_.ys, run);
      args.above = above_ + Place(run);
      args.middle = middle_ + Place(run);
      if (shape_.with_indices) {
        args.index_distance = index_distance_;
        args.indices = buffers_.indices + at(shape_.is, run);
        args.indices_step = shape_.is.w;
      }
      if (shape_.op->average) args.divisor = shape_.Divisor(rows, run.first);
      rolling.Of(shape_.h.stride, run.first.taps)(args);
    });
    if (shape_.h.stride == 1) std::swap(above_, middle_);
  }

  const PoolShape& shape_;
  const PoolBuffers& buffers_;
  const PoolBlock b_;
  float* const scratch_;
  const PixelRow pixels_;
  float *above_, *middle_;
  const ptrdiff_t index_distance_;  // from either to its indices
};

// Results that are kept of each output of a row, and their indices.
int64_t Kept(const PoolShape& shape) { return shape.with_indices ? 4 : 2; }

// Two rows of results (and their indices), one of pixels and one of outputs fit the L1 cache.
PoolBlock LargestBlock(const PoolShape& shape) {
  const int64_t lanes = shape.op->lanes;
  const int64_t budget = shape.op->machine->l1d / static_cast<int64_t>(sizeof(float));
  // Few tasks, since each needs what two more rows give.
  const int64_t wanted = shape.threads == 1 ? 1 : int64_t{2} * shape.threads;
  const int64_t rows = CeilDiv(shape.h.out, CeilDiv(wanted, shape.n));
  const int64_t tasks = shape.n * CeilDiv(shape.h.out, rows);
  const int64_t share = tasks < shape.threads ? ShareOf(shape, shape.c, tasks) : shape.c;
  const int64_t max =
      std::min(RoundUp(shape.c, lanes), std::max(budget / 16 / lanes, int64_t{1}) * lanes);
  const int64_t others = 1 + shape.w.stride;
  const auto columns = [&](int64_t channels) {
    return std::min(std::max<int64_t>(budget / channels / (Kept(shape) + others), 4), shape.w.out);
  };
  const int64_t channels = std::min(RoundUp(share, lanes), max);
  return {.channels = channels,
          .rows = rows,
          .columns = std::min(columns(channels), columns(max) * max / channels)};
}

const char* Refuse(const PoolShape& shape) {
  if (const char* reason = RefusePixels(shape)) return reason;
  if (shape.h.adaptive || shape.h.kernel != 3) return "windows are not 3 rows high";
  if (shape.h.dilation != 1) return "the rows of a window are apart";
  if (shape.w.MayHaveEmptyWindow()) return "there may be a window without a pixel";
  if (shape.op->average && shape.w.AllTaps() > kPartTaps) {
    return "the sums of a window's rows have several parts";
  }
  return shape.h.stride <= 2 ? nullptr : "windows have no row in common";
}

double Estimate(const PoolShape& shape) {
  const double vectors = Number(shape.n * CeilDiv(shape.c, shape.op->lanes));
  const double rows = Number(shape.h.out * shape.h.stride);
  const double outputs = Number(shape.h.out) * Number(shape.w.out);
  return 2.2 * vectors * (TapCycles(shape) * rows * shape.w.CountTaps() + 2.5 * outputs) +
         Number(shape.n) * (outputs * kOutputCycles + 4 * Number(shape.h.out + 1) * kCallCycles);
}

struct RollingPlan {
  PoolShape shape;
  double cycles;
  PoolBlock largest;
  PoolBlocks blocks;

  explicit RollingPlan(const PoolShape& s)
      : shape(s),
        cycles(Estimate(s)),
        largest(LargestBlock(s)),
        blocks(s, largest.channels, largest.rows, largest.columns) {}
  int64_t ScratchBytes() const {
    const int64_t kept = Kept(shape) * RoundUp(largest.columns * largest.channels, 16);
    return FloatBytes(SaturatedSum(PixelRow::Floats(shape.w), kept));
  }
  std::string Describe() const { return blocks.Describe(); }
  void Run(const PoolBuffers& buffers) const {
    const int64_t bytes = ScratchBytes();
    RunTasks(shape.threads, blocks.count(), [&](int64_t i, int64_t slot) {
      Block(shape, buffers, blocks.At(i), buffers.Scratch(slot, bytes)).Run();
    });
  }
};

}  // namespace

const char* ConsiderRolling(const PoolShape& shape, PoolPlan& plan) {
  return Offer<RollingPlan>(Refuse(shape), shape, plan);
}

}  // namespace windrow::internal
