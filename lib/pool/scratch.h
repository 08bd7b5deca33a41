// Scratch memory of one thread, part by part.
#ifndef WINDROW_LIB_POOL_SCRATCH_H_
#define WINDROW_LIB_POOL_SCRATCH_H_

#include <cstdint>

#include "lib/base/math.h"

namespace windrow::internal {

inline int64_t FloatBytes(int64_t floats) {
  return SaturatedProduct({floats, static_cast<int64_t>(sizeof(float))});
}

// Places parts one after the other, each at a cache line. What is too large to be counted
// saturates, and is refused as all that does not fit the cache.
class Scratch {
 public:
  // Where a part of so many floats begins.
  int64_t Place(int64_t floats) {
    constexpr int64_t kLine = 16;
    const int64_t at = floats_;
    floats_ = SaturatedSum(floats_, RoundUp(floats, kLine));
    return at;
  }
  int64_t floats() const { return floats_; }

 private:
  int64_t floats_ = 0;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_SCRATCH_H_
