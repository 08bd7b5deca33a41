#include "lib/conv/planar_rows.h"

#include <algorithm>

namespace windrow::internal {
namespace {

// A phase of a row: every stride-th column, as many as `columns` outputs in whole vectors reach. A
// row is a whole number of cache lines, so that all rows of a band are aligned alike.
int64_t PhaseFloats(const ConvShape& call, int64_t columns) {
  return RoundUp(RoundUp(columns, call.op->lanes) + (Covered(call.w, 1) - 1) / call.w.stride, 16);
}

}  // namespace

int64_t PlanarRows::BandFloats(const ConvShape& call, int64_t rows, int64_t columns) {
  return Covered(call.h, rows) * PhaseFloats(call, columns) * call.w.stride;
}

void PlanarRows::UseInPlace(const float* plane, const PlanarArea& area) {
  copied_ = false;
  area_ = {};
  plane_ = plane;
  first_column_ = call_.w.Position(area.column, 0);
  for (int64_t kw = 0; kw < call_.w.kernel; ++kw) {
    columns_[static_cast<size_t>(kw)] = kw * call_.w.dilation;
  }
}

void PlanarRows::Copy(const float* plane, const PlanarArea& area) {
  copied_ = true;
  plane_ = plane;
  if (area != area_) Prepare(area);
  const int64_t pitch = phase_ * call_.w.stride, first = call_.h.Position(area.row, 0);
  const int64_t rows = Covered(call_.h, area.row_end - area.row);
  if (call_.op->mode == PaddingMode::kZeros) {
    const int64_t begin = std::clamp<int64_t>(-first, 0, rows);
    const int64_t end = std::clamp<int64_t>(call_.h.in - first, begin, rows);
    if (end > begin) CopyInside(first + begin, end - begin, band_ + begin * pitch);
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t ih = call_.h.Source(first + r, call_.op->mode);
    CopyRow(plane_ + ih * call_.xs.h, band_ + r * pitch);
  }
}

// All that planes have in common: where taps find their inputs, and the zeros round those.
void PlanarRows::Prepare(const PlanarArea& area) {
  const Axis& w = call_.w;
  area_ = area;
  phase_ = PhaseFloats(call_, area.column_end - area.column);
  first_row_ = area.row;
  first_column_ = w.Position(area.column, 0);
  for (int64_t kw = 0; kw < w.kernel; ++kw) {
    const int64_t at = kw * w.dilation;
    columns_[static_cast<size_t>(kw)] = at % w.stride * phase_ + at / w.stride;
  }
  phases_ = CutPhases(area);
  const int64_t rows = Covered(call_.h, area.row_end - area.row), pitch = phase_ * w.stride;
  std::fill_n(band_, rows * pitch, 0.0f);
  all_rows_ = rows <= std::ssize(rows_);
  if (!all_rows_) return;
  for (int64_t r = 0; r < rows; ++r) rows_[static_cast<size_t>(r)] = band_ + r * pitch;
}

PlanarRows::Phases PlanarRows::CutPhases(const PlanarArea& area) const {
  const Axis& w = call_.w;
  // Positions from first_column_ on that an output reads.
  const int64_t used = Covered(w, area.column_end - area.column);
  Phases phases;
  for (int64_t p = 0; p < w.stride; ++p) {
    const int64_t first = first_column_ + p;
    const auto before = [&](int64_t position) {  // how many of the phase lie before it
      return CeilDiv(std::max<int64_t>(position - first, 0), w.stride);
    };
    const int64_t count = CeilDiv(std::max<int64_t>(used - p, 0), w.stride);
    phases[static_cast<size_t>(p)] = {
        .first = first,
        .inside = std::min(before(0), count),
        .after = std::clamp(before(w.in), std::min(before(0), count), count),
        .count = count};
  }
  return phases;
}

// Rows of the plane, none of them padding; what is padding in a row has its zeros.
void PlanarRows::CopyInside(int64_t row, int64_t rows, float* to) const {
  const int64_t stride = call_.w.stride, pitch = phase_ * stride;
  const float* const from = plane_ + row * call_.xs.h;
  if (stride == 1) {
    const auto& [first, inside, after, count] = phases_[0];
    if (after == inside) return;
    return call_.op->tiles->copy_rows(from + first + inside, call_.xs.h, rows, after - inside,
                                      to + inside, pitch);
  }
  if (stride != 2) {
    for (int64_t r = 0; r < rows; ++r) CopyRow(from + r * call_.xs.h, to + r * pitch);
    return;
  }
  // The phase that has the first column inside is that of the even ones from there on.
  const auto begin = [&](const Phase& p) { return p.first + 2 * p.inside; };
  const bool swapped = begin(phases_[1]) < begin(phases_[0]);
  const Phase &even = phases_[swapped ? 1 : 0], &odd = phases_[swapped ? 0 : 1];
  float* const evens = to + (swapped ? phase_ : 0) + even.inside;
  float* const odds = to + (swapped ? 0 : phase_) + odd.inside;
  const int64_t pairs = std::min(even.after - even.inside, odd.after - odd.inside);
  if (pairs > 0) {
    call_.op->tiles->deinterleave(from + begin(even), call_.xs.h, rows, pairs, evens, odds, pitch);
  }
  for (const bool of_odd : {false, true}) {  // one of them may have one more
    const Phase& p = of_odd ? odd : even;
    for (int64_t i = std::max<int64_t>(pairs, 0); i < p.after - p.inside; ++i) {
      for (int64_t r = 0; r < rows; ++r) {
        (of_odd ? odds : evens)[r * pitch + i] = from[r * call_.xs.h + begin(p) + 2 * i];
      }
    }
  }
}

// One row with its padding, unless that is zeros.
void PlanarRows::CopyRow(const float* from, float* to) const {
  const Axis& w = call_.w;
  for (int64_t p = 0; p < w.stride; ++p, to += phase_) {
    const Phase& phase = phases_[static_cast<size_t>(p)];
    const auto pad = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t iw = w.Source(phase.first + i * w.stride, call_.op->mode);
        if (iw >= 0) to[i] = from[iw];
      }
    };
    pad(0, phase.inside);
    for (int64_t i = phase.inside; i < phase.after; ++i) to[i] = from[phase.first + i * w.stride];
    pad(phase.after, phase.count);
  }
}

void PlanarRows::Find(int64_t row, int64_t rows, PlanarArgs& args) {
  const Axis& h = call_.h;
  args.columns = columns_.data();
  if (copied_ && all_rows_) {
    args.rows = rows_.data() + (row - first_row_) * h.stride;
    return;
  }
  const int64_t first = h.Position(row, 0);
  for (int64_t r = 0; r < Covered(h, rows); ++r) {
    const float*& to = rows_[static_cast<size_t>(r)];
    if (copied_) {
      to = band_ + ((row - first_row_) * h.stride + r) * phase_ * call_.w.stride;
    } else {
      const int64_t ih = h.Source(first + r, call_.op->mode);
      to = ih < 0 ? zeros_ : plane_ + ih * call_.xs.h + first_column_;
    }
  }
  args.rows = rows_.data();
}

}  // namespace windrow::internal
