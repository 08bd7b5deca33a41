// The outputs are cut into blocks that fit the L2 cache. For each block (the parallel tasks):
//
//   1. its input is copied to a band of padded pixels, unless x can be read where it lies
//   2. direct convolution in place, from the band, into a block of pixels
//   3. the block is copied to y, unless y can be written where it lies
//
// Every layout and padding mode is then only a matter of how a band is filled, and each input is
// copied about once for all the outputs it takes part in.
#include "lib/conv/staged.h"

#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/conv/band.h"
#include "lib/conv/cost.h"
#include "lib/conv/pixels.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

// A group has a band of its own, so that its runs of channels are contiguous; the groups of
// depthwise convolution, whose lanes are channels of many groups, have one in common.
int64_t BandGroups(const ConvOp& op) { return op.depthwise() ? 1 : op.groups; }
int64_t BandChannels(const ConvOp& op) { return op.in_channels / BandGroups(op); }

// Saturated: only the shape of the whole image may be that large, and it is cut.
int64_t BandFloats(const StagedPlan& p, int64_t rows, int64_t columns) {
  if (!p.stage_x) return 0;
  const ConvOp& op = *p.shape.op;
  return SaturatedProduct({BandAxis(p.shape.h, rows).length, BandAxis(p.shape.w, columns).length,
                           PixelPitch(BandChannels(op)), BandGroups(op)});
}

int64_t OutFloats(const StagedPlan& p, int64_t rows, int64_t columns) {
  if (!p.stage_y) return 0;
  return SaturatedProduct({rows, columns, PixelPitch(p.shape.op->out_channels)});
}

// Whether the few channels of a group, read where they lie, would be many short runs.
bool HasShortRuns(const ConvShape& c) {
  constexpr int64_t kShort = 64;  // steps
  return c.op->groups > 1 && !c.op->depthwise() && c.w.kernel > 1 && c.op->group_in() < kShort;
}

bool MustCopy(const ConvShape& c) {
  return (c.xs.c != 1 && c.op->in_channels > 1) || (c.padded() && !c.may_skip_padding());
}

// Whether leaving taps on padding out saves more than edges and corners of their own cost.
bool SkipPays(const ConvShape& c) {
  const Axis::Inside h = c.h.CountInside(), w = c.w.CountInside();
  const double outputs = static_cast<double>(c.h.out) * static_cast<double>(c.w.out);
  const double padding = outputs * static_cast<double>(c.h.kernel * c.w.kernel) -
                         static_cast<double>(h.taps) * static_cast<double>(w.taps);
  const double saved = padding * static_cast<double>(c.op->group_in() * c.weights->panel(0).vecs);
  return saved / 2 > kRectangleCycles * static_cast<double>(h.segments * w.segments - 1);
}

class Blocks {
 public:
  Blocks(const StagedPlan& plan, const ConvBuffers& buffers)
      : plan_(plan), call_(plan_.shape), buffers_(buffers) {}

  // One share of the output channels of a block.
  void Run(int64_t task, float* scratch) const {
    const auto [n, oh, rows, ow, columns] = BlockAt(call_, plan_.blocks, task / plan_.shares);
    const PanelShare share = ShareOf(task % plan_.shares);
    const auto at = [&, n = n, oh = oh, ow = ow](const Strides& s) {
      return n * s.n + oh * s.h + ow * s.w;
    };
    ConvShape sub = call_;
    sub.n = 1;
    sub.threads = 1;
    sub.h.out = rows;
    sub.w.out = columns;
    ConvBuffers in_sub{.x = PlaceInput(sub, n, oh, ow, scratch),
                       .y = buffers_.y + at(call_.ys),
                       .residual = nullptr,
                       .scratch = nullptr};
    if (buffers_.residual != nullptr) in_sub.residual = buffers_.residual + at(call_.rs);
    if (!plan_.stage_y) return RunShare(sub, in_sub, share);
    const PixelBlock pixels{rows, columns, share.channels};
    const int64_t pitch = PixelPitch(call_.op->out_channels);
    float* const y = in_sub.y + share.channel * call_.ys.c;
    in_sub.y = scratch + plan_.band_floats;
    float* const staged = in_sub.y + share.channel;
    sub.ys = {0, 1, columns * pitch, pitch};
    if (in_sub.residual != nullptr) {
      CopyPixels(*call_.op, pixels, in_sub.residual + share.channel * call_.rs.c, call_.rs, staged,
                 sub.ys);
      in_sub.residual = in_sub.y;
      sub.residual = ResidualPlace::kInY;
      sub.rs = sub.ys;
    }
    RunShare(sub, in_sub, share);
    if (plan_.stream) return StreamPixels(pixels, staged, y);
    CopyPixels(*call_.op, pixels, staged, sub.ys, y, call_.ys);
  }

