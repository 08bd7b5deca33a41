// The sizes of this CPU's caches, which bound the blocks of the kernels' loops.
#ifndef WINDROW_LIB_BASE_CACHE_H_
#define WINDROW_LIB_BASE_CACHE_H_

#include <cstdint>

namespace windrow::internal {

struct CacheSizes {
  int64_t l1d, l2, l3;  // bytes; l3 is 0 if there is none
};

// As the operating system reports them, or common sizes where it does not.
const CacheSizes& Caches();

// For tests, before anything else asks: Caches() gives these sizes.
void SetCachesForTest(const CacheSizes& sizes);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_CACHE_H_
