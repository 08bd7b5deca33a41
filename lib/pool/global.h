// Pooling with one window an image, such as global pooling: lanes are channels.
#ifndef WINDROW_LIB_POOL_GLOBAL_H_
#define WINDROW_LIB_POOL_GLOBAL_H_

#include <cstdint>

#include "lib/pool/problem.h"

namespace windrow::internal {

const char* RefuseGlobal(const PoolCall& call);
double EstimateGlobal(const PoolCall& call);
void RunGlobal(const PoolCall& call);
int64_t GlobalScratch(const PoolCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_GLOBAL_H_
