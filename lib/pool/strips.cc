// Pooling of rows of pixels, which are floats of a plane (NCHW) or all channels (NHWC), with
// windows two or three rows high.
//
//   for each plane or image and block of its output rows (the parallel tasks):
//     unless the kernel can read x where it lies: the input rows it sees are padded and taken apart
//     by the stride, into the L1 cache (padded_rows.h)
//     one call of the strip kernel, which loads each row once
//
// Pixels of few channels would be taken apart one by one. Of windows two pixels wide it costs less
// to let them begin at every pixel and to keep the outputs that are wanted.
//
// Planes whose windows do not overlap follow each other like the rows of one high plane; with
// indices, which begin anew in each plane, only where the kernel knows of planes.
// Other small planes that are read where they lie are done in one call, one after the other.
#include "lib/pool/strips.h"

#include <algorithm>
#include <limits>

#include "lib/base/cache.h"
#include "lib/base/parallel.h"
#include "lib/pool/blocks.h"
#include "lib/pool/cost.h"
#include "lib/pool/strips_plan.h"
#include "lib/simd/cpu_features.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kMaxColumns = 3;  // of a window

// Blocks of one plane after the other, on one thread.
class Blocks {
 public:
  Blocks(const PoolCall& call, const StripsPlan& plan, float* scratch)
      : call_(call),
        plan_(plan),
        scratch_(scratch + plan.positions()),
        outputs_(scratch + plan.floats() - plan.outputs()),
        pad_(call.op->average ? 0 : -std::numeric_limits<float>::infinity()) {
    const WindowAxis& h = plan.planes.h;
    if (!plan.in_place()) plan.padded.Pad(pad_, scratch_);
    if (call.with_indices) {
      args_.indices_step = call_.is.h;
      if (!plan.planes.packed) FindPositions(reinterpret_cast<int32_t*>(scratch));
    }
    args_.taps = taps_;
    args_.rows = h.kernel;
    args_.columns = plan.planes.w.kernel;
    args_.x_row = plan.in_place() ? plan.planes.xs.h : plan.padded.pitch();
    args_.x_step = h.stride * args_.x_row;
    args_.items = plan.planes.w.out * plan.planes.unit;
    args_.y_step = plan.planes.every == 1 ? plan.planes.ys.h : plan.OutputsPitch();
    args_.one = 1;
    args_.last = true;
    args_.image_height = plan.planes.packed ? call.h.in : h.in;
    const WindowAxis& w = plan.planes.w;
    args_.pads_left = w.before > 0;
    args_.pads_right = w.Start(w.out - 1) + w.kernel > w.in;
    if (plan.source == StripsPlan::Source::kDense) {
      args_.scratch = scratch_;
      args_.index_distance = plan.dense();
      args_.inner = FindInner(reinterpret_cast<uint8_t*>(scratch_ + 2 * plan.dense()));
    }
    if (call.op->average) args_.divisor = call.Divisor(call.h.At(0), call.w.At(0));
  }

  // So many rows of outputs of `planes` planes of an image.
  void Run(int64_t plane, int64_t planes, int64_t row, int64_t rows) {
    const StripPlanes& p = plan_.planes;
    const int64_t start = p.h.Start(row), count = p.InputRows(rows);
    const int64_t begin = std::max<int64_t>(start, 0), end = std::min(start + count, p.h.in);
    args_.image_row = p.packed ? start % call_.h.in : start;
    const int64_t image = plane / p.in_each, in_image = plane - image * p.in_each;
    const auto at = [&](const Strides& s) { return image * s.n + in_image * s.c; };
    const float* const x = call_.x + at(p.xs) + begin * p.xs.h;
    const PoolKernels& k = *call_.op->kernels;
    const StripKernels& strips = call_.op->average    ? k.sum_strip
                                 : call_.with_indices ? k.max_indices_strip
                                                      : k.max_strip;
    args_.lines = planes;
    args_.x_line = p.xs.c;
    args_.y_row = p.ys.c;
    args_.indices_row = call_.with_indices ? p.is.c : 0;
    args_.outputs = rows;
    float* const y = call_.y + at(p.ys) + row * p.ys.h;
    args_.y = p.every == 1 ? y : outputs_;
    args_.y_ahead = plan_.outputs_ahead ? rows * p.ys.h * kFloat : 0;
    PrefetchNext(x, end - begin, count);
    if (call_.with_indices) args_.indices = call_.indices + at(p.is) + row * p.is.h;
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
    if (p.every > 1) KeepWanted(rows, y);
  }

