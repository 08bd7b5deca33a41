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
#include "lib/simd/cpu_features.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

class Block {
 public:
  Block(const PoolCall& call, const PoolBlock& b, float* scratch)
      : call_(call), b_(b), row_(call.w, call.x + b.n * call.xs.n + b.channel, call.xs.w, scratch) {
    args_.y_row = call.ys.h;
    args_.indices_row = call.with_indices ? call.is.h : 0;
    args_.y_step = call.ys.w;
    args_.items = b.channels;
    args_.one = 1;
    args_.last = true;
    args_.indices_step = call.is.w;
  }

  void Run() {
    const int64_t right = b_.column + b_.columns;
    const bool alike = call_.w.RunFrom(b_.column, right).end == right;
    for (int64_t oh = b_.row, end = oh + b_.rows; oh < end; oh += args_.lines) {
      const WindowRun rows = call_.h.RunFrom(oh, end);
      args_.lines = alike ? rows.size() : 1;
      for (int64_t ow = b_.column; ow < right;) {
        const WindowRun run = call_.w.RunFrom(ow, right);
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
    args_.y = call_.y + at(call_.ys);
    args_.indices = call_.with_indices ? call_.indices + at(call_.is) : nullptr;
    args_.outputs = run.size();
    if (rows.taps == 0 || run.first.taps == 0) {
      return FillEmptyWindows(args_, call_.WithoutTaps(rows, run.first));
    }
    row_.SetTaps(run.first, rows.begin * call_.xs.h, rows.begin * call_.w.in, args_);
    args_.rows = rows.taps;
    args_.rows_before = rows.skipped % kPartTaps;
    args_.x_row = Distance(rows.taps, call_.h.dilation, call_.xs.h);
    args_.x_line = Distance(args_.lines, call_.h.stride, call_.xs.h);
    args_.x_step = Distance(run.size(), run.step, call_.xs.w);
    args_.divisor = call_.op->average ? call_.Divisor(rows, run.first) : 0;
    if (call_.with_indices) {
      const int64_t width = call_.w.in;
      args_.position_row = static_cast<int32_t>(Distance(rows.taps, call_.h.dilation, width));
      args_.position_line = static_cast<int32_t>(Distance(args_.lines, call_.h.stride, width));
      args_.position_step = static_cast<int32_t>(Distance(run.size(), run.step, 1));
    }
    call_.kernels().Of(args_)(args_);
  }

  const PoolCall& call_;
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

void RunWindow(const PoolCall& each) {
  const PoolCall call = WithImagesAsRows(each);
  // Rows first, and many: whole ones are written in the order of memory, and few shares are uneven.
  const int64_t rows = ShareOf(call, call.h.out, call.n, 8);
  const int64_t parts = call.n * CeilDiv(call.h.out, rows);
  const int64_t channels =
      parts < int64_t{2} * call.threads ? ShareOf(call, call.c, parts) : call.c;
  const PoolBlocks blocks(call, RoundUp(channels, call.op->lanes), rows, call.w.out);
  RunTasks(call.threads, blocks.count(), [&](int64_t i, int64_t slot) {
    RunWindowBlock(call, blocks.At(i), call.workspace + slot * WindowScratch(call));
  });
}

int64_t WindowScratch(const PoolCall& call) { return PixelRow::Floats(call.w); }

double EstimateWindow(const PoolCall& each) {
  const PoolCall call = WithImagesAsRows(each);
  const auto number = [](int64_t n) { return static_cast<double>(n); };
  const double outputs = number(call.h.out) * number(call.w.out);
  const double taps = call.h.CountTaps() * call.w.CountTaps() / outputs;
  const int64_t lanes = call.op->lanes;
  const bool alike = call.w.RunFrom(0, call.w.out).end == call.w.out;
  // Few channels of neighbouring windows share vectors.
  const bool shared = alike && call.c < lanes && call.w.stride == 1 && !call.with_indices &&
                      call.xs.w == call.c && call.ys.w == call.c;
  const double vectors = shared ? number(call.h.out) * number(CeilDiv(call.w.out * call.c, lanes))
                                : outputs * number(CeilDiv(call.c, lanes));
  const double calls = alike ? 1 : number(call.h.out);
  const double pixels = shared ? number(call.h.out) : outputs;
  const double cycles = vectors * (TapCycles(call) * taps + 2) + pixels * kOutputCycles;
  // Pixels of one or two vectors follow each other closely, and wait for memory the least, if each
  // is read once.
  const bool once = call.h.kernel <= call.h.stride && call.w.kernel <= call.w.stride;
  const bool close = once && call.c >= lanes && call.c <= 2 * lanes;
  // Strategies that store indices in between do so in more cycles before Zen 5.
  const bool stores = call.c >= 4 * lanes && !IsZen5OrLater();
  const double waits = call.with_indices ? (stores ? 1 : 2) : shared ? 1.2 : close ? 0.9 : 2;
  return number(call.n) * (waits * cycles + 2 * calls * kCallCycles);
}

}  // namespace windrow::internal
