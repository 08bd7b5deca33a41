#include "lib/pool/padded_rows.h"

#include <algorithm>
#include <cstring>

#include "lib/base/math.h"

namespace windrow::internal {
namespace {

// Views may have large gaps between rows, which results need not have.
constexpr int64_t kMaxGap = 64;

}  // namespace

PaddedRows::PaddedRows(const PoolKernels& kernels, const WindowAxis& w, int64_t rows, int64_t pitch)
    : w_(w), kernels_(kernels) {
  const int64_t last = (w.out - 1) * w.stride - w.before + w.extent();  // behind what is seen
  in_place_ = w.stride == 1 && w.before <= 0 && last <= w.in && pitch <= w.in + kMaxGap;
  pitch_ = in_place_ ? pitch : w.out + (w.extent() - 1) / w.stride;
  phase_ = RoundUp(rows * pitch_, 16);
  x_end_ = std::min(w.in, pitch_ * w.stride - w.before);
}

void PaddedRows::Pad(float value, float* scratch) const {
  if (!in_place_) std::fill_n(scratch, floats(), value);
}

void PaddedRows::Fill(const float* x, int64_t x_row, int64_t rows, float* scratch) const {
  if (in_place_) return;
  const int64_t s = w_.stride;
  int64_t from = std::max<int64_t>(-w_.before, 0);  // a position in the row
  if (s == 1) {
    kernels_.copy_rows(x + from, x_row, rows, x_end_ - from, scratch + from + w_.before, pitch_);
    return;
  }
  // Elements before the first and behind the last that all phases have.
  const auto copy_column = [&](int64_t position) {
    const int64_t place = position + w_.before;
    float* to = scratch + place % s * phase_ + place / s;
    for (int64_t r = 0; r < rows; ++r) std::memcpy(to + r * pitch_, x + r * x_row + position, 4);
  };
  for (; from < x_end_ && (from + w_.before) % s != 0; ++from) copy_column(from);
  const int64_t whole = std::max<int64_t>((x_end_ - from) / s, 0);
  float* const to = scratch + (from + w_.before) / s;
  if (s == 2) {
    kernels_.deinterleave(x + from, x_row, rows, whole, to, to + phase_, pitch_);
  } else {
    for (int64_t r = 0; r < rows; ++r) {
      const float* row = x + r * x_row + from;
      for (int64_t i = 0; i < whole; ++i, row += s) {
        for (int64_t p = 0; p < s; ++p) std::memcpy(to + p * phase_ + r * pitch_ + i, row + p, 4);
      }
    }
  }
  for (from += whole * s; from < x_end_; ++from) copy_column(from);
}

void PaddedRows::FindTaps(const float* x, const float* scratch, const float** taps) const {
  for (int64_t t = 0; t < w_.kernel; ++t) {
    const int64_t place = t * w_.dilation;
    taps[t] = in_place_ ? x + place - w_.before
                        : scratch + place % w_.stride * phase_ + place / w_.stride;
  }
}

}  // namespace windrow::internal
