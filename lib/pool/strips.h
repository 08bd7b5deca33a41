// Pooling of rows of pixels with windows two or three rows high: lanes are pixels (NCHW), or pixels
// and channels (NHWC).
#ifndef WINDROW_LIB_POOL_STRIPS_H_
#define WINDROW_LIB_POOL_STRIPS_H_

#include <cstdint>

#include "lib/pool/problem.h"

namespace windrow::internal {

const char* RefuseStrips(const PoolCall& call);
double EstimateStrips(const PoolCall& call);
void RunStrips(const PoolCall& call);
int64_t StripsScratch(const PoolCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_STRIPS_H_
