// Convolution as a matrix product of the weights and panels of pixels, for any problem.
#ifndef WINDROW_LIB_CONV_IM2COL_H_
#define WINDROW_LIB_CONV_IM2COL_H_

#include <cstdint>
#include <string>

#include "lib/conv/problem.h"

namespace windrow::internal {

const char* RefuseIm2col(const ConvCall& call);
void RunIm2col(const ConvCall& call);
double EstimateIm2col(const ConvCall& call);
std::string DescribeIm2col(const ConvCall& call);
int64_t Im2colScratch(const ConvCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_IM2COL_H_
