// 1x1 convolution as a matrix product on the tensors as they lie in memory.
#ifndef WINDROW_LIB_CONV_POINTWISE_H_
#define WINDROW_LIB_CONV_POINTWISE_H_

#include <cstdint>
#include <string>

#include "lib/conv/problem.h"

namespace windrow::internal {

const char* RefusePointwise(const ConvCall& call);
void RunPointwise(const ConvCall& call);
double EstimatePointwise(const ConvCall& call);
std::string DescribePointwise(const ConvCall& call);
int64_t PointwiseScratch(const ConvCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_POINTWISE_H_
