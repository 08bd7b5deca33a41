// Direct convolution: the register tile reads the input where it lies.
#ifndef WINDROW_LIB_CONV_DIRECT_H_
#define WINDROW_LIB_CONV_DIRECT_H_

#include <string>

#include "lib/conv/problem.h"

namespace windrow::internal {

const char* RefuseDirect(const ConvCall& call);
void RunDirect(const ConvCall& call);
std::string DescribeDirect(const ConvCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_DIRECT_H_
