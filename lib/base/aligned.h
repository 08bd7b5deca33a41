// Aligned memory for packed weights and tensors.
#ifndef WINDROW_LIB_BASE_ALIGNED_H_
#define WINDROW_LIB_BASE_ALIGNED_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "lib/base/math.h"

namespace windrow::internal {

// A cache line, and at least one vector of every fixed-size target.
inline constexpr size_t kAlignment = 64;

inline float* AllocateFloats(int64_t count) {
  const int64_t bytes =
      CheckedProduct({count, int64_t{sizeof(float)}}, "the bytes of an array do not fit 63 bits");
  return static_cast<float*>(
      ::operator new (static_cast<size_t>(bytes), std::align_val_t{kAlignment}));
}

inline void FreeFloats(float* p) { ::operator delete (p, std::align_val_t{kAlignment}); }

struct FloatsDeleter {
  void operator()(float* p) const { FreeFloats(p); }
};
using AlignedFloats = std::unique_ptr<float[], FloatsDeleter>;

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_ALIGNED_H_
