// Depthwise convolution where channels are contiguous (NHWC): blocks of pixels, lanes over
// channels.
#ifndef WINDROW_LIB_CONV_DEPTHWISE_H_
#define WINDROW_LIB_CONV_DEPTHWISE_H_

#include <string>

#include "lib/conv/problem.h"

namespace windrow::internal {

const char* RefuseDepthwise(const ConvCall& call);
void RunDepthwise(const ConvCall& call);
std::string DescribeDepthwise(const ConvCall& call);
int64_t DepthwiseScratch(const ConvCall& call);
// Cycles of one thread, roughly.
double EstimateDepthwise(const ConvCall& call);

// Runs the call in blocks of pixels if it can be done so: channels contiguous, a common kernel.
bool RunDepthwiseBlocks(const ConvCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_DEPTHWISE_H_
