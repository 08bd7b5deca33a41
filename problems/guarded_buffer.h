// Memory between two inaccessible pages: an access before its first or past its last element
// faults.
#ifndef WINDROW_PROBLEMS_GUARDED_BUFFER_H_
#define WINDROW_PROBLEMS_GUARDED_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "problems/kinds.h"

namespace windrow::problems {

// What elements hold that no view owns, and outputs before they are written: a NaN, so that a sum
// that reads one shows it.
inline constexpr uint32_t kRedZone = 0x7FE5C3A5u;

class GuardedBuffer {
 public:
  GuardedBuffer() = default;
  ~GuardedBuffer();
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;

  // This many elements, full of kRedZone, that start or end at an inaccessible page. What an
  // earlier call gave is gone: the pages are used again.
  template <typename T>
  std::span<T> Take(int64_t count, Edge edge) {
    static_assert(sizeof(T) % sizeof(kRedZone) == 0);
    const auto elements = static_cast<size_t>(count);
    return {reinterpret_cast<T*>(TakeBytes(elements * sizeof(T), edge)), elements};
  }

 private:
  std::byte* TakeBytes(size_t bytes, Edge edge);
  void Map(size_t bytes);

  std::byte* pages_ = nullptr;  // between the two inaccessible ones
  size_t bytes_ = 0;
};

}  // namespace windrow::problems

#endif  // WINDROW_PROBLEMS_GUARDED_BUFFER_H_
