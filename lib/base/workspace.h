// Scratch memory of an object: kept from one Run to the next, so that a repeated Run allocates
// nothing, and never shared by two Runs at a time.
#ifndef WINDROW_LIB_BASE_WORKSPACE_H_
#define WINDROW_LIB_BASE_WORKSPACE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "lib/base/aligned.h"
#include "lib/base/error.h"

namespace windrow::internal {

class WorkspacePool {
 public:
  // A block that nobody else uses while this lives; empty if `floats` is 0.
  class Lease {
   public:
    Lease(WorkspacePool& pool, int64_t floats);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    float* data() const { return block_.memory.get(); }

   private:
    friend class WorkspacePool;
    WorkspacePool& pool_;
    struct Block {
      AlignedFloats memory;
      int64_t floats = 0;
    } block_;
  };

 private:
  std::mutex mutex_;
  std::vector<Lease::Block> free_;
};

// The bytes a caller must bring for so many floats, whatever the alignment of what it brings.
// Throws std::length_error if they do not fit 63 bits.
size_t WorkspaceBytes(int64_t floats);

// The floats of a caller's workspace, aligned. Throws std::invalid_argument if it is too small.
float* PlaceWorkspace(std::span<std::byte> workspace, int64_t floats, int threads);

// Plans look at so many threads at most; with more of them, each works as if there were so many.
inline constexpr int kMaxPlannedThreads = 256;

// What a Run on any number of threads up to `threads` may need, if one on t needs bytes(t): fewer
// threads may have larger blocks.
template <typename F>
size_t MaxBytes(int threads, const F& bytes) {
  Require(threads >= 1, "a workspace for ", threads, " threads; there must be at least 1");
  size_t max = bytes(threads);
  for (int t = 1; t < std::min(threads, kMaxPlannedThreads); ++t) max = std::max(max, bytes(t));
  return max;
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_WORKSPACE_H_
