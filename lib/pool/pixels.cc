// Pooling of pixels (NHWC) where they lie: rows first, where windows share enough of them
// (separable.h), or else window by window:
//
//   for each image, chunk of channels and band of output rows (the parallel tasks):
//     for each run of output rows alike: for each run of outputs alike: one call of the kernel
#include <algorithm>

#include "lib/base/parallel.h"
#include "lib/pool/cost.h"
#include "lib/pool/separable.h"
#include "lib/pool/strategies.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

struct WindowsPlan {
  PoolShape shape;
  double cycles;
  PoolBlocks blocks;

  explicit WindowsPlan(const PoolShape& each);
  int64_t ScratchBytes() const { return 0; }
  std::string Describe() const { return StrCat("window by window, ", blocks.Describe()); }
  void Run(const PoolBuffers& buffers) const;
};

PoolBlocks BlocksOf(const PoolShape& shape) {
  // Rows first, and many: whole ones are written in the order of memory, and few shares are uneven.
  const int64_t rows = ShareOf(shape, shape.h.out, shape.n, 8);
  const int64_t parts = shape.n * CeilDiv(shape.h.out, rows);
  const int64_t channels =
      parts < int64_t{2} * shape.threads ? ShareOf(shape, shape.c, parts) : shape.c;
  return PoolBlocks(shape, RoundUp(channels, shape.op->lanes), rows, shape.w.out);
}

WindowsPlan::WindowsPlan(const PoolShape& each)
    : shape(WithImagesAsRows(each)), cycles(0), blocks(BlocksOf(shape)) {
  const double outputs = Number(shape.h.out) * Number(shape.w.out);
  const double taps = shape.h.CountTaps() * shape.w.CountTaps();
  const double vectors = Number(CeilDiv(shape.c, shape.op->lanes));
  cycles = 1.5 * Number(shape.n) *
           (vectors * (TapCycles(shape) * taps + 2 * outputs) + outputs * kOutputCycles);
}

class Block {
 public:
  Block(const WindowsPlan& plan, const PoolBuffers& buffers, const PoolBlock& b)
      : shape_(plan.shape), buffers_(buffers), b_(b) {}

  void Run() const {
    const int64_t bottom = b_.row + b_.rows, right = b_.column + b_.columns;
    for (int64_t oh = b_.row; oh < bottom;) {
      const WindowRun rows = shape_.h.RunFrom(oh, bottom);
      for (int64_t ow = b_.column; ow < right;) {
        const WindowRun columns = shape_.w.RunFrom(ow, right);
        if (!RunAlike(rows, columns)) {
          RunReference(shape_, buffers_,
                       {b_.n, b_.channel, b_.channels, oh, rows.size(), ow, columns.size()});
        }
        ow = columns.end;
      }
      oh = rows.end;
    }
  }

 private:
  // False if there may be a NaN, or there is no tap.
  bool RunAlike(const WindowRun& rows, const WindowRun& columns) const {
    const Window &h = rows.first, &w = columns.first;
    if (h.taps == 0 || w.taps == 0) return false;
    const Strides &xs = shape_.xs, &ys = shape_.ys, &is = shape_.is;
    const auto at = [&](const Strides& s) {
      return b_.n * s.n + b_.channel * s.c + rows.begin * s.h + columns.begin * s.w;
    };
    WindowArgs args{};
    args.x = buffers_.x + b_.n * xs.n + b_.channel * xs.c + h.begin * xs.h + w.begin * xs.w;
    args.rows = h.taps;
    args.columns = w.taps;
    args.x_row = Distance(h.taps, shape_.h.dilation, xs.h);
    args.x_column = Distance(w.taps, shape_.w.dilation, xs.w);
    args.lines = rows.size();
    args.outputs = columns.size();
    args.items = b_.channels;
    args.x_line = Distance(args.lines, rows.step, xs.h);
    args.x_step = Distance(args.outputs, columns.step, xs.w);
    args.y = buffers_.y + at(ys);
    args.y_line = ys.h;
    args.y_step = ys.w;
    const float divisor = shape_.op->average ? shape_.Divisor(h, w) : 0;
    args.pass = {false, true, divisor, w.skipped % kPartTaps, h.skipped % kPartTaps};
    if (shape_.with_indices) {
      const int64_t width = shape_.w.in;
      const auto steps = [](int64_t count, int64_t step, int64_t distance) {
        return static_cast<int32_t>(Distance(count, step, distance));
      };
      args.index = {.distance = 0,
                    .position = static_cast<int32_t>(h.begin * width + w.begin),
                    .of_line = steps(args.lines, rows.step, width),
                    .of_output = steps(args.outputs, columns.step, 1),
                    .of_item = 0,
                    .of_row = steps(h.taps, shape_.h.dilation, width),
                    .of_column = steps(w.taps, shape_.w.dilation, 1),
                    .narrow = nullptr,
                    .indices = buffers_.indices + at(is),
                    .line = is.h,
                    .step = is.w};
    }
    return shape_.kernels().Of(args)(args);
  }

  const PoolShape& shape_;
  const PoolBuffers& buffers_;
  const PoolBlock b_;
};

void WindowsPlan::Run(const PoolBuffers& buffers) const {
  RunTasks(shape.threads, blocks.count(),
           [&](int64_t i, int64_t) { Block(*this, buffers, blocks.At(i)).Run(); });
}

const char* RefusePixels(const PoolShape& shape) {
  if (!shape.ArePixels(shape.xs)) return "the channels of x are not neighbours";
  if (!shape.ArePixels(shape.ys)) return "the channels of y are not neighbours";
  if (!shape.with_indices) return nullptr;
  if (!shape.ArePixels(shape.is)) return "the channels of the indices are not neighbours";
  return RefuseLargePlanes(shape);
}

}  // namespace

const char* ConsiderPixels(const PoolShape& shape, PoolPlan& plan) {
  if (const char* reason = RefusePixels(shape)) return reason;
  if (PrefersSeparable(shape) &&
      Offer<SeparablePlan>(nullptr, shape, plan, PoolLanesAre::kChannels) == nullptr) {
    return nullptr;
  }
  return Offer<WindowsPlan>(nullptr, shape, plan);
}

}  // namespace windrow::internal
