#include "lib/pool/padded_rows.h"

#include <algorithm>
#include <cstring>

#include "lib/base/math.h"

namespace windrow::internal {
namespace {

constexpr int64_t kLine = 16;  // floats

}  // namespace

PaddedRows::PaddedRows(const PoolKernels& kernels, const WindowAxis& w, int64_t rows, int64_t unit,
                       int64_t x_row, int64_t x_pixel, bool loose, bool copy)
    : w_(w), kernels_(kernels), unit_(unit), x_row_(x_row), x_pixel_(x_pixel) {
  const int64_t pixels = w.out + (w.extent() - 1) / w.stride;
  const int64_t last = (w.out - 1) * w.stride - w.before + w.extent();  // behind what is seen
  in_place_ = !copy && w.stride == 1 && w.before <= 0 && last <= w.in && x_pixel == unit &&
              x_row <= pixels * unit + kMaxGap;
  // Where x is all that is seen, its rows are taken apart as one.
  const bool follow = !loose || pixels * w.stride * unit == x_row;
  pitch_ = in_place_ ? x_row : follow ? pixels * unit : RoundUp(pixels * unit, kLine);
  phase_ = RoundUp(rows * pitch_, 16);
  x_end_ = std::min(w.in, pixels * w.stride - w.before);
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
  x += from * x_pixel_;
  if (step * count * x_pixel_ == x_row_ && count * unit_ == pitch_) {  // all rows as one
    count *= rows;
    rows = 1;
  }
  if (step == 1 && x_pixel_ == unit_) {
    return kernels_.copy_rows(x, x_row_, rows, count * unit_, to, pitch_);
  }
  if (count == 1 && unit_ == 1) {
    for (int64_t r = 0; r < rows; ++r) std::memcpy(to + r * pitch_, x + r * x_row_, sizeof(float));
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    kernels_.copy_pixels(x + r * x_row_, step * x_pixel_, count, unit_, to + r * pitch_);
  }
}

void PaddedRows::Fill(const float* x, int64_t first_row, int64_t rows, float* scratch) const {
  if (in_place_ || rows <= 0) return;
  scratch += first_row * pitch_;
  const int64_t s = w_.stride, begin = std::max<int64_t>(-w_.before, 0);
  const auto place = [&](int64_t position) {
    const int64_t at = position + w_.before;
    return scratch + at % s * phase_ + at / s * unit_;
  };
  if (s == 2 && unit_ == 1 &&
      x_pixel_ == 1) {  // in vectors, but for a first or last pixel on its own
    const int64_t first = begin + (begin + w_.before) % 2, pairs = (x_end_ - first) / 2;
    if (first > begin) CopyEvery(x, rows, begin, s, x_end_ > begin ? 1 : 0, place(begin));
    if (2 * pairs == x_row_ && pairs == pitch_) {  // all rows as one
      kernels_.deinterleave(x, x_row_, 1, rows * pairs, place(0), place(1), pitch_);
    } else if (pairs > 0) {
      kernels_.deinterleave(x + first, x_row_, rows, pairs, place(first), place(first + 1), pitch_);
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
    taps[t] = in_place_ ? x + (at - w_.before) * unit_
                        : scratch + at % w_.stride * phase_ + at / w_.stride * unit_;
  }
}

}  // namespace windrow::internal
