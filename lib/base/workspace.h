// Scratch memory of an object: kept from one Run to the next, so that a repeated Run allocates
// nothing, and never shared by two Runs at a time.
#ifndef WINDROW_LIB_BASE_WORKSPACE_H_
#define WINDROW_LIB_BASE_WORKSPACE_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "lib/base/aligned.h"

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

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_WORKSPACE_H_
