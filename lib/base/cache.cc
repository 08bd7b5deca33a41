#include "lib/base/cache.h"

#include <unistd.h>

namespace windrow::internal {
namespace {

int64_t Ask(int name, int64_t otherwise) {
  const long bytes = sysconf(name);
  return bytes > 0 ? bytes : otherwise;
}

CacheSizes AskAll() {
#if defined(_SC_LEVEL1_DCACHE_SIZE)
  return {Ask(_SC_LEVEL1_DCACHE_SIZE, 32 << 10), Ask(_SC_LEVEL2_CACHE_SIZE, 512 << 10),
          Ask(_SC_LEVEL3_CACHE_SIZE, 0)};
#else
  return {32 << 10, 512 << 10, 0};
#endif
}

CacheSizes& Sizes() {
  static CacheSizes sizes = AskAll();
  return sizes;
}

}  // namespace

const CacheSizes& Caches() { return Sizes(); }

void SetCachesForTest(const CacheSizes& sizes) { Sizes() = sizes; }

}  // namespace windrow::internal
