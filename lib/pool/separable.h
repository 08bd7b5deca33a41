// Pooling of pixels, rows first: lanes are channels. For any pooling in any layout.
#ifndef WINDROW_LIB_POOL_SEPARABLE_H_
#define WINDROW_LIB_POOL_SEPARABLE_H_

#include <cstdint>

#include "lib/pool/problem.h"

namespace windrow::internal {

const char* RefuseSeparable(const PoolCall& call);
double EstimateSeparable(const PoolCall& call);
void RunSeparable(const PoolCall& call);
int64_t SeparableScratch(const PoolCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_SEPARABLE_H_
