#include <algorithm>
#include <initializer_list>

#include "lib/base/error.h"
#include "lib/pool/cost.h"
#include "lib/pool/separable.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kPointer = sizeof(void*) / sizeof(float);

// Windows along an axis whose maxima are running ones.
bool Runs(const PoolShape& shape, const WindowAxis& axis) {
  return !shape.op->average && !axis.adaptive && axis.dilation == 1 && axis.stride == 1 &&
         axis.kernel >= (shape.with_indices ? 4 : 7);
}

}  // namespace

bool PrefersSeparable(const PoolShape& shape) {
  const WindowAxis &h = shape.h, &w = shape.w;
  if (h.MaxTaps() == 1 || w.adaptive) return false;
  // As many pixels at a time as a large window has arrive slowly.
  const double taps = Number(h.MaxTaps()) * Number(w.MaxTaps());
  const double step = h.adaptive ? taps : Number(h.stride);
  return taps >= 25 || taps >= 2 * (Number(w.kernel) * step + Number(h.kernel) + 2);
}

int64_t SeparablePlan::Seen(const WindowAxis& axis, int64_t outputs) {
  if (axis.adaptive) return std::min(axis.in, CeilDiv(outputs * axis.in, axis.out) + 1);
  return std::min(axis.in, (outputs - 1) * axis.stride + axis.extent());
}

SeparablePlan::SeparablePlan(const PoolShape& s, PoolLanesAre lanes)
    : shape(s),
      cycles(0),
      pixels(lanes == PoolLanesAre::kPixels),
      stage_x(pixels ? s.w.stride > 1 : !s.ArePixels(s.xs)),
      stage_y(!pixels && !(s.ArePixels(s.ys) && (!s.with_indices || s.ArePixels(s.is)))),
      runs_across(!pixels && Runs(s, s.w)),
      runs_down(Runs(s, s.h)),
      channels(pixels ? 1 : s.c),
      rows(s.h.out),
      columns(s.w.out),
      chunk(1),
      at{} {
  // Rows between windows are not to be reduced.
  if (!s.h.adaptive && s.h.stride > s.h.extent()) rows = 1;
  Cut();
  cycles = Estimate();
  if (s.threads > 1) CutForThreads();
}

// Rows are cut first, as long as few of a block's are its neighbours', too. Channels have nothing
// in common, but a few vectors of a pixel arrive faster than one. Of what is staged less is better,
// and of running maxima, which wait for nothing else.
void SeparablePlan::Cut() {
  const int64_t lanes = shape.op->lanes, l2 = shape.op->machine->l2 / kFloat;
  const int64_t few_rows = CeilDiv(shape.h.MaxExtent(), shape.h.stride) + 1;
  const int64_t few_columns = pixels ? 4 * lanes : CeilDiv(shape.w.MaxExtent(), shape.w.stride);
  const bool staged = stage_x || stage_y, runs = runs_down || runs_across;
  if (staged && !pixels) channels = std::min(channels, (runs ? 2 : 4) * lanes);
  const int64_t budget = pixels ? shape.op->machine->l1d / 2 / kFloat : staged ? l2 / 4 : l2 / 2;
  const auto halve = [&](int64_t& extent, int64_t least, int64_t step) {
    Place();
    while (at.total > budget && extent > least) {
      extent = std::max(RoundUp(CeilDiv(extent, 2), step), least);
      Place();
    }
  };
  const auto halve_channels = [&](int64_t least) {
    if (!pixels) halve(channels, std::min(channels, least), lanes);
  };
  halve(rows, std::min(rows, few_rows), 1);
  halve_channels(4 * lanes);
  halve(columns, std::min(columns, few_columns), 1);
  halve_channels(lanes);
  halve(columns, 1, 1);
  halve(rows, 1, 1);
}

// As many tasks as are wanted. Smaller blocks take no more memory.
void SeparablePlan::CutForThreads() {
  const int64_t wanted = WantedTasks(shape), lanes = shape.op->lanes;
  const auto tasks = [this] {
    return SaturatedProduct({shape.n, CeilDiv(shape.c, channels), CeilDiv(shape.h.out, rows),
                             CeilDiv(shape.w.out, columns)});
  };
  while (!pixels && channels > 2 * lanes && tasks() < wanted) {
    channels = RoundUp(CeilDiv(channels, 2), lanes);
  }
  while (rows > 4 && tasks() < wanted) rows = CeilDiv(rows, 2);
  while (rows > 1 && tasks() < shape.threads) rows = CeilDiv(rows, 2);
  Place(chunk);
}

