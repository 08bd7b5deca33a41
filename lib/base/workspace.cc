#include "lib/base/workspace.h"

#include <algorithm>
#include <utility>

namespace windrow::internal {

WorkspacePool::Lease::Lease(WorkspacePool& pool, int64_t floats) : pool_(pool) {
  if (floats == 0) return;
  {
    const std::lock_guard lock(pool_.mutex_);
    if (!pool_.free_.empty()) {
      block_ = std::move(pool_.free_.back());
      pool_.free_.pop_back();
    }
  }
  if (block_.floats < floats) {
    block_.memory.reset();  // before the larger one is there: the peak is one block
    block_.memory.reset(AllocateFloats(floats));
    block_.floats = floats;
  }
}

WorkspacePool::Lease::~Lease() {
  if (block_.floats == 0) return;
  const std::lock_guard lock(pool_.mutex_);
  pool_.free_.push_back(std::move(block_));
}

}  // namespace windrow::internal
