#include "lib/pool/separable_plan.h"

#include <algorithm>
#include <initializer_list>

#include "lib/base/cache.h"
#include "lib/pool/pixel_row.h"
#include "lib/pool/scratch.h"

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

SeparablePlan::SeparablePlan(const PoolCall& c) : call(c), folds(false) {
  const auto apart = [&](const Strides& s) { return c.c > 1 && s.c != 1; };
  stage_x = apart(c.xs);
  stage_y = apart(c.ys);
  stage_indices = c.with_indices && apart(c.is);
  channels = std::min(c.c, kMaxVecs * c.op->lanes);
  rows = c.h.out;
  CutForCaches();
  if (c.threads > 1) CutForThreads();
}

void SeparablePlan::CutForCaches() {
  const WindowAxis& h = call.h;
  const int64_t lanes = call.op->lanes, budget = Caches().l2 / 4 / kFloat;
  const auto fits = [&] {
    Place();
    return total <= budget;
  };
  // The rows that a block shares with the next one are reduced for both.
  const int64_t few = h.adaptive ? 1 : CeilDiv(2 * h.extent(), h.stride);
  while (!fits() && rows > few) rows = CeilDiv(rows, 2);
  while (!fits() && channels > lanes) channels = RoundUp(CeilDiv(channels, 2), lanes);
  while (!fits() && rows > 1) rows = CeilDiv(rows, 2);
  if (fits()) return;
  folds = true;
  kept = h.MostTaps();
  while (!fits() && kept > 1) kept = CeilDiv(kept, 2);
}

void SeparablePlan::CutForThreads() {
  if (call.n * blocks().vectors.parts * blocks().rows.parts >= WantedTasks(call)) return;
  channels = std::min(channels, RoundUp(ShareOf(call, call.c, call.n), call.op->lanes));
  rows = std::min(rows, ShareOf(call, call.h.out, call.n * CeilDiv(call.c, channels)));
  Place();
}

// Smaller blocks take no more memory than larger ones.
void SeparablePlan::Place() {
  Scratch scratch;
  const auto place = [&scratch](std::initializer_list<int64_t> factors) {
    return scratch.Place(SaturatedProduct(factors));
  };
  const WindowAxis& w = call.w;
  if (!folds) kept = RowsSeen(call.h, rows);
  const int64_t slots = folds ? kept + kFolded : kept, l1 = Caches().l1d / kFloat;
  const int64_t row = w.in * channels;
  chunk = std::clamp<int64_t>(l1 / row, 1, kept);
  pixels = place({stage_x ? 1 : 0, std::min(std::max(l1, row), SaturatedProduct({kept, row}))});
  row_table = place({PixelRow::Floats(w)});
  results = place({slots, w.out, channels});
  result_indices = place({call.with_indices ? slots : 0, w.out, channels});
  outputs = place({stage_y ? rows : 0, w.out, channels});
  output_indices = place({stage_indices ? rows : 0, w.out, channels, kIndex});
  taps = place({folds ? kept + 1 : call.h.MostTaps(), kPointer});
  total = scratch.floats();
}

}  // namespace windrow::internal