 private:
  // All channels of all groups, or some of one.
  PanelShare ShareOf(int64_t index) const {
    if (plan_.shares > 1) return ShareAt(*call_.weights, 0, index, plan_.shares);
    return {0, call_.weights->panels(), 0, call_.op->out_channels};
  }

  void RunShare(const ConvShape& sub, const ConvBuffers& buffers, const PanelShare& share) const {
    const PixelsPlan plan = PlanPixels(sub, plan_.skip_padding);
    plan_.shares == 1 ? plan.Run(buffers) : plan.RunPanels(buffers, share.first, share.panels);
  }

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
    if (plan_.skip_padding || plan_.reads_zeros) {
      seen = std::clamp<int64_t>(origin, 0, whole.in);
      seen_end = std::clamp<int64_t>(end, seen, whole.in);
    }
    axis.before = seen - origin;
    axis.in = seen_end - seen;
    return DenseRun(seen, axis.in);
  }

  // The sub-shape's input, whose first pixel is returned; copied to the band if need be.
  const float* PlaceInput(ConvShape& sub, int64_t n, int64_t oh, int64_t ow, float* band) const {
    if (!plan_.stage_x) {  // the same input, seen from the block's first output
      sub.h.before = call_.h.before - oh * call_.h.stride;
      sub.w.before = call_.w.before - ow * call_.w.stride;
      return buffers_.x + n * call_.xs.n;
    }
    const BandArea area{n, Seen(call_.h, oh, sub.h), Seen(call_.w, ow, sub.w)};
    const ConvOp& op = *call_.op;
    const int64_t channels = BandChannels(op), pitch = PixelPitch(channels);
    sub.xs = {0, 1, sub.w.in * pitch, pitch};
    sub.x_group = op.depthwise() ? 1 : sub.h.in * sub.xs.h;
    for (int64_t g = 0; g < BandGroups(op); ++g) {
      FillBand(call_, buffers_.x, area, g * channels, channels, band + g * sub.x_group);
    }
    return band;
  }

  // They lie side by side there and here.
  void StreamPixels(const PixelBlock& b, const float* from, float* to) const {
    const int64_t row = b.columns * b.channels;
    call_.op->tiles->stream_rows(from, row, b.rows, row, to, call_.ys.h);
  }

  const StagedPlan& plan_;
  const ConvShape& call_;
  const ConvBuffers& buffers_;
};

// About as many inputs as there are, or as many as all taps see.
int64_t CopiedFloats(const StagedPlan& p) {
  const ConvShape& c = p.shape;
  const auto copied = [](const Axis& axis, int64_t outputs) {
    return BandAxis(axis, outputs).by_taps ? SaturatedProduct({axis.kernel, axis.out}) : axis.in;
  };
  return SaturatedProduct(
      {c.n, c.op->in_channels, copied(c.h, p.blocks.rows), copied(c.w, p.blocks.columns)});
}

// What is left to do when the pixels have been brought into order.
PixelsPlan InOrder(const StagedPlan& p) {
  ConvShape shape = p.shape;
  shape.xs.c = shape.ys.c = shape.rs.c = 1;
  return PlanPixels(shape, p.skip_padding);
}

