#include "lib/base/workspace.h"

#include <memory>
#include <new>

#include "lib/base/math.h"

namespace windrow::internal {

WorkspacePool::~WorkspacePool() {
  for (int64_t bytes; free_ != nullptr;) Take(bytes);
}

// The first of the free blocks and its size; none, and 0, if there is none.
AlignedBytes WorkspacePool::Take(int64_t& bytes) {
  const std::lock_guard lock(mutex_);
  Free* const first = free_;
  bytes = first == nullptr ? 0 : first->bytes;
  if (first != nullptr) free_ = first->next;
  return AlignedBytes(reinterpret_cast<std::byte*>(first));
}

WorkspacePool::Lease::Lease(WorkspacePool& pool, int64_t bytes) : pool_(pool) {
  if (bytes == 0) return;
  memory_ = pool_.Take(bytes_);
  if (bytes_ < bytes) {
    memory_.reset();  // before the larger one is there: the peak is one block
    bytes_ = std::max(bytes, int64_t{sizeof(Free)});
    memory_.reset(AllocateBytes(bytes_));
  }
}

WorkspacePool::Lease::~Lease() {
  if (memory_ == nullptr) return;
  const std::lock_guard lock(pool_.mutex_);
  pool_.free_ = new (memory_.release()) Free{.next = pool_.free_, .bytes = bytes_};
}

size_t WorkspaceBytes(int64_t bytes) {
  if (bytes == 0) return 0;
  if (bytes > kMaxSize - int64_t{kAlignment}) {
    throw std::length_error("the bytes of a workspace do not fit 63 bits");
  }
  return static_cast<size_t>(bytes) + kAlignment;
}

std::byte* PlaceWorkspace(std::span<std::byte> workspace, int64_t bytes, int64_t threads) {
  const size_t needed = WorkspaceBytes(bytes);
  Require(workspace.size() >= needed, "the workspace has ", workspace.size(),
          " bytes, this call needs ", needed, " on ", threads, " threads");
  void* data = workspace.data();
  size_t space = workspace.size();
  std::align(kAlignment, static_cast<size_t>(bytes), data, space);
  return static_cast<std::byte*>(data);
}

}  // namespace windrow::internal
