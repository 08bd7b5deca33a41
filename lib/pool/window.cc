// Pooling of pixels (NHWC): each window is read where it lies.
//
//   for each image, chunk of channels and band of output rows (the parallel tasks):
//     for each run of output rows alike whose outputs are all alike: one call of the window kernel
//     for each other output row: for each run of outputs alike: one call
#include "lib/pool/window.h"

#include <algorithm>

#include "lib/base/parallel.h"
#include "lib/pool/cost.h"
#include "lib/pool/pixel_row.h"
#include "lib/pool/scratch.h"
#include "lib/pool/strategies.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

class Block {
 public:
  Block(const PoolShape& shape, const PoolBuffers& buffers, const PoolBlock& b, float* scratch)
      : shape_(shape),
        buffers_(buffers),
        b_(b),
        row_(shape.w, buffers.x + b.n * shape.xs.n + b.channel, shape.xs.w, scratch) {
    args_.y_row = shape.ys.h;
    args_.indices_row = shape.with_indices ? shape.is.h : 0;
    args_.y_step = shape.ys.w;
    args_.items = b.channels;
    args_.one = 1;
    args_.last = true;
    args_.indices_step = shape.is.w;
  }

  void Run() {
    const int64_t right = b_.column + b_.columns;
    const bool alike = shape_.w.RunFrom(b_.column, right).end == right;
    for (int64_t oh = b_.row, end = oh + b_.rows; oh < end; oh += args_.lines) {
      const WindowRun rows = shape_.h.RunFrom(oh, end);
      args_.lines = alike ? rows.size() : 1;
      for (int64_t ow = b_.column; ow < right;) {
        const WindowRun run = shape_.w.RunFrom(ow, right);
        RunOutputs(oh, rows.first, run);
        ow = run.end;
      }
    }
  }

 private:
  void RunOutputs(int64_t oh, const Window& rows, const WindowRun& run) {
    const auto at = [&](const Strides& s) {
      return b_.n * s.n + oh * s.h + run.begin * s.w + b_.channel * s.c;
    };
    args_.y = buffers_.y + at(shape_.ys);
    args_.indices = shape_.with_indices ? buffers_.indices + at(shape_.is) : nullptr;
    args_.outputs = run.size();
    if (rows.taps == 0 || run.first.taps == 0) {
      return FillEmptyWindows(args_, shape_.WithoutTaps(rows, run.first));
    }
    row_.SetTaps(run.first, rows.begin * shape_.xs.h, rows.begin * shape_.w.in, args_);
    args_.rows = rows.taps;
    args_.rows_before = rows.skipped % kPartTaps;
    args_.x_row = Distance(rows.taps, shape_.h.dilation, shape_.xs.h);
    args_.x_line = Distance(args_.lines, shape_.h.stride, shape_.xs.h);
    args_.x_step = Distance(run.size(), run.step, shape_.xs.w);
    args_.divisor = shape_.op->average ? shape_.Divisor(rows, run.first) : 0;
    if (shape_.with_indices) {
      const int64_t width = shape_.w.in;
      args_.position_row = static_cast<int32_t>(Distance(rows.taps, shape_.h.dilation, width));
      args_.position_line = static_cast<int32_t>(Distance(args_.lines, shape_.h.stride, width));
      args_.position_step = static_cast<int32_t>(Distance(run.size(), run.step, 1));
    }
    shape_.kernels().Of(args_)(args_);
  }

  const PoolShape& shape_;
  const PoolBuffers& buffers_;
  const PoolBlock b_;
  const PixelRow row_;
  WindowArgs args_{};
};

}  // namespace

void FillEmptyWindows(const WindowArgs& args, float value) {
  for (int64_t line = 0; line < args.lines; ++line) {
    float* const y = args.y + line * args.y_row;
    int64_t* const indices = args.indices + line * args.indices_row;
    for (int64_t o = 0; o < args.outputs; ++o) {
      std::fill_n(y + o * args.y_step, args.items, value);
      if (args.indices == nullptr) continue;
      std::fill_n(indices + o * args.indices_step, args.items, -1);
    }
  }
}

