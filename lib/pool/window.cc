// Pooling of pixels (NHWC): each window is read where it lies.
//
//   for each image, chunk of channels and band of output rows (the parallel tasks):
//     for each output row: for each run of outputs alike: one call of the window kernel
#include "lib/pool/window.h"

#include <algorithm>
#include <limits>

#include "lib/base/parallel.h"
#include "lib/pool/cost.h"
#include "lib/pool/pixel_row.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

class Block {
 public:
  Block(const PoolCall& call, const PoolBlock& b, float* scratch)
      : call_(call), b_(b), row_(call.w, call.x + b.n * call.xs.n + b.channel, call.xs.w, scratch) {
    args_.x_row = call.h.dilation * call.xs.h;
    args_.y_step = call.ys.w;
    args_.items = b.channels;
    args_.one = 1;
    args_.last = true;
    args_.position_row = static_cast<int32_t>(call.h.dilation * call.w.in);
    args_.indices_step = call.is.w;
  }

  void Run() {
    for (int64_t oh = b_.row; oh < b_.row + b_.rows; ++oh) {
      const Window rows = call_.h.At(oh);
      for (int64_t ow = b_.column, end = ow + b_.columns; ow < end;) {
        const WindowRun run = call_.w.RunFrom(ow, end);
        RunOutputs(oh, rows, run);
        ow = run.end;
      }
    }
  }

 private:
  void RunOutputs(int64_t oh, const Window& rows, const WindowRun& run) {
    const auto at = [&](const Strides& s) {
      return b_.n * s.n + oh * s.h + run.begin * s.w + b_.channel * s.c;
    };
    args_.y = call_.y + at(call_.ys);
    args_.indices = call_.with_indices ? call_.indices + at(call_.is) : nullptr;
    args_.outputs = run.size();
    if (rows.taps == 0 || run.first.taps == 0) return FillEmptyWindows(args_);
    row_.SetTaps(run.first.begin, args_);
    args_.offset = rows.begin * call_.xs.h;
    args_.rows = rows.taps;
    args_.columns = run.first.taps;
    args_.x_step = run.step * call_.xs.w;
    args_.position = static_cast<int32_t>(rows.begin * call_.w.in);
    args_.position_step = call_.with_indices ? static_cast<int32_t>(run.step) : 0;
    args_.divisor = call_.op->average ? call_.Divisor(rows, run.first) : 0;
    call_.kernels().Of(args_.rows, args_.columns)(args_);
  }

  const PoolCall& call_;
  const PoolBlock b_;
  const PixelRow row_;
  WindowArgs args_{};
};

}  // namespace

void FillEmptyWindows(const WindowArgs& args) {
  for (int64_t o = 0; o < args.outputs; ++o) {
    std::fill_n(args.y + o * args.y_step, args.items, -std::numeric_limits<float>::infinity());
    if (args.indices == nullptr) continue;
    std::fill_n(args.indices + o * args.indices_step, args.items, -1);
  }
}

const char* RefusePixels(const PoolCall& call) {
  if (call.c > 1 && call.xs.c != 1) return "the channels of x are not neighbours";
  if (call.c > 1 && call.ys.c != 1) return "the channels of y are not neighbours";
  if (!call.with_indices) return nullptr;
  if (call.c > 1 && call.is.c != 1) return "the channels of the indices are not neighbours";
  return RefuseLargePlanes(call);
}

const char* RefuseWindow(const PoolCall& call) { return RefusePixels(call); }

void RunWindowBlock(const PoolCall& call, const PoolBlock& block, float* scratch) {
  Block(call, block, scratch).Run();
}

void RunWindow(const PoolCall& call) {
  const int64_t rows = ShareOf(call, call.h.out, call.n);
  const int64_t channels = ShareOf(call, call.c, call.n * CeilDiv(call.h.out, rows));
  const PoolBlocks blocks(call, RoundUp(channels, call.op->lanes), rows, call.w.out);
  RunTasks(call.threads, blocks.count(), [&](int64_t i, int64_t slot) {
    RunWindowBlock(call, blocks.At(i), call.workspace + slot * PixelRow::Floats(call.w));
    call.op->kernels->leave();
  });
}

int64_t WindowWorkspace(const PoolCall& call) { return PixelRow::Floats(call.w) * call.threads; }

double EstimateWindow(const PoolCall& call) {
  const double taps =
      static_cast<double>(call.h.CountTaps()) * static_cast<double>(call.w.CountTaps());
  const double images = static_cast<double>(call.n);
  const auto vectors = static_cast<double>(CeilDiv(call.c, call.op->lanes));
  const double outputs = images * static_cast<double>(call.h.out * call.w.out);
  const double rows = images * static_cast<double>(call.h.out);
  return 2 * (images * TapCycles(call) * vectors * taps + outputs * (kOutputCycles + 2 * vectors) +
              rows * kCallCycles);
}

}  // namespace windrow::internal
