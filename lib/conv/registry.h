// The one list of convolution's strategies.
#ifndef WINDROW_LIB_CONV_REGISTRY_H_
#define WINDROW_LIB_CONV_REGISTRY_H_

#include "lib/base/registry.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

const Registry<ConvShape, ConvBuffers>& ConvRegistry();

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_REGISTRY_H_
