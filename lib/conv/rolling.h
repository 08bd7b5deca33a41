// Direct convolution, in place, of what the register tile does badly: groups of at most a vector of
// output channels, and kernels three rows high.
#ifndef WINDROW_LIB_CONV_ROLLING_H_
#define WINDROW_LIB_CONV_ROLLING_H_

#include <string>

#include "lib/conv/problem.h"

namespace windrow::internal {

// Whether this is such a call, and channels are contiguous. The others are only for these.
bool Rolls(const ConvCall& call);

void RunRolling(const ConvCall& call);
double EstimateRolling(const ConvCall& call);  // cycles, without those of any strategy
std::string DescribeRolling(const ConvCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_ROLLING_H_
