// Pooling of rows of pixels, which are floats of a plane (NCHW) or all channels (NHWC), with
// windows two or three rows high.
//
//   for each plane or image and block of its output rows (the parallel tasks):
//     unless the kernel can read x where it lies: the input rows it sees are padded and
//     deinterleaved by the stride, into the L1 cache (padded_rows.h) one call of the strip kernel,
//     which loads each row once
//
// Pixels of few channels would be deinterleaved one by one. Of windows two pixels wide it costs
// less to let them begin at every pixel and to keep the outputs that are wanted.
//
// Planes whose windows do not overlap follow each other like the rows of one high plane; with
// indices, which begin anew in each plane, only where the kernel knows of planes.
// Other small planes that are read where they lie are done in one call, one after the other.
#include <algorithm>
#include <limits>

#include "lib/base/parallel.h"
#include "lib/pool/blocks.h"
#include "lib/pool/strategies.h"
#include "lib/pool/strips_plan.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kMaxColumns = 3;  // of a window

// Blocks of one plane after the other, on one thread.
class Blocks {
 public:
  Blocks(const StripsPlan& plan, const PoolBuffers& buffers, float* scratch)
      : plan_(plan),
        shape_(plan.shape),
        buffers_(buffers),
        scratch_(scratch + plan.positions()),
        outputs_(scratch + plan.floats() - plan.outputs()),
        pad_(shape_.op->average ? 0 : -std::numeric_limits<float>::infinity()) {
    const WindowAxis &h = shape_.h, &w = shape_.w;
    if (!plan.in_place()) plan.padded.Pad(pad_, scratch_);
    if (shape_.with_indices) {
      args_.indices_step = shape_.is.h;
      if (!plan.packed) FindPositions(reinterpret_cast<int32_t*>(scratch));
    }
    args_.taps = taps_;
    args_.rows = h.kernel;
    args_.columns = w.kernel;
    args_.x_row = plan.in_place() ? shape_.xs.h : plan.padded.pitch();
    args_.x_step = h.stride * args_.x_row;
    args_.items = w.out * plan.unit;
    args_.y_step = plan.every == 1 ? shape_.ys.h : plan.OutputsPitch();
    args_.one = 1;
    args_.last = true;
    args_.image_height = plan.image_height;
    args_.pads_left = w.before > 0;
    args_.pads_right = w.Start(w.out - 1) + w.kernel > w.in;
    if (plan.source == StripsPlan::Source::kDense) {
      args_.scratch = scratch_;
      args_.index_distance = plan.dense();
      args_.inner = FindInner(reinterpret_cast<uint8_t*>(scratch_ + 2 * plan.dense()));
    }
    if (shape_.op->average) args_.divisor = shape_.Divisor(h.At(0), w.At(0));
  }

  // So many rows of outputs of `planes` planes of an image.
  void Run(int64_t plane, int64_t planes, int64_t row, int64_t rows) {
    const PoolShape& p = shape_;
    const int64_t start = p.h.Start(row), count = plan_.InputRows(rows);
    const int64_t begin = std::max<int64_t>(start, 0), end = std::min(start + count, p.h.in);
    args_.image_row = plan_.packed ? start % plan_.image_height : start;
    const int64_t image = plane / p.c, in_image = plane - image * p.c;
    const auto at = [&](const Strides& s) { return image * s.n + in_image * s.c; };
    const float* const x = buffers_.x + at(p.xs) + begin * p.xs.h;
    const PoolKernels& k = *shape_.op->kernels;
    const StripKernels& strips = shape_.op->average    ? k.sum_strip
                                 : shape_.with_indices ? k.max_indices_strip
                                                       : k.max_strip;
    args_.lines = planes;
    args_.x_line = p.xs.c;
    args_.y_row = p.ys.c;
    args_.indices_row = shape_.with_indices ? p.is.c : 0;
    args_.outputs = rows;
    float* const y = buffers_.y + at(p.ys) + row * p.ys.h;
    args_.y = plan_.every == 1 ? y : outputs_;
    args_.y_ahead = plan_.outputs_ahead ? rows * p.ys.h * kFloat : 0;
    PrefetchNext(x, end - begin, count);
    if (shape_.with_indices) args_.indices = buffers_.indices + at(p.is) + row * p.is.h;
    if (plan_.source == StripsPlan::Source::kPacked) {
      taps_[0] = x;
      return strips.packed(args_);
    }
    if (plan_.source == StripsPlan::Source::kPairs) {
      taps_[0] = taps_[1] = x;
      return strips.pairs(args_);
    }
    if (plan_.source != StripsPlan::Source::kPadded) {
      taps_[0] = x + 1 - p.w.before;
      args_.offset = (start - begin) * p.xs.h;
      const bool dense = plan_.source == StripsPlan::Source::kDense;
      return (dense ? strips.dense : strips.neighbours[p.h.stride - 1])(args_);
    }
    plan_.padded.FindTaps(x, scratch_, taps_);
    if (begin > start) plan_.padded.PadRows(pad_, 0, begin - start, scratch_);
    plan_.padded.Fill(x, begin - start, end - begin, scratch_);
    if (end < start + count) {
      plan_.padded.PadRows(pad_, end - start, start + count - end, scratch_);
    }
    strips.Of(args_.rows, args_.columns, p.h.stride)(args_);
    if (plan_.every > 1) KeepWanted(rows, y);
  }

