// Rows of pixels, prepared so that a window's taps are read with stride 1 and no edge is special:
// padded on both sides, and deinterleaved by the stride.
//
//   phase p of a row:  positions  p - before, p - before + stride, p - before + 2 * stride, ...
//
// Tap t of output o is then pixel o + t * dilation / stride of phase t * dilation % stride. Rows
// whose windows have stride 1 and no padding in front are read where they lie. A pixel is a float
// of a plane, or a few channels.
#ifndef WINDROW_LIB_POOL_PADDED_ROWS_H_
#define WINDROW_LIB_POOL_PADDED_ROWS_H_

#include <cstdint>

#include "lib/base/math.h"
#include "lib/pool/problem.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {

class PaddedRows {
 public:
  // How much of a row may lie past what is seen of it, if rows are read in place, since as much
  // lies between their results. In floats.
  static constexpr int64_t kMaxGap = 64;

  // Of pixels of `unit` floats, at these distances in x. `loose`: rows may begin at cache lines,
  // rather than follow each other. `copy`: even what could be read where it lies.
  struct Source {
    int64_t unit, row, pixel;
    bool loose = false, copy = false;
  };
  PaddedRows() = default;
  // For at most `rows` rows of the outputs of axis w.
  PaddedRows(const PoolKernels& kernels, const WindowAxis& w, int64_t rows, const Source& x);

  // Of scratch memory.
  int64_t floats() const { return in_place_ ? 0 : SaturatedProduct({w_.stride, phase_}); }
  // From row to row.
  int64_t pitch() const { return pitch_; }
  bool in_place() const { return in_place_; }

  // Writes the padding, which stays as it is whatever rows are filled in. Once before Fill.
  void Pad(float value, float* scratch) const;
  // The same for `rows` whole rows from `first` on.
  void PadRows(float value, int64_t first, int64_t rows, float* scratch) const;
  // `rows` rows from x, where the first begins, from row `first` of the scratch memory on.
  void Fill(const float* x, int64_t first, int64_t rows, float* scratch) const;
  // The first output's taps in the first row: w.kernel of them.
  void FindTaps(const float* x, const float* scratch, const float** taps) const;

 private:
  // Pixels [from, from + count * step) of all rows, every step-th, to pixels from `to` on.
  void CopyEvery(const float* x, int64_t rows, int64_t from, int64_t step, int64_t count,
                 float* to) const;

  WindowAxis w_;
  const PoolKernels* kernels_ = nullptr;
  Source x_{};
  bool in_place_ = false;
  int64_t pitch_ = 0;
  int64_t phase_ = 0;  // floats of all rows of one phase
  int64_t x_end_ = 0;  // past the last pixel of a row that is read
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_PADDED_ROWS_H_