 private:
  void KeepWanted(int64_t rows, float* y) const {
    const StripPlanes& p = plan_.planes;
    const int64_t step = p.every * p.unit, count = plan_.OutputsPitch() / step;
    const auto copy = call_.op->kernels->copy_pixels;
    if (count * p.unit == p.ys.h) return copy(outputs_, step, rows * count, p.unit, y);
    for (int64_t r = 0; r < rows; ++r) {
      copy(outputs_ + r * args_.y_step, step, count, p.unit, y + r * p.ys.h);
    }
  }

  void FindPositions(int32_t* to) {
    const StripPlanes& p = plan_.planes;
    args_.item_positions = to;
    args_.position_step = static_cast<int32_t>(p.w.dilation);
    args_.image_step = p.h.stride;
    args_.image_width = p.w.in;
    for (int64_t o = 0; o < p.w.out; ++o, to += p.unit) {
      std::fill_n(to, p.unit, static_cast<int32_t>(p.w.Start(o)));
    }
  }

  const uint8_t* FindInner(uint8_t* to) const {
    const int64_t width = plan_.planes.w.out;
    std::fill_n(to, (width + 1) * kInnerBytes, uint8_t{0xFF});
    for (int64_t column = 0; column <= width; ++column) {
      const int64_t first = (width - column) % width;
      if (first >= call_.op->lanes) continue;
      to[column * kInnerBytes + first / 8] &= static_cast<uint8_t>(~(1u << (first % 8)));
    }
    return to;
  }

  // Spreads over the kernel's work what it will be called for next: as many rows behind these.
  void PrefetchNext(const float* x, int64_t rows, int64_t row_steps) {
    const int64_t floats = rows * plan_.planes.xs.h;
    const int64_t steps = row_steps * CeilDiv(args_.items, call_.op->lanes);
    args_.prefetch = reinterpret_cast<uintptr_t>(x + floats);
    args_.prefetch_step = CeilDiv(floats * kFloat, steps);
  }

  const PoolCall& call_;
  const StripsPlan& plan_;
  float* const scratch_;
  float* const outputs_;
  const float pad_;
  const float* taps_[kMaxColumns];
  WindowArgs args_{};
};

}  // namespace

const char* RefuseStrips(const PoolCall& call) {
  if (call.with_indices) {
    if (const char* reason = RefuseLargePlanes(call)) return reason;
  }
  if (call.h.adaptive || call.w.adaptive) return "the windows differ from each other";
  const WindowAxis &h = call.h, &w = call.w;
  if (h.kernel < 2 || h.kernel > 3 || w.kernel > kMaxColumns)
    return "windows are not 2 or 3 rows high";
  if (h.dilation != 1) return "the rows of a window are apart";
  if (h.stride > h.kernel) return "windows leave out rows";
  if (h.MayHaveEmptyWindow() || w.MayHaveEmptyWindow()) {
    return "there may be a window without a pixel";
  }
  const bool planes = StripPlanes::ArePlanes(call);
  const auto follow = [&](const Strides& s) { return (call.c == 1 || s.c == 1) && s.w == call.c; };
  const bool pixels =
      (call.c == 1 || call.xs.c == 1) && follow(call.ys) && (!call.with_indices || follow(call.is));
  if (!planes && !pixels) return "the pixels of a row of y do not follow each other";
  if (!call.SameDivisors(h) || !call.SameDivisors(w))
    return "sums are divided by different numbers";
  return nullptr;
}

void RunStrips(const PoolCall& call) {
  const StripsPlan plan(call);
  const EvenSplit rows(plan.planes.h.out, plan.rows);
  const EvenSplit shares(plan.planes.count, ShareOf(call, plan.planes.count, 1));
  const bool together = plan.together();
  // A task is a few planes; where there are too few, some of their rows.
  const int64_t parts = RowTasks(call, rows.parts, shares.parts);
  RunTasks(call.threads, shares.parts * parts, [&](int64_t i, int64_t slot) {
    Blocks blocks(call, plan, call.workspace + slot * plan.floats());
    const int64_t share = i / parts, part = i % parts;
    const int64_t end = shares.Begin(share + 1), each = plan.planes.in_each;
    for (int64_t p = shares.Begin(share), count; p < end; p += count) {
      count = together ? std::min(end, RoundUp(p + 1, each)) - p : 1;
      for (int64_t r = part * rows.parts / parts; r < (part + 1) * rows.parts / parts; ++r) {
        blocks.Run(p, count, rows.Begin(r), rows.Begin(r + 1) - rows.Begin(r));
      }
    }
  });
}

