#include "lib/pool/padded_rows.h"

#include <algorithm>
#include <cstring>

namespace windrow::internal {
namespace {

constexpr int64_t kLine = 16;  // floats

}  // namespace

PaddedRows::PaddedRows(const PoolKernels& kernels, const WindowAxis& w, int64_t rows,
                       const Source& x)
    : w_(w), kernels_(&kernels), x_(x) {
  const int64_t pixels = w.out + (w.extent() - 1) / w.stride;
  const int64_t row = SaturatedProduct({pixels, x.unit});
  const int64_t last = (w.out - 1) * w.stride - w.before + w.extent();  // past what is seen
  in_place_ = !x.copy && w.stride == 1 && w.before <= 0 && last <= w.in && x.pixel == x.unit &&
              x.row >= row && x.row <= std::min(w.in * x.unit, SaturatedSum(row, kMaxGap));
  // Where x is all that is seen, its rows are deinterleaved as one.
  const bool follow = !x.loose || SaturatedProduct({row, w.stride}) == x.row;
  pitch_ = in_place_ ? x.row : follow ? row : RoundUp(row, kLine);
  phase_ = RoundUp(SaturatedProduct({rows, pitch_}), 16);
  x_end_ = std::min(w.in, SaturatedProduct({pixels, w.stride}) - w.before);
}

void PaddedRows::Pad(float value, float* scratch) const {
  if (!in_place_) std::fill_n(scratch, floats(), value);
}

void PaddedRows::PadRows(float value, int64_t first, int64_t rows, float* scratch) const {
  for (int64_t p = 0; p < w_.stride; ++p) {
    std::fill_n(scratch + p * phase_ + first * pitch_, rows * pitch_, value);
  }
}

void PaddedRows::CopyEvery(const float* x, int64_t rows, int64_t from, int64_t step, int64_t count,
                           float* to) const {
  if (count <= 0) return;
  x += from * x_.pixel;
  if (step * count * x_.pixel == x_.row && count * x_.unit == pitch_) {  // all rows as one
    count *= rows;
    rows = 1;
  }
  if (step == 1 && x_.pixel == x_.unit) {
    return kernels_->copy_rows(x, x_.row, rows, count * x_.unit, to, pitch_);
  }
  if (x_.pixel > x_.unit) {  // what lies between is not to be touched
    for (int64_t r = 0; r < rows; ++r) {
      kernels_->copy_rows(x + r * x_.row, step * x_.pixel, count, x_.unit, to + r * pitch_,
                          x_.unit);
    }
    return;
  }
  if (count == 1 && x_.unit == 1) {
    for (int64_t r = 0; r < rows; ++r) std::memcpy(to + r * pitch_, x + r * x_.row, sizeof(float));
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    kernels_->copy_pixels(x + r * x_.row, step * x_.pixel, count, x_.unit, to + r * pitch_);
  }
}

void PaddedRows::Fill(const float* x, int64_t first_row, int64_t rows, float* scratch) const {
  if (in_place_ || rows <= 0) return;
  scratch += first_row * pitch_;
  const int64_t s = w_.stride, begin = std::max<int64_t>(-w_.before, 0);
  const auto place = [&](int64_t position) {
    const int64_t at = position + w_.before;
    return scratch + at % s * phase_ + at / s * x_.unit;
  };
  if (s == 2 && x_.unit == 1 &&
      x_.pixel == 1) {  // in vectors, but for a first or last pixel on its own
    const int64_t first = begin + (begin + w_.before) % 2, pairs = (x_end_ - first) / 2;
    if (first > begin) CopyEvery(x, rows, begin, s, x_end_ > begin ? 1 : 0, place(begin));
    if (2 * pairs == x_.row && pairs == pitch_) {  // all rows as one
      kernels_->deinterleave(x + first, x_.row, 1, rows * pairs, place(first), place(first + 1),
                             pitch_);
    } else if (pairs > 0) {
      kernels_->deinterleave(x + first, x_.row, rows, pairs, place(first), place(first + 1),
                             pitch_);
    }
    const int64_t last = first + 2 * std::max<int64_t>(pairs, 0);
    return CopyEvery(x, rows, last, s, last < x_end_ ? 1 : 0, place(last));
  }
  for (int64_t from = begin; from < std::min(begin + s, x_end_); ++from) {
    CopyEvery(x, rows, from, s, CeilDiv(x_end_ - from, s), place(from));
  }
}

void PaddedRows::FindTaps(const float* x, const float* scratch, const float** taps) const {
  for (int64_t t = 0; t < w_.kernel; ++t) {
    const int64_t at = t * w_.dilation;
    taps[t] = in_place_ ? x + (at - w_.before) * x_.unit
                        : scratch + at % w_.stride * phase_ + at / w_.stride * x_.unit;
  }
}

}  // namespace windrow::internal
