// What pooling asks until its operations are bound to a machine, too.
#ifndef WINDROW_LIB_BASE_CACHE_H_
#define WINDROW_LIB_BASE_CACHE_H_

#include "lib/base/machine.h"

namespace windrow::internal {

inline const Machine& Caches() { return ThisMachine(); }

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_CACHE_H_
