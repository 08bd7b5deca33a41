#include "lib/conv/plane_band.h"

#include <algorithm>
#include <cstring>

namespace windrow::internal {
namespace {

// So many pixels of every channel, `step` columns apart, to planes.
void CopyRun(const ConvOp& op, int64_t pixels, int64_t channels, const float* from,
             const Strides& fs, int64_t step, float* to, int64_t plane) {
  const ptrdiff_t pixel = fs.w * step;
  if (fs.c == 1 && channels > 1) {
    op.tiles->transpose(from, pixel, pixels, channels, to, plane);
  } else if (pixel == 1) {
    for (int64_t c = 0; c < channels; ++c) {
      std::memcpy(to + c * plane, from + c * fs.c, static_cast<size_t>(pixels) * sizeof(float));
    }
  } else {
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t i = 0; i < pixels; ++i) {
        std::memcpy(to + c * plane + i, from + c * fs.c + i * pixel, sizeof(float));
      }
    }
  }
}

class Filler {
 public:
  Filler(const ConvShape& call, const float* x, const BandArea& area, const PlaneBand& band,
         bool whole_vectors)
      : call_(call), x_(x), area_(area), band_(band), whole_vectors_(whole_vectors) {}

  // One row of the area, at this position.
  void FillRow(int64_t position, float* to) const {
    const int64_t ih = call_.h.Source(position, call_.op->mode);
    for (int64_t run = 0; run < area_.columns.runs; ++run, to += band_.pitch) {
      const int64_t count = area_.columns.Count(run);
      if (whole_vectors_ && count < band_.pitch) Zero(to + count, band_.pitch - count);
      if (ih < 0) {
        Zero(to, count);
      } else {
        FillRun(x_ + area_.n * call_.xs.n + ih * call_.xs.h, run, to);
      }
    }
  }

  void Zero(float* to, int64_t columns) const {
    for (int64_t c = 0; c < band_.channels; ++c) std::fill_n(to + c * band_.plane(), columns, 0.0f);
  }

 private:
  void FillRun(const float* from, int64_t run, float* to) const {
    const BandRuns& columns = area_.columns;
    const auto copy = [&](int64_t i, int64_t pixels, int64_t column, int64_t step) {
      CopyRun(*call_.op, pixels, band_.channels, from + column * call_.xs.w, call_.xs, step, to + i,
              band_.plane());
    };
    const auto padding = [&](int64_t i, int64_t position) {
      const int64_t iw = call_.w.Source(position, call_.op->mode);
      if (iw < 0) {
        for (int64_t c = 0; c < band_.channels; ++c) to[i + c * band_.plane()] = 0.0f;
      } else {
        copy(i, 1, iw, 1);
      }
    };
    VisitRun(columns, run, call_.w.in, padding, [&](int64_t begin, int64_t end) {
      copy(begin, end - begin, columns.Begin(run) + begin * columns.step, columns.step);
    });
  }

  const ConvShape& call_;
  const float* const x_;  // the first channel
  const BandArea& area_;
  const PlaneBand& band_;
  const bool whole_vectors_;
};

BandRuns RowsOf(const Axis& h, const Block& block, const BandAxis& band) {
  if (!band.by_taps) return DenseRun(h.Position(block.row, 0), Covered(h, block.rows));
  return TapRuns(h, block.row, block.rows, {0, h.kernel}, band.dilation);
}

BandRuns ColumnsOf(const Axis& w, const Block& block, const PlaneBand& band) {
  if (band.w.by_taps) return TapRuns(w, block.column, block.columns, {0, w.kernel}, band.pitch);
  const int64_t first = w.Position(block.column, 0), covered = Covered(w, block.columns);
  return {.first = first,
          .limit = first + covered,
          .runs = band.runs,
          .run_step = 1,
          .count = band.pitch,
          .step = w.stride,
          .pitch = band.pitch};
}

}  // namespace

void FillPlaneBand(const ConvShape& call, const float* x, const Block& block, int64_t first,
                   const PlaneBand& band, bool whole_vectors, float* to) {
  const BandArea area{block.n, RowsOf(call.h, block, band.h), ColumnsOf(call.w, block, band)};
  const Filler filler(call, x + first * call.xs.c, area, band, whole_vectors);
  for (int64_t run = 0; run < area.rows.runs; ++run) {
    const int64_t count = area.rows.Count(run);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = run * area.rows.pitch + i;
      filler.FillRow(area.rows.Begin(run) + i * area.rows.step, to + row * band.row());
    }
    // After the last of these rows: the next run, if they are all there are, or the next plane.
    const int64_t end = (run * area.rows.pitch + count) * band.row();
    const bool last = run + 1 == area.rows.runs;
    if (whole_vectors && (count < area.rows.pitch || last)) {
      filler.Zero(to + end, std::min<int64_t>(call.op->lanes, band.plane() - end));
    }
  }
  const int64_t planes = band.channels * band.plane();
  if (whole_vectors) std::fill(to + planes, to + band.floats(call.op->lanes), 0.0f);
}

}  // namespace windrow::internal
