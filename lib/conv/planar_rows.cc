#include "lib/conv/planar_rows.h"

#include <algorithm>

namespace windrow::internal {
namespace {

// A phase of a row: every stride-th column. A row is a whole number of cache lines, so that all
// rows of a band are aligned alike. What is left of the first pixel lies at the end of the row
// above, where phases may need one more of it than they have on the right.
int64_t PhaseFloats(const ConvShape& call, int64_t columns) {
  const int64_t stride = call.w.stride;
  return RoundUp(CeilDiv(Covered(call.w, columns), stride) + (stride > 1 ? 1 : 0), 16);
}

// The floats before a band's row of zeros, and after its last row, of which kernels read as much.
int64_t Front(int64_t phase) { return phase; }
int64_t Rest(const ConvShape& call) { return RoundUp(call.op->lanes, 16); }

}  // namespace

int64_t PlanarRows::BandFloats(const ConvShape& call, int64_t planes, int64_t rows,
                               int64_t columns) {
  const int64_t covered = Covered(call.h, rows), phase = PhaseFloats(call, columns);
  const bool zeros = call.op->mode == PaddingMode::kZeros;
  const int64_t copied = planes * (zeros ? std::min(covered, call.h.in) : covered);
  return Front(phase) + (1 + copied) * phase * call.w.stride + Rest(call);
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

void PlanarRows::Copy(const float* plane, const PlanarArea& area, int64_t planes) {
  copied_ = true;
  if (area != area_) Prepare(area);
  const int64_t pitch = phase_ * call_.w.stride, rows = inside_end_ - inside_;
  float* to = band_ + first_copied_;
  if (call_.op->mode == PaddingMode::kZeros) {
    const float* const from = plane + (first_input_ + inside_) * call_.xs.h;
    if (rows * call_.xs.h == call_.xs.c) return CopyInside(from, planes * rows, to);
    for (int64_t i = 0; i < planes; ++i) {
      CopyInside(from + i * call_.xs.c, rows, to + i * rows * pitch);
    }
    return;
  }
  for (int64_t i = 0; i < planes; ++i, plane += call_.xs.c) {
    for (int64_t r = 0; r < rows; ++r, to += pitch) {
      CopyRow(plane + call_.h.Source(first_input_ + r, call_.op->mode) * call_.xs.h, to);
    }
  }
}

// All that planes have in common: where taps find their inputs, and the zeros round those.
void PlanarRows::Prepare(const PlanarArea& area) {
  const Axis& w = call_.w;
  area_ = area;
  phase_ = PhaseFloats(call_, area.column_end - area.column);
  first_row_ = area.row;
  first_input_ = call_.h.Position(area.row, 0);
  first_column_ = w.Position(area.column, 0);
  phases_ = CutPhases(area);
  for (int64_t kw = 0; kw < w.kernel; ++kw) {
    const int64_t at = kw * w.dilation, phase = at % w.stride;
    columns_[static_cast<size_t>(kw)] =
        phase * phase_ - phases_[static_cast<size_t>(phase)].inside + at / w.stride;
  }
  // Rows of zeros are one row, and not copied.
  rows_of_plane_ = Covered(call_.h, area.row_end - area.row);
  const bool zeros = call_.op->mode == PaddingMode::kZeros;
  inside_ = zeros ? std::clamp<int64_t>(-first_input_, 0, rows_of_plane_) : 0;
  inside_end_ = zeros ? std::clamp<int64_t>(call_.h.in - first_input_, inside_, rows_of_plane_)
                      : rows_of_plane_;
  const int64_t pitch = phase_ * w.stride;
  first_copied_ = Front(phase_) + pitch;
  const int64_t floats = first_copied_ + planes_ * (inside_end_ - inside_) * pitch + Rest(call_);
  const bool same_columns = area.column == padded_.column && area.column_end == padded_.column_end;
  if (!same_columns || floats > zeroed_) {
    std::fill_n(band_, floats, 0.0f);
    padded_ = area;
    zeroed_ = floats;
  }
  all_rows_ = planes_ * rows_of_plane_ <= kMaxRows;
  if (!all_rows_) return;
  for (int64_t plane = 0, i = 0; plane < planes_; ++plane) {
    for (int64_t r = 0; r < rows_of_plane_; ++r, ++i) rows_[static_cast<size_t>(i)] = At(plane, r);
  }
}

// Row r of those that the outputs of a copied plane see.
const float* PlanarRows::At(int64_t plane, int64_t r) const {
  const int64_t pitch = phase_ * call_.w.stride;
  if (r < inside_ || r >= inside_end_) return band_ + first_copied_ - pitch;
  return band_ + first_copied_ + (plane * (inside_end_ - inside_) + r - inside_) * pitch;
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

// Rows of a plane, none of them padding; what is padding in a row has its zeros.
void PlanarRows::CopyInside(const float* from, int64_t rows, float* to) const {
  const int64_t stride = call_.w.stride, pitch = phase_ * stride;
  if (stride == 1) {
    const auto& [first, inside, after, count] = phases_[0];
    if (after == inside || rows == 0) return;
    return call_.op->tiles->copy_rows(from + first + inside, call_.xs.h, rows, after - inside, to,
                                      pitch);
  }
  if (stride != 2) {
    for (int64_t r = 0; r < rows; ++r) CopyRow(from + r * call_.xs.h, to + r * pitch);
    return;
  }
  // The phase that has the first column inside is that of the even ones from there on.
  const auto begin = [&](const Phase& p) { return p.first + 2 * p.inside; };
  const bool swapped = begin(phases_[1]) < begin(phases_[0]);
  const Phase &even = phases_[swapped ? 1 : 0], &odd = phases_[swapped ? 0 : 1];
  float* const evens = to + (swapped ? phase_ : 0);
  float* const odds = to + (swapped ? 0 : phase_);
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
        if (iw >= 0) to[i - phase.inside] = from[iw];
      }
    };
    pad(0, phase.inside);
    for (int64_t i = phase.inside; i < phase.after; ++i) {
      to[i - phase.inside] = from[phase.first + i * w.stride];
    }
    pad(phase.after, phase.count);
  }
}

void PlanarRows::Find(int64_t plane, int64_t row, int64_t rows, PlanarArgs& args) {
  const Axis& h = call_.h;
  args.columns = columns_.data();
  args.planes.rows = rows_of_plane_;
  if (copied_ && all_rows_) {
    args.rows = rows_.data() + plane * rows_of_plane_ + (row - first_row_) * h.stride;
    return;
  }
  const int64_t first = h.Position(row, 0);
  for (int64_t r = 0; r < Covered(h, rows); ++r) {
    const float*& to = rows_[static_cast<size_t>(r)];
    if (copied_) {
      to = At(plane, first - first_input_ + r);
    } else {
      const int64_t ih = h.Source(first + r, call_.op->mode);
      to = ih < 0 ? zeros_ : plane_ + ih * call_.xs.h + first_column_;
    }
  }
  args.rows = rows_.data();
}

}  // namespace windrow::internal
