// The library's only file that asks the operating system.
#include "lib/base/cache.h"

#if defined(__linux__)
#include <unistd.h>
#endif

namespace windrow::internal {
namespace {

// Common sizes, where nothing better is known.
constexpr CacheSizes kCommon = {32 << 10, 512 << 10, 0};

#if defined(_SC_LEVEL1_DCACHE_SIZE)  // glibc

int64_t Ask(int name, int64_t otherwise) {
  const long bytes = sysconf(name);
  return bytes > 0 ? bytes : otherwise;
}

CacheSizes AskAll() {
  return {Ask(_SC_LEVEL1_DCACHE_SIZE, kCommon.l1d), Ask(_SC_LEVEL2_CACHE_SIZE, kCommon.l2),
          Ask(_SC_LEVEL3_CACHE_SIZE, kCommon.l3)};
}

#else

CacheSizes AskAll() { return kCommon; }

#endif

CacheSizes& Sizes() {
  static CacheSizes sizes = AskAll();
  return sizes;
}

}  // namespace

const CacheSizes& Caches() { return Sizes(); }

void SetCachesForTest(const CacheSizes& sizes) { Sizes() = sizes; }

}  // namespace windrow::internal
