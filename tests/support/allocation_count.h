// How much the process allocates, and allocations that fail. Linked into a program, it replaces
// operator new.
#ifndef WINDROW_TESTS_SUPPORT_ALLOCATION_COUNT_H_
#define WINDROW_TESTS_SUPPORT_ALLOCATION_COUNT_H_

#include <cstdint>

namespace windrow::test {

// The calls of operator new so far.
int64_t Allocations();

// Those of the calling thread that were not given back yet.
int64_t LiveAllocations();

// From now on `count` calls of operator new by this thread fail, the first of them the next but
// first - 1; until StopFailing, which returns how many have failed.
void FailAllocations(int64_t first, int64_t count);
int64_t StopFailing();

// Bytes that malloc has given out, operator new or not; 0 where that is not known.
uint64_t BytesInUse();

// That f() neither allocates nor keeps any memory.
template <typename F>
bool AllocatesNothing(const F& f) {
  const int64_t allocations = Allocations();
  const uint64_t bytes = BytesInUse();
  f();
  return Allocations() == allocations && BytesInUse() == bytes;
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_ALLOCATION_COUNT_H_