int64_t StripsScratch(const PoolCall& call) { return StripsPlan(call).floats(); }

namespace {

// Of rows of planes that are read where they lie.
double EstimateInPlace(const PoolCall& call, const StripsPlan& plan) {
  const StripPlanes& p = plan.planes;
  const auto number = [](int64_t n) { return static_cast<double>(n); };
  const double blocks = number(p.count * CeilDiv(p.h.out, plan.rows));
  if (p.packed) {
    const int64_t vectors = p.count * CeilDiv(p.h.out, call.op->lanes / p.w.out);
    return number(vectors) * (call.with_indices ? 20 : 10) + blocks * 3 * kCallCycles;
  }
  const bool dense = plan.source == StripsPlan::Source::kDense;
  const double items =
      dense ? number(p.w.out) / number(call.op->lanes) : number(CeilDiv(p.w.out, call.op->lanes));
  // Taking pairs apart; of less than a vector, some more.
  const bool narrow = p.w.out < call.op->lanes && p.w.kernel == 3;
  const double apart = p.w.stride == 1 ? 0 : narrow ? 4 : 3;
  const double tap = TapCycles(call) * number(p.w.kernel) + 0.5 + apart;
  const double result = 2 + (call.op->average ? 4 : 0) + (call.with_indices ? 9 : 0);
  const double input_rows = blocks * number(p.InputRows(plan.rows));
  const double rows = input_rows * items * tap + number(p.count * p.h.out) * (items * result + 2) +
                      (plan.together() ? number(p.count) * 20 : 0);
  // Of planes of at most half such a vector two are done at once.
  const bool two =
      plan.together() && p.w.kernel == 3 && call.op->lanes >= 16 && 2 * p.w.out <= call.op->lanes;
  const double calls = plan.together() ? number(call.n) : blocks;
  return rows * (two ? 0.5 : 1) + 3 * calls * kCallCycles;
}

}  // namespace

double EstimateStrips(const PoolCall& call) {
  const StripsPlan plan(call);
  const StripPlanes& p = plan.planes;
  const auto number = [](int64_t n) { return static_cast<double>(n); };
  if (plan.in_place()) return EstimateInPlace(call, plan);
  const double blocks = number(p.count * CeilDiv(p.h.out, plan.rows));
  const double input_rows = blocks * number(p.InputRows(plan.rows));
  const double output_rows = number(p.count * p.h.out);
  const double items = number(CeilDiv(p.w.out * p.unit, call.op->lanes));
  // Less than a vector is copied as a whole one.
  const bool vectors = p.unit >= call.op->lanes || p.w.stride <= (p.unit == 1 ? 2 : 1);
  const double read = number(p.w.out * p.unit * p.w.stride) / number(call.op->lanes);
  const double fill = plan.padded.in_place() ? 0
                      : vectors              ? read * kCopyCycles + 2
                                             : number(p.w.in) * (p.unit == 1 ? 2 : 1) * kCopyCycles;
  const double row = items * (TapCycles(call) * number(p.w.kernel) + 0.5);
  const double keep = p.every > 1 ? number(call.w.out) * kCopyCycles : 0;
  const double cycles =
      input_rows * (fill + row) + output_rows * (items * 2 + 2 + keep) + blocks * 3 * kCallCycles;
  if (p.unit > 2 * call.op->lanes) return 2.8 * cycles;
  // Rows of whole vectors that are copied arrive late where there are many, but on Zen 5.
  const bool many = plan.padded.floats() * static_cast<int64_t>(sizeof(float)) > Caches().l1d / 4;
  const bool late = p.unit >= call.op->lanes && fill > 0 && many && !IsZen5OrLater();
  return cycles * (late ? 2.6 : 1.4);
}

}  // namespace windrow::internal
