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

void PlanarRows::UseInPlace(const PlanarArea& area) {
  band_ = nullptr;
  first_column_ = call_.w.Position(area.column, 0);
  for (int64_t kw = 0; kw < call_.w.kernel; ++kw) {
    columns_[static_cast<size_t>(kw)] = kw * call_.w.dilation;
  }
}

void PlanarRows::Copy(const PlanarArea& area, float* band) {
  const Axis& w = call_.w;
  band_ = band;
  phase_ = PhaseFloats(call_, area.column_end - area.column);
  first_row_ = area.row;
  first_column_ = w.Position(area.column, 0);
  for (int64_t kw = 0; kw < w.kernel; ++kw) {
    const int64_t at = kw * w.dilation;
    columns_[static_cast<size_t>(kw)] = at % w.stride * phase_ + at / w.stride;
  }
  const Phases phases = CutPhases(area);
  const int64_t pitch = phase_ * w.stride, first = call_.h.Position(area.row, 0);
  for (int64_t r = 0; r < Covered(call_.h, area.row_end - area.row); ++r) {
    const int64_t ih = call_.h.Source(first + r, call_.op->mode);
    float* const to = band + r * pitch;
    if (ih < 0) {
      std::fill_n(to, pitch, 0.0f);
    } else {
      CopyRow(plane_ + ih * call_.xs.h, phases, to);
    }
  }
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

void PlanarRows::CopyRow(const float* from, const Phases& phases, float* to) const {
  const Axis& w = call_.w;
  for (int64_t p = 0; p < w.stride; ++p, to += phase_) {
    const Phase& phase = phases[static_cast<size_t>(p)];
    const auto pad = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t iw = w.Source(phase.first + i * w.stride, call_.op->mode);
        to[i] = iw < 0 ? 0.0f : from[iw];
      }
    };
    pad(0, phase.inside);
    const float* const inside = from + phase.first;
    if (w.stride == 1) {
      std::copy(inside + phase.inside, inside + phase.after, to + phase.inside);
    } else if (w.stride == 2) {  // known, so that the compiler makes vectors of it
      for (int64_t i = phase.inside; i < phase.after; ++i) to[i] = inside[i * 2];
    } else {
      for (int64_t i = phase.inside; i < phase.after; ++i) to[i] = inside[i * w.stride];
    }
    pad(phase.after, phase.count);
    std::fill(to + phase.count, to + phase_, 0.0f);
  }
}

void PlanarRows::Find(int64_t row, int64_t rows, PlanarArgs& args) {
  const Axis& h = call_.h;
  const int64_t first = h.Position(row, 0);
  for (int64_t r = 0; r < Covered(h, rows); ++r) {
    const float*& to = rows_[static_cast<size_t>(r)];
    if (band_ != nullptr) {
      to = band_ + ((row - first_row_) * h.stride + r) * phase_ * call_.w.stride;
    } else {
      const int64_t ih = h.Source(first + r, call_.op->mode);
      to = ih < 0 ? zeros_ : plane_ + ih * call_.xs.h + first_column_;
    }
  }
  args.rows = rows_.data();
  args.columns = columns_.data();
}

}  // namespace windrow::internal
