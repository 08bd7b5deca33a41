#include "lib/pool/separable_plan.h"

#include <algorithm>

#include "lib/base/cache.h"
#include "lib/pool/pixel_row.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kPointer = sizeof(void*) / sizeof(float);
constexpr int64_t kIndex = sizeof(int64_t) / sizeof(float);
constexpr int64_t kMaxVecs = 16;  // of channels: many more crowd the cache

int64_t MostTaps(const WindowAxis& axis) {
  return axis.adaptive ? CeilDiv(axis.in, axis.out) + 1 : std::min(axis.kernel, axis.in);
}

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
  const int64_t lanes = c.op->lanes, budget = Caches().l2 / 4 / kFloat;
  channels = std::min(c.c, kMaxVecs * lanes);
  rows = c.h.out;
  if (c.n * CeilDiv(c.c, channels) < WantedTasks(c)) {
    channels = std::min(channels, RoundUp(ShareOf(c, c.c, c.n), lanes));
    rows = ShareOf(c, c.h.out, c.n * CeilDiv(c.c, channels));
  }
  const auto fits = [&] {
    Place();
    return total <= budget;
  };
  // The rows that a block shares with the next one are reduced for both.
  const int64_t few = c.h.adaptive ? 1 : CeilDiv(2 * c.h.extent(), c.h.stride);
  while (!fits() && rows > few) rows = CeilDiv(rows, 2);
  while (!fits() && channels > lanes) channels = RoundUp(CeilDiv(channels, 2), lanes);
  while (!fits() && rows > 1) rows = CeilDiv(rows, 2);
  if (fits()) return;
  folds = true;
  kept = MostTaps(c.h);
  while (!fits() && kept > 1) kept = CeilDiv(kept, 2);
}

void SeparablePlan::Place() {
  int64_t end = 0;
  const auto place = [&](int64_t floats) {
    const int64_t at = end;
    end += RoundUp(floats, 16);
    return at;
  };
  const WindowAxis& w = call.w;
  if (!folds) kept = RowsSeen(call.h, rows);
  const int64_t slots = folds ? kept + 2 : kept;
  chunk = std::clamp<int64_t>(Caches().l1d / kFloat / (w.in * channels), 1, kept);
  pixels = place(stage_x ? chunk * w.in * channels : 0);
  row_table = place(PixelRow::Floats(w));
  results = place(slots * w.out * channels);
  result_indices = place(call.with_indices ? slots * w.out * channels : 0);
  outputs = place(stage_y ? rows * w.out * channels : 0);
  output_indices = place(stage_indices ? rows * w.out * channels * kIndex : 0);
  taps = place((folds ? kept + 1 : MostTaps(call.h)) * kPointer);
  total = end;
}

}  // namespace windrow::internal
