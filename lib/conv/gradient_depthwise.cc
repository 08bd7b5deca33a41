// The gradient by weights of depthwise convolution: lanes are channels.
//
//   for a few vectors of channels (the parallel tasks):
//     for each chunk of outputs, and each block of rows of it:
//       for each kernel row, and a few taps of it:  the kernel, over those rows that see a pixel
//     the chains of all chunks are added up, and go to dw, transposed
//
// Pixels (NHWC) are read where they lie; anything else is copied to pixels, a block at a time.
#include <algorithm>
#include <array>
#include <limits>

#include "lib/base/aligned.h"
#include "lib/base/error.h"
#include "lib/conv/backward_weights.h"
#include "lib/conv/band.h"
#include "lib/conv/cost.h"
#include "lib/conv/gradient_operands.h"
#include "lib/conv/gradient_sums.h"
#include "lib/conv/scalar.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kMaxLanes = 64;

// What is multiplied by dy for the gradient by bias.
struct Ones {
  alignas(kAlignment) std::array<float, kMaxGradientVecs * kMaxLanes> values{};
  constexpr Ones() { values.fill(1.0f); }
};
constexpr Ones kOnes;

struct DepthwisePlan {
  GradientShape shape;
  double cycles;
  int64_t vecs;  // of a task
  bool stage_x, stage_dy;
  int64_t block_pixels;
  int64_t sum_floats, band_floats, dy_floats;  // of a task

  int64_t width() const { return vecs * shape.op->lanes; }
  int64_t tasks() const { return CeilDiv(shape.op->out_channels, width()); }
  int64_t taps() const { return shape.h.kernel * shape.w.kernel; }
  int64_t ScratchBytes() const {
    const int64_t floats =
        SaturatedSum(SaturatedProduct({2, sum_floats}), SaturatedSum(band_floats, dy_floats));
    return RoundUp(SaturatedProduct({floats, kFloat}), int64_t{kAlignment});
  }
  std::string Describe() const {
    return StrCat(vecs, " vectors of ", shape.op->lanes, " channels",
                  stage_x ? ", x copied to pixels" : "", stage_dy ? ", dy copied to pixels" : "");
  }
  void Run(const GradientBuffers& buffers) const;
};

class Task {
 public:
  Task(const DepthwisePlan& plan, const GradientBuffers& buffers, int64_t index, float* scratch)
      : plan_(plan),
        shape_(plan.shape),
        op_(*shape_.op),
        table_(op_.tiles->depthwise_gradient),
        buffers_(buffers),
        width_(plan.width()),
        sums_(scratch),
        chains_(sums_ + plan.sum_floats),
        dy_(chains_ + plan.sum_floats),
        band_(dy_ + plan.dy_floats) {
    // The last vectors end with the last channel, and so may begin inside those before.
    const int64_t end = std::min((index + 1) * width_, op_.out_channels);
    channel_ = std::max<int64_t>(end - width_, 0);
    channels_ = end - channel_;
    stored_ = index * width_ - channel_;
  }

  void Run() {
    const BoxCut chunks = Chunks(shape_);
    if (channels_ < width_) std::fill_n(dy_, plan_.dy_floats, 0.0f);  // lanes of no channel
    std::fill_n(sums_, plan_.sum_floats, 0.0f);
    for (int64_t i = 0; i < chunks.count(); ++i) {
      std::fill_n(chains_, plan_.sum_floats, 0.0f);
      const BoxCut blocks(chunks.at(i), plan_.block_pixels);
      for (int64_t b = 0; b < blocks.count(); ++b) RunBlock(blocks.at(b));
      for (int64_t k = 0; k < plan_.sum_floats; ++k) {
        sums_[k] = Finish(chains_[k] + sums_[k]);
      }
    }
    const GradientSums sums{.op = op_,
                            .sums = sums_ + stored_,
                            .width = width_,
                            .taps = plan_.taps(),
                            .tap_begin = 0,
                            .tap_end = plan_.taps(),
                            .out_channel = channel_ + stored_,
                            .out_channels = channels_ - stored_};
    sums.StoreWeights(buffers_.dw, buffers_.accumulate);
    if (buffers_.db == nullptr) return;
    sums.StoreBias(sums.sums + plan_.taps() * width_, buffers_.db, buffers_.accumulate);
  }

 private:
  void RunBlock(const OutputBox& block) const {
    const Operand dy =
        plan_.stage_dy ? CopyOutputs(shape_, buffers_.dy, block, channel_, channels_, width_, dy_)
                       : OutputsInPlace(shape_, buffers_.dy, block, channel_);
    if (!plan_.stage_x) {
      Axis h, w;
      const Operand x = InputsInPlace(shape_, buffers_.x, block, channel_, h, w);
      return RunImages(block, x, h, w, dy);
    }
    const BlockAxis h(shape_.h, block.h), w(shape_.w, block.w);
    const Operand x = CopyInputs(shape_, buffers_.x, block.n, h, w, channel_, channels_, band_);
    // The last pixel's lanes of no channel: NaN there would raise the invalid-operation flag.
    std::fill_n(band_ + block.n.size() * x.image, width_ - channels_, 0.0f);
    RunImages(block, x, h.band, w.band, dy);
  }

  void RunImages(const OutputBox& block, Operand x, const Axis& h, const Axis& w,
                 Operand dy) const {
    for (int64_t n = 0; n < block.n.size(); ++n) {
      for (int64_t kh = 0; kh < h.kernel; ++kh) {
        const OutputBox::Range rows = Shown(op_, shape_.h, kh, block.h);
        if (rows.size() <= 0) continue;
        const Operand from{x.data + h.Position(rows.begin, kh) * x.row, 0, x.row, x.column};
        const Operand to{dy.data + rows.begin * dy.row, 0, dy.row, dy.column};
        RunKernelRow(block, from, h, w, to, kh, rows.size());
      }
      if (buffers_.db != nullptr) RunBias(block, dy);
      x.data += x.image;
      dy.data += dy.image;
    }
  }

