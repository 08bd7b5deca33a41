// Pooling with windows a pixel apart, across and then down: lanes are channels; planes (NCHW) are
// turned into pixels and back.
#ifndef WINDROW_LIB_POOL_RUNNING_H_
#define WINDROW_LIB_POOL_RUNNING_H_

#include <cstdint>

#include "lib/pool/problem.h"

namespace windrow::internal {

const char* RefuseRunning(const PoolCall& call);
double EstimateRunning(const PoolCall& call);
void RunRunning(const PoolCall& call);
int64_t RunningScratch(const PoolCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_RUNNING_H_
