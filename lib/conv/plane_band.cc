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
  Filler(const ConvCall& call, const BandArea& area, int64_t first, const PlaneBand& band)
      : call_(call), area_(area), first_(first), band_(band) {}

  // One row of the area.
  void FillRow(int64_t row, float* to) const {
    const int64_t ih = call_.h.Source(area_.row + row, call_.op->mode);
    for (int64_t phase = 0; phase < band_.phases; ++phase, to += band_.pitch) {
      if (ih < 0) {
        Zero(to, Columns(phase));
      } else {
        FillPhase(call_.x + area_.n * call_.xs.n + first_ * call_.xs.c + ih * call_.xs.h, phase,
                  to);
      }
    }
  }

 private:
  // That a phase has in the area.
  int64_t Columns(int64_t phase) const {
    return CeilDiv(std::max<int64_t>(area_.columns - phase, 0), band_.phases);
  }

  // The columns inside the input are copied together, those of the padding one by one.
  void FillPhase(const float* from, int64_t phase, float* to) const {
    const int64_t step = band_.phases, in = call_.w.in, columns = Columns(phase);
    const auto column = [&](int64_t i) { return area_.column + phase + i * step; };
    const auto index = [&](int64_t position) {  // the first column there or behind
      return std::clamp<int64_t>(CeilDiv(std::max<int64_t>(position - column(0), 0), step), 0,
                                 columns);
    };
    const int64_t begin = index(0), end = std::max(index(in), begin);
    for (int64_t i = 0; i < columns; ++i) {
      if (i == begin && end > begin) {
        CopyRun(*call_.op, end - begin, band_.channels, from + column(begin) * call_.xs.w, call_.xs,
                step, to + begin, band_.plane());
        i = end - 1;
        continue;
      }
      const int64_t iw = call_.w.Source(column(i), call_.op->mode);
      if (iw < 0) {
        Zero(to + i, 1);
      } else {
        CopyRun(*call_.op, 1, band_.channels, from + iw * call_.xs.w, call_.xs, 1, to + i,
                band_.plane());
      }
    }
  }

  void Zero(float* to, int64_t columns) const {
    for (int64_t c = 0; c < band_.channels; ++c) std::fill_n(to + c * band_.plane(), columns, 0.0f);
  }

  const ConvCall& call_;
  const BandArea& area_;
  int64_t first_;
  const PlaneBand& band_;
};

}  // namespace

void FillPlaneBand(const ConvCall& call, const BandArea& area, int64_t first, const PlaneBand& band,
                   float* to) {
  const Filler filler(call, area, first, band);
  for (int64_t row = 0; row < area.rows; ++row) filler.FillRow(row, to + row * band.row());
  // What whole vectors may read behind the last plane.
  const int64_t end = (band.channels - 1) * band.plane() + area.rows * band.row();
  std::fill(to + end, to + band.floats(call.op->lanes), 0.0f);
}

}  // namespace windrow::internal
