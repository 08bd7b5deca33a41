#include <algorithm>

#include "lib/base/error.h"
#include "lib/pool/reduction.h"
#include "lib/pool/strategies.h"

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

ReductionPlan::ReductionPlan(const PoolShape& s, PoolLanesAre lanes, bool first)
    : shape(s),
      cycles(0),
      rows_first(first),
      pixels(lanes == PoolLanesAre::kPixels),
      stage_x(first && (pixels ? s.w.stride > 1 : !s.ArePixels(s.xs))),
      stage_y(first && !pixels && !(s.ArePixels(s.ys) && (!s.with_indices || s.ArePixels(s.is)))),
      runs_across(first && !pixels && Runs(s, s.w)),
      runs_down(first && Runs(s, s.h)),
      cut{s.h.out, s.w.out, pixels ? 1 : s.c, s.h.out, s.w.out},
      chunk(1),
      at{} {
  const int64_t l1d = s.op->machine->l1d, l2 = s.op->machine->l2;
  const bool staged = !pixels && (stage_x || stage_y);
  // Of what is staged less is better, and of running maxima, which wait for nothing else.
  if (staged) {
    cut.channels = std::min<int64_t>(s.c, (runs_down || runs_across ? 2 : 4) * s.op->lanes);
  }
  // Rows between windows are not to be reduced.
  if (rows_first && !s.h.adaptive && s.h.stride > s.h.extent()) cut.rows = 1;
  CutToFit(*this, pixels ? l1d / 2 : staged ? l2 / 4 : l2 / 2, kAny);
  cycles = rows_first ? EstimateRowsFirst() : EstimateWindows();
  if (s.threads > 1) {  // a thread has no more memory than one alone
    CutForThreads(*this);
    Place(chunk);
  }
}

AddedWork ReductionPlan::Added() const {
  // Rows that a block has in common with the one above are not reduced again, but moved.
  constexpr double kMoved = 0.25;
  const int64_t lanes = shape.op->lanes;
  const auto more = [this](const WindowAxis& axis, int64_t outputs) {
    return MoreSeen(outputs, [&](int64_t n) { return rows_first ? axis.MaxInputsSeen(n) : n; });
  };
  // A few vectors of a pixel arrive faster than one; a few of a row are one call.
  const bool few_channels = cut.channels <= 4 * lanes, few_columns = cut.columns <= 4 * lanes;
  const double channels = few_channels ? 4 * kChannelsCut : kChannelsCut;
  return {.channels = cut.channels <= lanes ? kNever : channels,
          .rows = kMoved * more(shape.h, cut.rows),
          .columns = more(shape.w, cut.columns) + (pixels && few_columns ? 1 : 0.01)};
}

int64_t ReductionPlan::RowPixels() const {
  const int64_t seen = shape.w.MaxInputsSeen(cut.columns);
  return pixels ? seen / shape.w.stride + 1 : seen;
}

void ReductionPlan::Place(int64_t max_chunk) {
  if (!rows_first) return;
  Scratch scratch;
  const int64_t seen = shape.h.MaxInputsSeen(cut.rows), lanes = shape.op->lanes;
  const int64_t columns = cut.columns, channels = cut.channels;
  const int64_t row = SaturatedProduct({RowPixels(), channels, pixels ? shape.w.stride : 1});
  // What is staged is read at once.
  const int64_t staged = std::max<int64_t>(shape.op->machine->l1d / 2 / kFloat / row, 1);
  chunk = std::min({seen, stage_x ? staged : seen, max_chunk});
  at.pixels = scratch.Place({stage_x ? chunk : 0, row});
  at.results = scratch.Place({seen, columns, channels});
  at.indices = scratch.Place({shape.with_indices ? seen : 0, columns, channels});
  at.outputs = scratch.Place({stage_y ? cut.rows : 0, columns, channels});
  at.output_indices =
      scratch.Place({stage_y && shape.with_indices ? cut.rows : 0, columns, channels});
  const auto suffixes = [&](bool runs, const WindowAxis& axis) {
    return runs ? SuffixFloats(axis.kernel, axis.in, lanes) : 0;
  };
  at.suffixes =
      scratch.Place({std::max(suffixes(runs_across, shape.w), suffixes(runs_down, shape.h))});
  at.taps = scratch.Place({pixels && stage_x ? shape.w.MaxTaps() : 0, kPointer});
  at.total = scratch.floats();
}

double ReductionPlan::EstimateWindows() const {
  const double outputs = Number(shape.h.out) * Number(shape.w.out);
  const double taps = shape.h.CountTaps() * shape.w.CountTaps();
  // A pixel of a plane is alone, and waits for the one before.
  const double vectors = pixels ? 4 * Number(shape.c) : Number(CeilDiv(shape.c, shape.op->lanes));
  return 1.5 * Number(shape.n) *
         (vectors * (TapCycles(shape) * taps + 2 * outputs) + outputs * kOutputCycles);
}

double ReductionPlan::EstimateRowsFirst() const {
  const double lanes = Number(shape.op->lanes);
  const double row_blocks = Number(CeilDiv(shape.h.out, cut.rows));
  const double column_blocks = Number(CeilDiv(shape.w.out, cut.columns));
  const double chunks = Number(shape.n) * Number(CeilDiv(shape.c, cut.channels));
  // Rows that a block has in common with the one before are not reduced again.
  const double seen_rows = Number(shape.h.MaxInputsSeen(shape.h.out));
  const double all_columns = Number(shape.w.out);
  // Vectors of a pixel, or of a row of pixels as a part of each.
  const double vectors =
      pixels ? column_blocks * Number(CeilDiv(cut.columns, shape.op->lanes)) / all_columns
             : Number(CeilDiv(cut.channels, shape.op->lanes));
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
                                             : kFloatCycles * Number(cut.channels);
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

std::string ReductionPlan::Describe() const {
  return StrCat(rows_first ? "rows, then columns: " : "window by window, ",
                cut.Describe(" outputs of "),
                !stage_x ? ""
                : pixels ? ", x deinterleaved"
                         : ", x copied to pixels",
                stage_y ? ", y copied from pixels" : "", runs_across ? ", running across" : "",
                runs_down ? ", running down" : "");
}

}  // namespace windrow::internal
