// Planar convolution of planes so small that rows do not fill vectors.
#ifndef WINDROW_LIB_CONV_PLANAR_FLAT_H_
#define WINDROW_LIB_CONV_PLANAR_FLAT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "lib/conv/problem.h"

namespace windrow::internal {

struct FlatPlan {
  ConvShape shape;
  double cycles;

  int64_t ScratchBytes() const { return 0; }
  std::string Describe() const;
  void Run(const ConvBuffers& buffers) const;
};

// Nothing unless the planes, which the planar strategy can do, are so small.
std::optional<FlatPlan> PlanFlat(const ConvShape& shape);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PLANAR_FLAT_H_
