// The strategies of convolution, each in a file of its name. All are of one kind: they plan calls
// of a shape or return why they do not do them.
#ifndef WINDROW_LIB_CONV_STRATEGIES_H_
#define WINDROW_LIB_CONV_STRATEGIES_H_

#include "lib/conv/problem.h"

namespace windrow::internal {

const char* ConsiderPointwise(const ConvShape& shape, ConvPlan& plan);
const char* ConsiderDirect(const ConvShape& shape, ConvPlan& plan);
const char* ConsiderDepthwise(const ConvShape& shape, ConvPlan& plan);  // in direct.cc
const char* ConsiderPlanar(const ConvShape& shape, ConvPlan& plan);
const char* ConsiderIm2col(const ConvShape& shape, ConvPlan& plan);
// Scalar, either numerics class to the bit, any layout and attribute: what every kernel is compared
// with.
const char* ConsiderReference(const ConvShape& shape, ConvPlan& plan);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_STRATEGIES_H_
