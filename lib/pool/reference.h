// The specification, executable: scalar, slow, for any pooling.
#ifndef WINDROW_LIB_POOL_REFERENCE_H_
#define WINDROW_LIB_POOL_REFERENCE_H_

#include "lib/pool/problem.h"

namespace windrow::internal {

const char* RefusePoolReference(const PoolCall& call);
void RunPoolReference(const PoolCall& call);
double EstimatePoolReference(const PoolCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_REFERENCE_H_
