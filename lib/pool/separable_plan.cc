#include "lib/pool/separable_plan.h"

#include <algorithm>
#include <initializer_list>

#include "lib/base/error.h"
#include "lib/pool/cost.h"
#include "lib/pool/pixel_row.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kPointer = sizeof(void*) / sizeof(float);
constexpr int64_t kIndex = sizeof(int64_t) / sizeof(float);
constexpr int64_t kMaxVecs = 16;  // of channels: many more crowd the cache

int64_t RowsSeen(const WindowAxis& h, int64_t rows) {
  if (h.adaptive) return std::min(h.in, CeilDiv(rows * h.in, h.out) + 1);
  return std::min(h.in, (rows - 1) * h.stride + h.extent());
}

}  // namespace

SeparablePlan::SeparablePlan(const PoolShape& c) : shape(c), folds(false) {
  stage_x = !c.ArePixels(c.xs);
  stage_y = !c.ArePixels(c.ys);
  stage_indices = c.with_indices && !c.ArePixels(c.is);
  channels = std::min(c.c, kMaxVecs * c.op->lanes);
  rows = c.h.out;
  CutForCaches();
  cycles = Estimate();
  if (c.threads > 1) CutForThreads();
}

void SeparablePlan::CutForCaches() {
  const WindowAxis& h = shape.h;
  const int64_t lanes = shape.op->lanes, budget = shape.op->machine->l2 / 4 / kFloat;
  const auto fits = [&] {
    Place();
    return at.total <= budget;
  };
  // The rows that a block shares with the next one are reduced for both.
  const int64_t few = h.adaptive ? 1 : CeilDiv(2 * h.extent(), h.stride);
  while (!fits() && rows > few) rows = CeilDiv(rows, 2);
  while (!fits() && channels > lanes) channels = RoundUp(CeilDiv(channels, 2), lanes);
  while (!fits() && rows > 1) rows = CeilDiv(rows, 2);
  if (fits()) return;
  folds = true;
  kept = h.MaxTaps();
  while (!fits() && kept > 1) kept = CeilDiv(kept, 2);
}

void SeparablePlan::CutForThreads() {
  if (shape.n * blocks().vectors.parts * blocks().rows.parts >= WantedTasks(shape)) return;
  channels = std::min(channels, RoundUp(ShareOf(shape, shape.c, shape.n), shape.op->lanes));
  rows = std::min(rows, ShareOf(shape, shape.h.out, shape.n * CeilDiv(shape.c, channels)));
  Place();
}

// Smaller blocks take no more memory than larger ones.
void SeparablePlan::Place() {
  Scratch scratch;
  const auto place = [&scratch](std::initializer_list<int64_t> factors) {
    return scratch.Place(SaturatedProduct(factors));
  };
  const WindowAxis& w = shape.w;
  if (!folds) kept = RowsSeen(shape.h, rows);
  const int64_t slots = folds ? kept + kFolded : kept, l1 = shape.op->machine->l1d / kFloat;
  const int64_t row = w.in * channels;
  chunk = std::clamp<int64_t>(l1 / row, 1, kept);
  at.pixels = place({stage_x ? 1 : 0, std::min(std::max(l1, row), SaturatedProduct({kept, row}))});
  at.row_table = place({PixelRow::Floats(w)});
  at.results = place({slots, w.out, channels});
  at.result_indices = place({shape.with_indices ? slots : 0, w.out, channels});
  at.outputs = place({stage_y ? rows : 0, w.out, channels});
  at.output_indices = place({stage_indices ? rows : 0, w.out, channels, kIndex});
  at.taps = place({folds ? kept + 1 : shape.h.MaxTaps(), kPointer});
  at.total = scratch.floats();
}

// The input rows of all blocks of an image.
double SeparablePlan::SeenRows() const {
  if (folds) return shape.h.CountTaps();
  return static_cast<double>(CeilDiv(shape.h.out, rows)) * static_cast<double>(kept);
}

double SeparablePlan::Estimate() const {
  const double vectors = Number(CeilDiv(shape.c, shape.op->lanes));
  const double images = Number(shape.n);
  const double seen = SeenRows();
  const double all_rows = seen * (TapCycles(shape) * shape.w.CountTaps() + 2 * Number(shape.w.out));
  const double all_columns =
      Number(shape.w.out) * (TapCycles(shape) * shape.h.CountTaps() + 2 * Number(shape.h.out));
  const WindowAxis::Range inside = shape.w.Inside();
  const double calls = 1 + Number(shape.w.out - (inside.end - inside.begin));
  const double chunks = images * Number(blocks().vectors.parts);
  double all = images * vectors * (all_rows + all_columns) +
               chunks * (seen * calls + Number(shape.h.out)) * kCallCycles +
               chunks * seen * Number(shape.w.out) * kOutputCycles;
  // A vector of channels; float by float where neither they nor pixels are neighbours.
  const auto copy = [&](const Strides& s, int64_t width, double transpose) {
    if (PoolShape::ArePlanes(s, width)) return transpose;
    return Number(std::min<int64_t>(shape.c, shape.op->lanes)) * kFloatCycles;
  };
  if (stage_x) {
    all += images * vectors * seen * Number(shape.w.in) *
           copy(shape.xs, shape.w.in, 2 * kTransposeCycles);
  }
  if (stage_y) {
    all += images * vectors * Number(shape.h.out) * Number(shape.w.out) *
           copy(shape.ys, shape.w.out, kTransposeCycles);
  }
  return 1.55 * KeptCycles(shape) * all;
}

std::string SeparablePlan::Describe() const {
  return StrCat(DescribeBlock(rows, shape.w.out, channels), stage_x ? ", x copied to pixels" : "",
                stage_y ? ", y copied from pixels" : "", folds ? ", results folded" : "");
}

}  // namespace windrow::internal
