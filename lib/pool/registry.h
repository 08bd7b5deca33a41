// The one list of pooling's strategies.
#ifndef WINDROW_LIB_POOL_REGISTRY_H_
#define WINDROW_LIB_POOL_REGISTRY_H_

#include "lib/base/registry.h"
#include "lib/pool/problem.h"

namespace windrow::internal {

const Registry<PoolShape, PoolBuffers>& PoolRegistry();

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_REGISTRY_H_
