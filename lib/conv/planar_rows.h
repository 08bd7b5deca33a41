// Where the planar kernels find their input rows: in the image itself, or in a band of copied rows
// with their padding, the columns sorted into phases of the stride.
#ifndef WINDROW_LIB_CONV_PLANAR_ROWS_H_
#define WINDROW_LIB_CONV_PLANAR_ROWS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "lib/conv/band_axis.h"
#include "lib/conv/problem.h"
#include "lib/simd/kernels.h"

namespace windrow::internal {

// What the planar strategy takes: so that its tables have a fixed size.
inline constexpr int64_t kMaxPlanarKernel = 64;    // rows or columns of taps
inline constexpr int64_t kMaxPlanarCovered = 256;  // pixels they cover
inline constexpr int64_t kMaxPlanarStride = 8;

// From so many bytes on an output is written past the caches.
int64_t PlanarStreamBytes(const Machine& machine);

// Outputs [row, row_end) x [column, column_end) of one plane.
struct PlanarArea {
  int64_t row, row_end, column, column_end;
};

class PlanarRows {
 public:
  // Of one plane of x. `zeros` is a row of padding for rows that are not copied.
  PlanarRows(const ConvShape& call, const float* plane, const float* zeros)
      : call_(call), plane_(plane), zeros_(zeros) {}

  // The floats that Copy needs for so many rows and columns of outputs.
  static int64_t BandFloats(const ConvShape& call, int64_t rows, int64_t columns);

  // Takes the inputs of these outputs where they are. No column may fall on padding.
  void UseInPlace(const PlanarArea& area);
  // Copies the inputs of these outputs to the band, padded. Behind each row are zeros as far as
  // whole vectors of outputs reach.
  void Copy(const PlanarArea& area, float* band);

  // Points `args` at the inputs of `rows` output rows from `row` on.
  void Find(int64_t row, int64_t rows, PlanarArgs& args);

 private:
  // Every stride-th position from `first` on: `count` are read by an output, of which those from
  // `inside` to `after` are not padding.
  struct Phase {
    int64_t first, inside, after, count;
  };
  using Phases = std::array<Phase, kMaxPlanarStride>;

  Phases CutPhases(const PlanarArea& area) const;
  void CopyRow(const float* from, const Phases& phases, float* to) const;

  const ConvShape& call_;
  const float* const plane_;
  const float* const zeros_;
  const float* band_ = nullptr;  // null: in place
  int64_t first_row_ = 0, first_column_ = 0;
  int64_t phase_ = 0;  // floats of a phase of a row
  std::array<const float*, (kMaxPlanarRows - 1) * kMaxPlanarStride + kMaxPlanarCovered> rows_;
  std::array<ptrdiff_t, kMaxPlanarKernel> columns_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PLANAR_ROWS_H_
