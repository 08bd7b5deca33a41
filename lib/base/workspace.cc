#include "lib/base/workspace.h"

#include <memory>
#include <utility>

#include "lib/base/math.h"

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

size_t WorkspaceBytes(int64_t floats) {
  if (floats == 0) return 0;
  constexpr int64_t kFloat = sizeof(float), kSpare = kAlignment / sizeof(float);
  return static_cast<size_t>(CheckedProduct({SaturatedSum(floats, kSpare), kFloat},
                                            "the bytes of a workspace do not fit 63 bits"));
}

float* PlaceWorkspace(std::span<std::byte> workspace, int64_t floats, int threads) {
  const size_t bytes = WorkspaceBytes(floats);
  Require(workspace.size() >= bytes, "the workspace has ", workspace.size(),
          " bytes, this call needs ", bytes, " on ", threads, " threads");
  void* data = workspace.data();
  size_t space = workspace.size();
  std::align(kAlignment, static_cast<size_t>(floats) * sizeof(float), data, space);
  return static_cast<float*>(data);
}

}  // namespace windrow::internal
