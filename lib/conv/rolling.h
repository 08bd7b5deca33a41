// Direct convolution in place of what the register tile does badly: groups of at most a vector of
// output channels, and kernels three rows high.
#ifndef WINDROW_LIB_CONV_ROLLING_H_
#define WINDROW_LIB_CONV_ROLLING_H_

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/math.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

struct RollingPlan {
  ConvShape shape;
  double cycles;
  EvenSplit bands, columns;  // of the outputs

  int64_t ScratchBytes() const { return 0; }
  std::string Describe() const;
  void Prepare() const { shape.weights->NeedPanels(); }
  void Run(const ConvBuffers& buffers) const;
};

// Nothing unless the shape is such, with contiguous channels.
std::optional<RollingPlan> PlanRolling(const ConvShape& shape);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_ROLLING_H_