const char* RefusePixels(const PoolShape& shape) {
  if (!shape.ArePixels(shape.xs)) return "the channels of x are not neighbours";
  if (!shape.ArePixels(shape.ys)) return "the channels of y are not neighbours";
  if (!shape.with_indices) return nullptr;
  if (!shape.ArePixels(shape.is)) return "the channels of the indices are not neighbours";
  return RefuseLargePlanes(shape);
}

void RunWindowBlock(const PoolShape& shape, const PoolBuffers& buffers, const PoolBlock& block,
                    float* scratch) {
  Block(shape, buffers, block, scratch).Run();
}

namespace {

PoolBlocks BlocksOf(const PoolShape& shape) {
  // Rows first, and many: whole ones are written in the order of memory, and few shares are uneven.
  const int64_t rows = ShareOf(shape, shape.h.out, shape.n, 8);
  const int64_t parts = shape.n * CeilDiv(shape.h.out, rows);
  const int64_t channels =
      parts < int64_t{2} * shape.threads ? ShareOf(shape, shape.c, parts) : shape.c;
  return PoolBlocks(shape, RoundUp(channels, shape.op->lanes), rows, shape.w.out);
}

double Estimate(const PoolShape& shape) {
  const double outputs = Number(shape.h.out) * Number(shape.w.out);
  const double taps = shape.h.CountTaps() * shape.w.CountTaps() / outputs;
  const int64_t lanes = shape.op->lanes;
  const bool alike = shape.w.RunFrom(0, shape.w.out).end == shape.w.out;
  // Few channels of neighbouring windows share vectors.
  const bool shared = alike && shape.c < lanes && shape.w.stride == 1 && !shape.with_indices &&
                      shape.xs.w == shape.c && shape.ys.w == shape.c;
  const double vectors = shared
                             ? Number(shape.h.out) * Number(CeilDiv(shape.w.out * shape.c, lanes))
                             : outputs * Number(CeilDiv(shape.c, lanes));
  const double calls = alike ? 1 : Number(shape.h.out);
  const double pixels = shared ? Number(shape.h.out) : outputs;
  const double cycles = vectors * (TapCycles(shape) * taps + 2) + pixels * kOutputCycles;
  // Pixels of one or two vectors follow each other closely, and wait for memory the least, if each
  // is read once.
  const bool once = shape.h.kernel <= shape.h.stride && shape.w.kernel <= shape.w.stride;
  const bool close = once && shape.c >= lanes && shape.c <= 2 * lanes;
  const double with_indices = shape.c >= 4 * lanes ? shape.op->machine->index_windows : 2;
  const double waits = shape.with_indices ? with_indices : shared ? 1.2 : close ? 0.9 : 2;
  return Number(shape.n) * (waits * cycles + 2 * calls * kCallCycles);
}

struct WindowPlan {
  PoolShape shape;
  double cycles;
  PoolBlocks blocks;

  explicit WindowPlan(const PoolShape& each)
      : shape(WithImagesAsRows(each)), cycles(Estimate(shape)), blocks(BlocksOf(shape)) {}
  int64_t ScratchBytes() const { return FloatBytes(PixelRow::Floats(shape.w)); }
  std::string Describe() const { return blocks.Describe(); }
  void Run(const PoolBuffers& buffers) const {
    const int64_t bytes = ScratchBytes();
    RunTasks(shape.threads, blocks.count(), [&](int64_t i, int64_t slot) {
      RunWindowBlock(shape, buffers, blocks.At(i), buffers.Scratch(slot, bytes));
    });
  }
};

}  // namespace

const char* ConsiderWindow(const PoolShape& shape, PoolPlan& plan) {
  return Offer<WindowPlan>(RefusePixels(shape), shape, plan);
}

}  // namespace windrow::internal