double Estimate(const StagedPlan& p, const PixelsPlan& in_order) {
  const ConvShape& c = p.shape;
  const auto copy = [&](int64_t floats, bool transposed) {
    // Where copies are most of the work, memory counts, not how long a vector is.
    constexpr double kTransposedFloat = 0.75;
    if (c.op->depthwise() && transposed) return kTransposedFloat * static_cast<double>(floats);
    return CopyCycles(*c.op, floats, transposed);
  };
  double cycles = in_order.cycles;
  if (p.stage_x) cycles += copy(CopiedFloats(p), c.xs.c != 1);
  if (p.stage_y) cycles += copy(OutputFloats(c), true);
  // Where others store past the caches.
  if (p.stage_y && StoresPastCaches(c)) cycles += FarOutputCycles(c);
  return cycles;
}

BlockCut CutInBlocks(const StagedPlan& p, double share) {
  const auto l2 = static_cast<double>(p.shape.op->machine->l2 / kFloat) * share;
  return CutBlocks(p.shape, kMaxTileRows, TasksOf(p.shares), [&](int64_t rows, int64_t columns) {
    return std::max(static_cast<double>(BandFloats(p, rows, columns)) / (l2 / 2),
                    static_cast<double>(OutFloats(p, rows, columns)) / (l2 / 4));
  });
}

}  // namespace

bool CopiesByChoice(const ConvShape& c) {
  // Of a 1x1 kernel a copy is only another place for the same.
  const bool choice = !MustCopy(c) && c.h.kernel * c.w.kernel > 1;
  return choice && (HasShortRuns(c) || c.is(PlanVariant::kSource));
}

std::optional<StagedPlan> PlanStaged(const ConvShape& shape) {
  StagedPlan p{};
  p.shape = shape;
  const ConvShape& c = p.shape;
  const ConvOp& op = *c.op;
  const bool other_source = c.is(PlanVariant::kSource) && CopiesByChoice(c);
  p.stage_x = MustCopy(c) || HasShortRuns(c) != other_source;
  // From blocks of pixels, which lie side by side in y.
  p.stream = StoresPastCaches(c) && c.ys.c == 1 && c.ys.w == op.out_channels &&
             PixelPitch(op.out_channels) == op.out_channels;
  p.stage_y =
      p.stream || (op.out_channels > 1 && !c.OfOutputs([](const Strides& s) { return s.c == 1; }));
  if (!p.stage_x && !p.stage_y) return std::nullopt;
  p.skip_padding = c.may_skip_padding() && (!p.stage_x || SkipPays(c));
  p.shares = InOrder(p).tiles() && !p.stream ? Shares(c) : 1;
  p.blocks = CutInBlocks(p, 1);
  p.varied = other_source;
  if (c.is(PlanVariant::kBlocks)) {
    const BlockCut smaller = CutInBlocks(p, 0.25);
    p.varied = smaller.count(c) != p.blocks.count(c);
    p.blocks = smaller;
  }
  // What is left of the variant is the tile in each block.
  if (!c.is(PlanVariant::kTile)) p.shape.variant = PlanVariant::kBest;
  const auto [rows, columns] = p.blocks;
  p.band_floats = RoundUp(BandFloats(p, rows, columns), 16);  // whole cache lines
  p.out_floats = RoundUp(OutFloats(p, rows, columns), 16);
  const PixelsPlan in_order = InOrder(p);
  p.varied = p.varied || in_order.varied;
  p.needs_vectors = std::holds_alternative<DepthwiseBlocksPlan>(in_order.kernel);
  p.reads_zeros = p.needs_vectors && c.op->mode == PaddingMode::kZeros;
  p.cycles = Estimate(p, in_order);
  return p;
}

int64_t StagedPlan::ScratchBytes() const {
  return SaturatedProduct({SaturatedSum(band_floats, out_floats), kFloat});
}

void StagedPlan::Run(const ConvBuffers& buffers) const {
  // Not in the midst of the tasks, where a lack of memory would leave y written in part.
  Prepare();
  const Blocks each(*this, buffers);
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, blocks.count(shape) * shares,
           [&](int64_t i, int64_t slot) { each.Run(i, buffers.Scratch(slot, bytes)); });
}

std::string StagedPlan::Describe() const {
  return StrCat(InOrder(*this).Describe(), stage_x ? ", x copied to bands of pixels" : "",
                stage_y ? ", y copied from blocks of pixels" : "",
                stream ? " past the caches" : "");
}

}  // namespace windrow::internal
