// Scratch memory of an object: kept from one Run to the next, so that a repeated Run allocates
// nothing, and never shared by two Runs at a time.
#ifndef WINDROW_LIB_BASE_WORKSPACE_H_
#define WINDROW_LIB_BASE_WORKSPACE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>

#include "lib/base/aligned.h"
#include "lib/base/error.h"

namespace windrow::internal {

class WorkspacePool {
 public:
  WorkspacePool() = default;
  ~WorkspacePool();
  WorkspacePool(const WorkspacePool&) = delete;
  WorkspacePool& operator=(const WorkspacePool&) = delete;

  // A block that nobody else uses while this lives; empty if `bytes` is 0.
  class Lease {
   public:
    Lease(WorkspacePool& pool, int64_t bytes);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    std::byte* data() const { return memory_.get(); }

   private:
    WorkspacePool& pool_;
    AlignedBytes memory_;
    int64_t bytes_ = 0;
  };

 private:
  // What a block that nobody uses begins with: a list of them takes no memory of its own, for which
  // ~Lease could not ask.
  struct Free {
    Free* next;
    int64_t bytes;
  };
  AlignedBytes Take(int64_t& bytes);

  std::mutex mutex_;
  Free* free_ = nullptr;
};

// What a caller must bring for so many bytes, whatever the alignment of what it brings. Throws
// std::length_error if that does not fit 63 bits.
size_t WorkspaceBytes(int64_t bytes);

// The aligned part of a caller's workspace. Throws std::invalid_argument if it is too small for so
// many bytes, which are those of `threads` threads.
std::byte* PlaceWorkspace(std::span<std::byte> workspace, int64_t bytes, int64_t threads);

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
