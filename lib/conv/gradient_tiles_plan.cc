// What the gradient by weights decides before it starts.
#include <algorithm>
#include <utility>

#include "lib/base/error.h"
#include "lib/conv/band.h"
#include "lib/conv/cost.h"
#include "lib/conv/gradient_operands.h"
#include "lib/conv/gradient_tiles.h"
#include "lib/conv/pixel_tile.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

// Whether the pixels of x fall into so few sets of the L1 cache that they push each other out.
bool SameSets(const GradientShape& s) {
  constexpr int64_t kFew = 1024 / kFloat;  // four sets of the usual 64
  const int64_t step = WrappedProduct(s.w.stride, s.xs.w);
  return step != 0 && step % kFew == 0;
}

// So many pixels that the panel's channels of dy take a little more than the L1 cache: it is better
// to load some of them again than to load and store the chains more often.
int64_t BlockPixels(const ConvOp& op, int64_t width) {
  return std::max<int64_t>(op.machine->l1d * 5 / 4 / kFloat / width, 16);
}

// Whether the taps of a kernel row are to be a tile's rows.
bool TapsAsRows(const GradientShape& s) {
  constexpr int64_t kFewChannels = 4;
  const bool dense = s.w.dilation == 1 && s.w.stride <= s.w.kernel;
  const int64_t channels = s.op->group_in();
  if (channels > 1 && s.xs.c == 1) return false;  // which are rows where they lie
  return dense && channels <= kFewChannels && channels < s.w.kernel;
}

// Whether the kernel is 1x1 and sees pixels alone, whose channels are neighbours in x and in dy, so
// few that writing dw takes its share.
bool CanTurn(const GradientShape& s) {
  return s.h.kernel == 1 && s.w.kernel == 1 && !s.h.padded() && !s.w.padded() && s.xs.c == 1 &&
         s.dys.c == 1 && Chunks(s).count() == 1;
}

// dy in x's place, and those pixels of x that the kernel sees in dy's.
GradientShape Turned(GradientShape s) {
  const auto axis = [](const Axis& a) { return Axis{.in = a.out, .out = a.out}; };
  const Strides& x = s.xs;
  const Strides seen{x.n, x.c, WrappedProduct(x.h, s.h.stride), WrappedProduct(x.w, s.w.stride)};
  s.xs = s.dys;
  s.dys = seen;
  s.h = axis(s.h), s.w = axis(s.w);
  return s;
}

const char* PlanBand(GradientTilesPlan& p, int64_t rows, const OutputBox& block) {
  // As many channels as fit a quarter of the L2 cache, of whole tiles.
  constexpr int64_t kMaxTiles = 8, kMaxBytes = int64_t{8} << 20;
  const ConvOp& op = *p.shape.op;
  const int64_t pixels = CopiedPixels(p.shape, block), channels = p.row_channels;
  const int64_t tiles = op.machine->l2 / 4 / kFloat / SaturatedProduct({pixels, rows});
  p.band_channels =
      p.tap_rows ? 1 : std::min(channels, rows * std::clamp<int64_t>(tiles, 1, kMaxTiles));
  p.band_floats = RoundUp(SaturatedProduct({pixels, PixelPitch(p.band_channels)}), 16);
  return p.band_floats <= (kMaxBytes + 4 * op.machine->l2) / kFloat
             ? nullptr
             : "what a block of outputs sees of so large a kernel does not fit the caches";
}

}  // namespace

const char* ConsiderGradientTiles(const GradientShape& given, GradientPlan& plan) {
  const ConvOp& op = *given.op;
  GradientTilesPlan p{};
  PixelCut cut = CutPixels(op, op.group_in(), op.group_out(), 1, kMaxTileVecs);
  p.shape = given, p.row_channels = op.group_in(), p.lane_channels = op.group_out();
  if (CanTurn(given)) {
    const PixelCut turned = CutPixels(op, op.group_out(), op.group_in(), 1, kMaxTileVecs);
    p.turned = turned.cycles <= cut.cycles;
    if (p.turned) {
      cut = turned;
      p.shape = Turned(given);
      std::swap(p.row_channels, p.lane_channels);
    }
  }
  const GradientShape& shape = p.shape;
  const OutputBox chunk = Chunks(shape).limit();
  const EvenSplit vectors(CeilDiv(p.lane_channels, op.lanes), cut.vecs);
  p.vecs = static_cast<int>(vectors.Begin(1));
  constexpr int64_t kTasksPerThread = 4;
  const int64_t wanted =
      shape.threads == 1 ? 1 : CeilDiv(shape.threads * kTasksPerThread, op.groups);
  // The sums of a task stay in the L2 cache if those of a panel do.
  const int64_t sums = SaturatedProduct({op.group_out(), op.group_in(), p.taps(), kFloat});
  p.panel_parts = std::min(std::max(wanted, CeilDiv(sums, op.machine->l2 / 2)), vectors.parts);
  p.tap_rows = TapsAsRows(shape);
  p.tap_parts = std::min(CeilDiv(wanted, p.panel_parts), p.tap_rows ? shape.h.kernel : p.taps());
  const int64_t width = p.vecs * op.lanes, all = CeilDiv(vectors.parts, p.panel_parts) * width;
  p.block_pixels = BoxCut(chunk, BlockPixels(op, width)).limit().pixels();
  p.stage_x = p.tap_rows || (shape.xs.c != 1 && p.row_channels > 1) ||
              op.mode != PaddingMode::kZeros || SameSets(shape);
  p.stage_dy = shape.dys.c != 1 || shape.dys.w != width || p.lane_channels != width;
  const int64_t unit = p.tap_rows ? shape.w.kernel : 1;
  const int64_t task_taps = CeilDiv(p.taps() / unit, p.tap_parts) * unit;
  const int64_t rows = SaturatedProduct({task_taps, p.row_channels});
  p.sum_floats = RoundUp(SaturatedProduct({SaturatedSum(rows, 1), all}), 16);
  p.dy_floats = p.stage_dy ? RoundUp(p.block_pixels * all, 16) : 0;
  const OutputBox block = BoxCut(chunk, BlockPixels(op, width)).limit();
  if (p.stage_x) {
    if (const char* reason = PlanBand(p, op.tiles->pixels.max_rows[p.vecs], block)) return reason;
  }
  p.cycles =
      kStrategyCycles + cut.cycles * static_cast<double>(SaturatedProduct(
                                         {shape.n, shape.h.out, shape.w.out, p.taps(), op.groups}));
  plan = GradientPlan(p);
  return nullptr;
}

int64_t GradientTilesPlan::ScratchBytes() const {
  const int64_t sums = Chunks(shape).count() == 1 ? sum_floats : SaturatedProduct({2, sum_floats});
  const int64_t floats = SaturatedSum(sums, SaturatedSum(band_floats, dy_floats));
  return RoundUp(SaturatedProduct({floats, kFloat}), int64_t{kAlignment});
}

std::string GradientTilesPlan::Describe() const {
  return StrCat(DescribeTile(*shape.op, shape.op->tiles->pixels.max_rows[vecs], vecs),
                ", reduced over pixels", turned ? ", lanes are input channels" : "",
                tap_rows ? ", taps as rows" : "", stage_x ? ", x copied to pixels" : "",
                stage_dy ? ", dy copied to pixels" : "");
}

}  // namespace windrow::internal
