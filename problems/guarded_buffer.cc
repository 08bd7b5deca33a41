#include "problems/guarded_buffer.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace windrow::problems {
namespace {

size_t PageBytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

}  // namespace

GuardedBuffer::~GuardedBuffer() {
  if (pages_ != nullptr) munmap(pages_ - PageBytes(), bytes_ + 2 * PageBytes());
}

void GuardedBuffer::Map(size_t bytes) {
  const size_t page = PageBytes();
  bytes = (bytes + page - 1) / page * page;
  void* all = mmap(nullptr, bytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, /*fd=*/-1, 0);
  if (all == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  auto* const inner = static_cast<std::byte*>(all) + page;
  if (mprotect(inner, bytes, PROT_READ | PROT_WRITE) != 0) {
    throw std::system_error(errno, std::generic_category(), "mprotect");
  }
  if (pages_ != nullptr) munmap(pages_ - page, bytes_ + 2 * page);
  pages_ = inner;
  bytes_ = bytes;
}

std::byte* GuardedBuffer::TakeBytes(size_t bytes, Edge edge) {
  if (pages_ == nullptr || bytes > bytes_) Map(bytes == 0 ? 1 : bytes);
  std::byte* const begin = edge == Edge::kStart ? pages_ : pages_ + bytes_ - bytes;
  for (size_t i = 0; i < bytes; i += sizeof(kRedZone)) {
    std::memcpy(begin + i, &kRedZone, sizeof(kRedZone));
  }
  return begin;
}

}  // namespace windrow::problems
