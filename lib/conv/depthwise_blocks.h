// Depthwise convolution in place where channels are contiguous (NHWC) and the kernel is a common
// one: blocks of pixels, lanes over channels.
#ifndef WINDROW_LIB_CONV_DEPTHWISE_BLOCKS_H_
#define WINDROW_LIB_CONV_DEPTHWISE_BLOCKS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/math.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

struct DepthwiseBlocksPlan {
  ConvShape shape;
  double cycles;
  bool varied;  // the shape's variant differs from the best plan
  const DepthwiseTable* blocks;
  EvenSplit rows, columns;  // of the outputs
  EvenSplit chunks;         // of the whole vectors of channels
  int64_t bands;            // of rows of blocks

  int64_t ScratchBytes() const { return 0; }
  std::string Describe() const;
  void Prepare() const { shape.weights->NeedVectors(); }
  void Run(const ConvBuffers& buffers) const;
};

// Nothing unless the shape is such.
std::optional<DepthwiseBlocksPlan> PlanDepthwiseBlocks(const ConvShape& shape);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_DEPTHWISE_BLOCKS_H_
