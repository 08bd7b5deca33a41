// The outputs are cut into blocks that fit the L2 cache. For each block (the parallel tasks):
//
//   1. its input is copied to a band of padded pixels, unless x can be read where it lies
//   2. direct convolution in place, from the band, into a block of pixels
//   3. the block is copied to y, unless y can be written where it lies
//
// Every layout and padding mode is then only a matter of how a band is filled, and each input is
// copied about once for all the outputs it takes part in.
#include "lib/conv/direct_staged.h"

#include <algorithm>

#include "lib/base/cache.h"
#include "lib/base/parallel.h"
#include "lib/conv/band.h"
#include "lib/conv/cost.h"
#include "lib/conv/depthwise.h"
#include "lib/conv/direct.h"
#include "lib/conv/direct_plan.h"
#include "lib/conv/rolling.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

// A group has a band of its own, so that its runs of channels are contiguous; the groups of
// depthwise convolution, whose lanes are channels of many groups, have one in common.
int64_t BandGroups(const ConvOp& op) { return op.depthwise() ? 1 : op.groups; }
int64_t BandChannels(const ConvOp& op) { return op.in_channels / BandGroups(op); }

// Saturated: only the shape of the whole image may be that large, and it is cut.
int64_t BandFloats(const StagePlan& p, int64_t rows, int64_t columns) {
  if (!p.stage_x) return 0;
  const ConvOp& op = *p.call.op;
  return SaturatedProduct({BandAxis(p.call.h, rows).length, BandAxis(p.call.w, columns).length,
                           PixelPitch(BandChannels(op)), BandGroups(op)});
}

int64_t OutFloats(const StagePlan& p, int64_t rows, int64_t columns) {
  if (!p.stage_y) return 0;
  return SaturatedProduct({rows, columns, PixelPitch(p.call.op->out_channels)});
}

// Whether the few channels of a group, read where they lie, would be many short runs.
bool HasShortRuns(const ConvCall& c) {
  constexpr int64_t kShort = 64;  // steps
  return c.op->groups > 1 && !c.op->depthwise() && c.w.kernel > 1 && c.op->group_in() < kShort;
}

// Whether leaving taps on padding out saves more than edges and corners of their own cost.
bool SkipPays(const ConvCall& c) {
  const Axis::Inside h = c.h.CountInside(), w = c.w.CountInside();
  const double outputs = static_cast<double>(c.h.out) * static_cast<double>(c.w.out);
  const double padding = outputs * static_cast<double>(c.h.kernel * c.w.kernel) -
                         static_cast<double>(h.taps) * static_cast<double>(w.taps);
  const double saved = padding * static_cast<double>(c.op->group_in() * c.weights->panel(0).vecs);
  return saved / 2 > kRectangleCycles * static_cast<double>(h.segments * w.segments - 1);
}

class Staged {
 public:
  explicit Staged(const StagePlan& plan) : plan_(plan), call_(plan_.call) {}

  void RunBlock(int64_t block, float* scratch) const {
    const auto [n, oh, rows, ow, columns] = BlockAt(call_, plan_.blocks, block);
    ConvCall sub = call_;
    sub.n = 1;
    sub.threads = 1;
    sub.h.out = rows;
    sub.w.out = columns;
    PlaceInput(sub, n, oh, ow, scratch);
    const PixelBlock pixels{rows, columns, call_.op->out_channels};
    float* const y = call_.y + n * call_.ys.n + oh * call_.ys.h + ow * call_.ys.w;
    const float* residual = nullptr;
    if (call_.residual != nullptr) {
      residual = call_.residual + n * call_.rs.n + oh * call_.rs.h + ow * call_.rs.w;
    }
    if (plan_.stage_y) {
      sub.y = scratch + plan_.band_floats;
      const int64_t pitch = PixelPitch(pixels.channels);
      sub.ys = {0, 1, columns * pitch, pitch};
      if (residual != nullptr) {
        CopyPixels(*call_.op, pixels, residual, call_.rs, sub.y, sub.ys);
        sub.residual = sub.y;
        sub.rs = sub.ys;
      }
    } else {
      sub.y = y;
      sub.residual = residual;
    }
    if (Rolls(sub)) {
      RunRolling(sub);
    } else if (!RunDepthwiseBlocks(sub)) {
      RunDirectTasks(PlanDirect(sub));
    }
    if (plan_.stage_y) CopyPixels(*call_.op, pixels, sub.y, sub.ys, y, call_.ys);
  }

