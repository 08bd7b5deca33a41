// Pooling of pixels (NHWC) with windows three rows high that overlap: lanes are channels.
#ifndef WINDROW_LIB_POOL_ROLLING_H_
#define WINDROW_LIB_POOL_ROLLING_H_

#include <cstdint>

#include "lib/pool/problem.h"

namespace windrow::internal {

const char* RefuseRolling(const PoolCall& call);
double EstimateRolling(const PoolCall& call);
void RunRolling(const PoolCall& call);
int64_t RollingScratch(const PoolCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_ROLLING_H_