  void RunKernelRow(const OutputBox& block, const Operand& x, const Axis& h, const Axis& w,
                    const Operand& dy, int64_t kh, int64_t rows) const {
    const EvenSplit taps(w.kernel, table_.max_taps);
    for (int64_t i = 0; i < taps.parts; ++i) {
      const int64_t kw = taps.Begin(i), count = taps.Begin(i + 1) - kw;
      std::array<int64_t, kMaxGradientTaps> begin, end;
      for (int64_t k = 0; k < count; ++k) {
        const OutputBox::Range columns = Shown(op_, shape_.w, kw + k, block.w);
        const auto tap = static_cast<size_t>(k);
        begin[tap] = std::min(columns.begin, block.w.size());
        end[tap] = std::max(columns.end, begin[tap]);
      }
      RunTaps({.x = x.data + w.Position(0, kw) * x.column,
               .x_row = WrappedProduct(h.stride, x.row),
               .x_column = WrappedProduct(w.stride, x.column),
               .x_tap = WrappedProduct(w.dilation, x.column),
               .dy = dy.data,
               .dy_row = dy.row,
               .dy_column = dy.column,
               .rows = rows,
               .begin = begin.data(),
               .end = end.data(),
               .chains = chains_ + (kh * w.kernel + kw) * width_,
               .chain_tap = width_},
              count);
    }
  }

  void RunBias(const OutputBox& block, const Operand& dy) const {
    const int64_t begin = 0, end = block.w.size();
    RunTaps({.x = kOnes.values.data(),
             .x_row = 0,
             .x_column = 0,
             .x_tap = 0,
             .dy = dy.data,
             .dy_row = dy.row,
             .dy_column = dy.column,
             .rows = block.h.size(),
             .begin = &begin,
             .end = &end,
             .chains = chains_ + plan_.taps() * width_,
             .chain_tap = width_},
            1);
  }

  // As many vectors at a time as the kernel has.
  void RunTaps(DepthwiseGradientArgs args, int64_t taps) const {
    for (int64_t vec = 0; vec < plan_.vecs;) {
      const int64_t vecs = std::min<int64_t>(table_.max_vecs[taps], plan_.vecs - vec);
      table_.taps[taps][vecs](args);
      const int64_t floats = vecs * op_.lanes;
      if (args.x_column != 0) args.x += floats;
      args.dy += floats;
      args.chains += floats;
      vec += vecs;
    }
  }

  const DepthwisePlan& plan_;
  const GradientShape& shape_;
  const ConvOp& op_;
  const DepthwiseGradientTable& table_;
  const GradientBuffers& buffers_;
  const int64_t width_;
  float *const sums_, *const chains_, *const dy_, *const band_;
  int64_t channel_, channels_;
  int64_t stored_;  // of them by the task before
};

void DepthwisePlan::Run(const GradientBuffers& buffers) const {
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, tasks(), [&](int64_t i, int64_t slot) {
    Task(*this, buffers, i, reinterpret_cast<float*>(buffers.scratch + slot * bytes)).Run();
  });
}

}  // namespace

const char* ConsiderGradientDepthwise(const GradientShape& shape, GradientPlan& plan) {
  const ConvOp& op = *shape.op;
  if (!op.depthwise()) return "groups have more than one input and output channel";
  if (op.tiles->depthwise_gradient.max_taps == 0) return "of this class there is no such kernel";
  if (op.lanes > kMaxLanes) return "vectors are too long";
  DepthwisePlan p{};
  p.shape = shape;
  const int64_t vectors = CeilDiv(op.out_channels, op.lanes);
  p.vecs = op.out_channels < 2 * op.lanes ? 1 : 2;
  const bool partial = op.out_channels < p.width();
  p.stage_x = shape.xs.c != 1 || op.mode != PaddingMode::kZeros || partial;
  p.stage_dy = shape.dys.c != 1 || partial;
  // x and dy of a block in the L1 cache; larger ones are copied with fewer rows twice.
  const int64_t max = (p.stage_x ? op.machine->l2 / 4 : op.machine->l1d) / 2 / kFloat / p.width();
  const OutputBox chunk = Chunks(shape).limit();
  const OutputBox block = BoxCut(chunk, std::max<int64_t>(max, 16)).limit();
  p.block_pixels = std::max<int64_t>(max, 16);
  p.sum_floats = (SaturatedSum(p.taps(), 1)) * p.width();
  p.dy_floats = p.stage_dy ? block.pixels() * p.width() : 0;
  if (p.stage_x) {
    p.band_floats = SaturatedProduct({CopiedPixels(shape, block), PixelPitch(p.width())});
    constexpr int64_t kMaxBytes = int64_t{8} << 20;
    if (p.band_floats > (kMaxBytes + 4 * op.machine->l2) / kFloat) {
      return "what a block of outputs sees of so large a kernel does not fit the caches";
    }
  }
  constexpr double kCopyEach = 6;
  const auto outputs =
      static_cast<double>(SaturatedProduct({shape.n, shape.h.out, shape.w.out, vectors}));
  p.cycles =
      kStrategyCycles + outputs * (static_cast<double>(p.taps()) + (p.stage_x ? kCopyEach : 0) +
                                   (p.stage_dy ? kCopyEach : 0));
  plan = GradientPlan(p);
  return nullptr;
}

}  // namespace windrow::internal
