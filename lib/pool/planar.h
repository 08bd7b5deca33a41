// Pooling of planes (NCHW), rows first: lanes are pixels.
#ifndef WINDROW_LIB_POOL_PLANAR_H_
#define WINDROW_LIB_POOL_PLANAR_H_

#include <cstdint>

#include "lib/pool/problem.h"

namespace windrow::internal {

const char* RefusePlanar(const PoolCall& call);
double EstimatePlanar(const PoolCall& call);
void RunPlanar(const PoolCall& call);
int64_t PlanarWorkspace(const PoolCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_PLANAR_H_