int64_t SeparablePlan::RowPixels() const {
  return pixels ? SeenColumns() / shape.w.stride + 1 : SeenColumns();
}

void SeparablePlan::Place(int64_t max_chunk) {
  Scratch scratch;
  const auto place = [&scratch](std::initializer_list<int64_t> factors) {
    return scratch.Place(SaturatedProduct(factors));
  };
  const int64_t seen = SeenRows(rows), lanes = shape.op->lanes;
  const int64_t row = SaturatedProduct({RowPixels(), channels, pixels ? shape.w.stride : 1});
  // What is staged is read at once. On more threads as many rows, of fewer channels.
  const int64_t staged = std::max<int64_t>(shape.op->machine->l1d / 2 / kFloat / row, 1);
  chunk = std::min({seen, stage_x ? staged : seen, max_chunk});
  at.pixels = place({stage_x ? chunk : 0, row});
  at.results = place({seen, columns, channels});
  at.indices = place({shape.with_indices ? seen : 0, columns, channels});
  at.outputs = place({stage_y ? rows : 0, columns, channels});
  at.output_indices = place({stage_y && shape.with_indices ? rows : 0, columns, channels});
  const auto suffixes = [&](bool runs, const WindowAxis& axis) {
    return runs ? SuffixFloats(axis.kernel, axis.in, lanes) : 0;
  };
  at.suffixes = place({std::max(suffixes(runs_across, shape.w), suffixes(runs_down, shape.h))});
  at.taps = place({pixels && stage_x ? shape.w.MaxTaps() : 0, kPointer});
  at.total = scratch.floats();
}

double SeparablePlan::Estimate() const {
  const double lanes = Number(shape.op->lanes);
  const double row_blocks = Number(CeilDiv(shape.h.out, rows));
  const double column_blocks = Number(CeilDiv(shape.w.out, columns));
  const double chunks = Number(shape.n) * Number(CeilDiv(shape.c, channels));
  // Rows that a block has in common with the one before are not reduced again.
  const double seen_rows = Number(std::min(shape.h.in, SeenRows(shape.h.out)));
  const double all_columns = Number(shape.w.out);
  // Vectors of a pixel, or of a row of pixels as a part of each.
  const double vectors =
      pixels ? column_blocks * Number(CeilDiv(columns, shape.op->lanes)) / Number(shape.w.out)
             : Number(CeilDiv(channels, shape.op->lanes));
  const double running = shape.with_indices ? 12 : 6;
  const auto pass = [&](bool runs, double taps) {
    return runs ? running : TapCycles(shape) * taps + 2;
  };
  const double width = shape.w.CountTaps() / all_columns;
  const double height = shape.h.CountTaps() / Number(shape.h.out);
  double each =
      vectors * all_columns *
      (seen_rows * pass(runs_across, width) + Number(shape.h.out) * pass(runs_down, height));
  // Calls: of rows, one for each output at an edge, all of which are a pixel or a few.
  const WindowAxis::Range inside = shape.w.Inside();
  const double edges = all_columns - Number(inside.end - inside.begin);
  const double row_calls = row_blocks * (runs_across ? 1 : column_blocks + edges);
  each += (row_calls + 2 * row_blocks * column_blocks) * kCallCycles;
  each += edges * seen_rows * kOutputCycles;
  if (!pixels && !runs_across) each += seen_rows * all_columns * kOutputCycles / 2;
  const auto copy = [&](const Strides& s, int64_t of_width) {
    return PoolShape::ArePlanes(s, of_width) ? kTransposeCycles * vectors
                                             : kFloatCycles * Number(channels);
  };
  if (stage_x) {
    each += seen_rows * Number(shape.w.in) *
            (pixels ? 2 * kCopyCycles / lanes : 1.5 * copy(shape.xs, shape.w.in));
  }
  const double outputs = all_columns * Number(shape.h.out);
  if (stage_y) each += outputs * copy(shape.ys, shape.w.out);
  if (stage_y && shape.with_indices) each += 2.5 * outputs * copy(shape.is, shape.w.out);
  return 1.5 * chunks * each;
}

std::string SeparablePlan::Describe() const {
  return StrCat("rows, then columns: ", DescribeBlock(rows, columns, channels),
                !stage_x ? ""
                : pixels ? ", x deinterleaved"
                         : ", x copied to pixels",
                stage_y ? ", y copied from pixels" : "", runs_across ? ", running across" : "",
                runs_down ? ", running down" : "");
}

}  // namespace windrow::internal
