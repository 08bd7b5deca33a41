// Planar convolution of tensors whose rows are not runs of pixels, as those of NHWC: a band of rows
// at a time goes through planes.
#ifndef WINDROW_LIB_CONV_PLANAR_STAGED_H_
#define WINDROW_LIB_CONV_PLANAR_STAGED_H_

#include <optional>
#include <string>

#include "lib/base/math.h"
#include "lib/conv/problem.h"
#include "lib/conv/row_band.h"

namespace windrow::internal {

struct PlanarStagedPlan {
  ConvShape shape;
  double cycles = 0;
  bool stage_x, stage_y;
  EvenSplit bands;                     // of an image's output rows
  int64_t x_floats = 0, y_floats = 0;  // the parts of a thread's scratch memory
  int64_t inner_bytes = 0;

  int64_t ScratchBytes() const;
  std::string Describe() const;
  void Run(const ConvBuffers& buffers) const;
  // This band of image n as a call of planes.
  BlockCall Band(int64_t n, int64_t band) const;
};

// Whether a row of so many pixels is a run of them, as planar takes it where it lies.
inline bool IsRun(const Strides& s, int64_t columns) { return s.w == 1 || columns == 1; }

// Nothing if planar does not do such calls, or their copies would be too large.
std::optional<PlanarStagedPlan> PlanPlanarStaged(const ConvShape& shape);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PLANAR_STAGED_H_
