#include "tests/support/allocation_count.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
#include <malloc.h>
#endif

namespace {

std::atomic<int64_t> g_allocations = 0;

// Of this thread. A thread that TBB starts meanwhile allocates too, and ends the process where that
// fails.
thread_local int64_t t_live = 0, t_until_failure = 0, t_failures_left = 0, t_failures = 0;

void* Allocate(std::size_t size, std::size_t alignment) {
  ++g_allocations;
  if (t_failures_left > 0 && --t_until_failure <= 0) {
    --t_failures_left;
    ++t_failures;
    throw std::bad_alloc();
  }
  void* p = nullptr;
  if (posix_memalign(&p, alignment, size == 0 ? 1 : size) != 0) throw std::bad_alloc();
  ++t_live;
  return p;
}

void Free(void* p) {
  t_live -= p != nullptr;
  std::free(p);
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size, alignof(std::max_align_t)); }
void* operator new[](std::size_t size) { return Allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* p) noexcept { Free(p); }
void operator delete[](void* p) noexcept { Free(p); }
void operator delete(void* p, std::size_t) noexcept { Free(p); }
void operator delete[](void* p, std::size_t) noexcept { Free(p); }
void operator delete(void* p, std::align_val_t) noexcept { Free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { Free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { Free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { Free(p); }

namespace windrow::test {

int64_t Allocations() { return g_allocations; }
int64_t LiveAllocations() { return t_live; }

void FailAllocations(int64_t first, int64_t count) {
  t_failures = 0;
  t_until_failure = first;
  t_failures_left = count;
}

int64_t StopFailing() {
  t_failures_left = 0;
  return t_failures;
}

uint64_t BytesInUse() {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

}  // namespace windrow::test