 private:
  void KeepWanted(int64_t rows, float* y) const {
    const PoolShape& p = shape_;
    const int64_t step = plan_.every * plan_.unit, count = plan_.OutputsPitch() / step;
    const auto copy = shape_.op->kernels->copy_pixels;
    if (count * plan_.unit == p.ys.h) return copy(outputs_, step, rows * count, plan_.unit, y);
    for (int64_t r = 0; r < rows; ++r) {
      copy(outputs_ + r * args_.y_step, step, count, plan_.unit, y + r * p.ys.h);
    }
  }

  void FindPositions(int32_t* to) {
    const PoolShape& p = shape_;
    args_.item_positions = to;
    args_.position_step = static_cast<int32_t>(p.w.dilation);
    args_.image_step = p.h.stride;
    args_.image_width = p.w.in;
    for (int64_t o = 0; o < p.w.out; ++o, to += plan_.unit) {
      std::fill_n(to, plan_.unit, static_cast<int32_t>(p.w.Start(o)));
    }
  }

  const uint8_t* FindInner(uint8_t* to) const {
    const int64_t width = shape_.w.out;
    std::fill_n(to, (width + 1) * kInnerBytes, uint8_t{0xFF});
    for (int64_t column = 0; column <= width; ++column) {
      const int64_t first = (width - column) % width;
      if (first >= shape_.op->lanes) continue;
      to[column * kInnerBytes + first / 8] &= static_cast<uint8_t>(~(1u << (first % 8)));
    }
    return to;
  }

  // Spreads over the kernel's work what it will be called for next: as many rows after these.
  void PrefetchNext(const float* x, int64_t rows, int64_t row_steps) {
    const int64_t floats = rows * shape_.xs.h;
    const int64_t steps = row_steps * CeilDiv(args_.items, shape_.op->lanes);
    args_.prefetch = reinterpret_cast<uintptr_t>(x + floats);
    args_.prefetch_step = CeilDiv(floats * kFloat, steps);
  }

  const StripsPlan& plan_;
  const PoolShape& shape_;
  const PoolBuffers& buffers_;
  float* const scratch_;
  float* const outputs_;
  const float pad_;
  const float* taps_[kMaxColumns];
  WindowArgs args_{};
};

const char* Refuse(const PoolShape& shape) {
  if (shape.with_indices) {
    if (const char* reason = RefuseLargePlanes(shape)) return reason;
  }
  if (shape.h.adaptive || shape.w.adaptive) return "the windows differ from each other";
  const WindowAxis &h = shape.h, &w = shape.w;
  if (h.kernel < 2 || h.kernel > 3 || w.kernel > kMaxColumns)
    return "windows are not 2 or 3 rows high";
  if (h.dilation != 1) return "the rows of a window are apart";
  if (h.stride > h.kernel) return "windows leave out rows";
  if (shape.MayHaveEmptyWindow()) return "there may be a window without a pixel";
  const bool follow = shape.ys.w == shape.c && (!shape.with_indices || shape.is.w == shape.c);
  if (!shape.planes() && !(shape.pixels() && follow))
    return "the pixels of a row of y do not follow each other";
  if (!shape.SameDivisors(h) || !shape.SameDivisors(w))
    return "sums are divided by different numbers";
  return nullptr;
}

}  // namespace

void StripsPlan::Run(const PoolBuffers& buffers) const {
  const EvenSplit cut(shape.h.out, rows);
  const EvenSplit shares(planes(), ShareOf(shape, planes(), 1));
  // A task is a few planes; where there are too few, some of their rows.
  const int64_t parts = RowTasks(shape, cut.parts, shares.parts), bytes = ScratchBytes();
  RunTasks(shape.threads, shares.parts * parts, [&](int64_t i, int64_t slot) {
    Blocks blocks(*this, buffers, buffers.Scratch(slot, bytes));
    const int64_t share = i / parts, part = i % parts, end = shares.Begin(share + 1);
    for (int64_t p = shares.Begin(share), count; p < end; p += count) {
      count = together() ? std::min(end, RoundUp(p + 1, shape.c)) - p : 1;
      for (int64_t r = part * cut.parts / parts; r < (part + 1) * cut.parts / parts; ++r) {
        blocks.Run(p, count, cut.Begin(r), cut.Begin(r + 1) - cut.Begin(r));
      }
    }
  });
}

const char* ConsiderStrips(const PoolShape& shape, PoolPlan& plan) {
  return Offer<StripsPlan>(Refuse(shape), shape, plan);
}

}  // namespace windrow::internal
