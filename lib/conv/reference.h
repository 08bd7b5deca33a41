// The reference: scalar, either numerics class to the bit, any layout and attribute. What every
// kernel is compared with, and what runs where no fast strategy does.
#ifndef WINDROW_LIB_CONV_REFERENCE_H_
#define WINDROW_LIB_CONV_REFERENCE_H_

#include "lib/conv/problem.h"

namespace windrow::internal {

const char* RefuseReference(const ConvCall& call);
double EstimateReference(const ConvCall& call);
void RunReference(const ConvCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_REFERENCE_H_
