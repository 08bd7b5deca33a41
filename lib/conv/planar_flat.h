// Planar convolution of planes so small that rows do not fill vectors.
#ifndef WINDROW_LIB_CONV_PLANAR_FLAT_H_
#define WINDROW_LIB_CONV_PLANAR_FLAT_H_

#include <string>

#include "lib/conv/problem.h"

namespace windrow::internal {

// Whether this is such a call, of those that the planar strategy does not refuse.
bool IsFlat(const ConvCall& call);

void RunFlat(const ConvCall& call);
std::string DescribeFlat(const ConvCall& call);
double EstimateFlat(const ConvCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PLANAR_FLAT_H_
