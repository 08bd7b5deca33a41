// Aligned memory for packed weights, tensors and scratch memory.
#ifndef WINDROW_LIB_BASE_ALIGNED_H_
#define WINDROW_LIB_BASE_ALIGNED_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "lib/base/math.h"

namespace windrow::internal {

// A cache line, and at least one vector of every fixed-size target.
inline constexpr size_t kAlignment = 64;

inline std::byte* AllocateBytes(int64_t bytes) {
  if (!std::in_range<size_t>(bytes)) throw std::bad_alloc();  // where addresses have 32 bits
  return static_cast<std::byte*>(
      ::operator new (static_cast<size_t>(bytes), std::align_val_t{kAlignment}));
}

template <typename T>
T* AllocateArray(int64_t count) {
  return reinterpret_cast<T*>(AllocateBytes(
      CheckedProduct({count, int64_t{sizeof(T)}}, "the bytes of an array do not fit 63 bits")));
}

inline float* AllocateFloats(int64_t count) { return AllocateArray<float>(count); }

struct AlignedDeleter {
  void operator()(void* p) const { ::operator delete (p, std::align_val_t{kAlignment}); }
};
template <typename T>
using AlignedArray = std::unique_ptr<T[], AlignedDeleter>;
using AlignedFloats = AlignedArray<float>;
using AlignedBytes = AlignedArray<std::byte>;

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_ALIGNED_H_
