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

// Outputs [row, row_end) x [column, column_end) of one plane.
struct PlanarArea {
  int64_t row = 0, row_end = 0, column = 0, column_end = 0;
  bool operator==(const PlanarArea&) const = default;
};

class PlanarRows {
 public:
  // `zeros` is a row of padding for rows that are not copied, `band` the memory for those that are,
  // of up to `planes` planes.
  PlanarRows(const ConvShape& call, const float* zeros, float* band, int64_t planes)
      : call_(call), zeros_(zeros), band_(band), planes_(planes) {}

  // The floats that Copy needs for so many rows and columns of outputs of so many planes.
  static int64_t BandFloats(const ConvShape& call, int64_t planes, int64_t rows, int64_t columns);

  // Takes the inputs of these outputs from where they are in this plane of x. No column may fall on
  // padding.
  void UseInPlace(const float* plane, const PlanarArea& area);
  // Copies the inputs of these outputs of `planes` planes to the band, padded, one plane below the
  // other. Past the end of a row whole vectors read what follows there, for outputs that are
  // dropped.
  void Copy(const float* plane, const PlanarArea& area, int64_t planes);

  // Points `args` at the inputs of `rows` output rows from `row` on, in this plane of those.
  void Find(int64_t plane, int64_t row, int64_t rows, PlanarArgs& args);

  bool copied() const { return copied_; }

  // So many rows of inputs of all planes can be in the list that kernels take.
  static constexpr int64_t kMaxRows = (kMaxPlanarRows - 1) * kMaxPlanarStride + kMaxPlanarCovered;

 private:
  // Every stride-th position from `first` on: `count` are read by an output, of which those from
  // `inside` to `after` are not padding.
  struct Phase {
    int64_t first, inside, after, count;
  };
  using Phases = std::array<Phase, kMaxPlanarStride>;

  void Prepare(const PlanarArea& area);
  Phases CutPhases(const PlanarArea& area) const;
  void CopyInside(const float* from, int64_t rows, float* to) const;
  void CopyRow(const float* from, float* to) const;
  const float* At(int64_t plane, int64_t r) const;

  const ConvShape& call_;
  const float* const zeros_;
  float* const band_;
  const int64_t planes_;
  const float* plane_ = nullptr;
  PlanarArea area_{};    // whose rows are in the list; all zeros: nobody's
  PlanarArea padded_{};  // whose columns have their padding in the band,
  int64_t zeroed_ = 0;   // in so many floats
  Phases phases_{};      // of that
  bool copied_ = false;
  bool all_rows_ = false;  // whether those of the band are in the list
  int64_t first_row_ = 0, first_input_ = 0, first_column_ = 0;
  int64_t phase_ = 0;          // floats of a phase of a row
  int64_t rows_of_plane_ = 0;  // that outputs see, and which of those are copied
  int64_t inside_ = 0, inside_end_ = 0;
  int64_t first_copied_ = 0;  // floats before it in the band
  std::array<const float*, kMaxRows> rows_;
  std::array<ptrdiff_t, kMaxPlanarKernel> columns_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PLANAR_ROWS_H_