 private:
  // The positions that the block's outputs see, from output `first` on, of which `axis` becomes the
  // geometry. Without the padding if it may be skipped.
  BandRuns Seen(const Axis& whole, int64_t first, Axis& axis) const {
    const BandAxis band(whole, axis.out);
    if (band.by_taps) {
      const Axis::Taps all{0, whole.kernel};
      const Axis::Taps taps = plan_.skip_padding ? whole.Visible(first, axis.out) : all;
      axis.stride = band.stride;
      axis.dilation = band.dilation;
      axis.before = taps.begin * axis.out;
      axis.in = (taps.end - taps.begin) * axis.out;
      return TapRuns(whole, first, axis.out, taps, axis.out);
    }
    const int64_t origin = whole.Position(first, 0), end = origin + Covered(whole, axis.out);
    int64_t seen = origin, seen_end = end;
    if (plan_.skip_padding) {
      seen = std::clamp<int64_t>(origin, 0, whole.in);
      seen_end = std::clamp<int64_t>(end, seen, whole.in);
    }
    axis.before = seen - origin;
    axis.in = seen_end - seen;
    return DenseRun(seen, axis.in);
  }

  void PlaceInput(ConvCall& sub, int64_t n, int64_t oh, int64_t ow, float* band) const {
    if (plan_.stage_x) {
      const BandArea area{n, Seen(call_.h, oh, sub.h), Seen(call_.w, ow, sub.w)};
      const ConvOp& op = *call_.op;
      const int64_t channels = BandChannels(op), pitch = PixelPitch(channels);
      sub.x = band;
      sub.xs = {0, 1, sub.w.in * pitch, pitch};
      sub.x_group = op.depthwise() ? 1 : sub.h.in * sub.xs.h;
      for (int64_t g = 0; g < BandGroups(op); ++g) {
        FillBand(call_, area, g * channels, channels, band + g * sub.x_group);
      }
    } else {  // the same input, seen from the block's first output
      sub.x = call_.x + n * call_.xs.n;
      sub.h.before = call_.h.before - oh * call_.h.stride;
      sub.w.before = call_.w.before - ow * call_.w.stride;
    }
  }

  const StagePlan& plan_;
  const ConvCall& call_;
};

}  // namespace

StagePlan PlanStage(const ConvCall& call) {
  StagePlan p{};
  p.call = Flattened(call);
  const ConvCall& c = p.call;
  if (Rolls(c)) return p;
  const bool padded = c.h.padded() || c.w.padded();
  p.stage_x = (c.xs.c != 1 && c.op->in_channels > 1) || (padded && !c.may_skip_padding()) ||
              HasShortRuns(c);
  p.stage_y = c.op->out_channels > 1 && (c.ys.c != 1 || (c.residual != nullptr && c.rs.c != 1));
  p.skip_padding = c.may_skip_padding() && (!p.stage_x || SkipPays(c));
  if (!p.stage_x && !p.stage_y) return p;
  const auto l2 = static_cast<double>(Caches().l2 / kFloat);
  p.blocks = CutBlocks(c, kMaxTileRows, 1, [&](int64_t rows, int64_t columns) {
    return std::max(static_cast<double>(BandFloats(p, rows, columns)) / (l2 / 2),
                    static_cast<double>(OutFloats(p, rows, columns)) / (l2 / 4));
  });
  const auto [rows, columns] = p.blocks;
  p.band_floats = RoundUp(BandFloats(p, rows, columns), 16);  // whole cache lines
  p.out_floats = RoundUp(OutFloats(p, rows, columns), 16);
  return p;
}

void RunStaged(const StagePlan& plan) {
  const Staged staged(plan);
  float* const workspace = plan.call.workspace;
  const int64_t blocks = plan.blocks.count(plan.call);
  RunTasks(plan.call.threads, blocks, [&](int64_t i, int64_t slot) {
    staged.RunBlock(i, workspace + slot * plan.slot_floats());
  });
}

}  // namespace windrow::internal
