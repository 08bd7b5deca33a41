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
  int64_t row = 0, row_end = 0, column = 0, column_end = 0;
  bool operator==(const PlanarArea&) const = default;
};

class PlanarRows {
 public:
  // `zeros` is a row of padding for rows that are not copied, `band` the memory for those that are.
  PlanarRows(const ConvShape& call, const float* zeros, float* band)
      : call_(call), zeros_(zeros), band_(band) {}

  // The floats that Copy needs for so many rows and columns of outputs.
  static int64_t BandFloats(const ConvShape& call, int64_t rows, int64_t columns);

  // Takes the inputs of these outputs from where they are in this plane of x. No column may fall on
  // padding.
  void UseInPlace(const float* plane, const PlanarArea& area);
  // Copies the inputs of these outputs to the band, padded. Behind each row are zeros as far as
  // whole vectors of outputs reach.
  void Copy(const float* plane, const PlanarArea& area);

  // Points `args` at the inputs of `rows` output rows from `row` on.
  void Find(int64_t row, int64_t rows, PlanarArgs& args);

 private:
  // Every stride-th position from `first` on: `count` are read by an output, of which those from
  // `inside` to `after` are not padding.
  struct Phase {
    int64_t first, inside, after, count;
  };
  using Phases = std::array<Phase, kMaxPlanarStride>;

  void Prepare(const PlanarArea& area);
  Phases CutPhases(const PlanarArea& area) const;
  void CopyInside(int64_t row, int64_t rows, float* to) const;
  void CopyRow(const float* from, float* to) const;

  const ConvShape& call_;
  const float* const zeros_;
  float* const band_;
  const float* plane_ = nullptr;
  PlanarArea area_{};  // whose padding is in the band; all zeros: nobody's
  Phases phases_{};    // of that
  bool copied_ = false;
  bool all_rows_ = false;  // whether those of the band are in the list
  int64_t first_row_ = 0, first_column_ = 0;
  int64_t phase_ = 0;  // floats of a phase of a row
  std::array<const float*, (kMaxPlanarRows - 1) * kMaxPlanarStride + kMaxPlanarCovered> rows_;
  std::array<ptrdiff_t, kMaxPlanarKernel> columns_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PLANAR_ROWS_H_
