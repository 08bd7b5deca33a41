// Pooling of rows of pixels, each prepared and reduced once: lanes are pixels (NCHW), or pixels and
// channels (NHWC).
#ifndef WINDROW_LIB_POOL_ROWS_H_
#define WINDROW_LIB_POOL_ROWS_H_

#include <cstdint>

#include "lib/pool/problem.h"

namespace windrow::internal {

const char* RefuseRows(const PoolCall& call);
double EstimateRows(const PoolCall& call);
void RunRows(const PoolCall& call);
int64_t RowsScratch(const PoolCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_ROWS_H_
