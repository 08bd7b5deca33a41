#include "lib/base/parallel.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <algorithm>
#include <atomic>

#include "lib/simd/zero_upper.h"

// ThreadSanitizer does not see how TBB, which is not instrumented, hands tasks over; so in its
// builds this file is not instrumented either, and says what TBB guarantees: what the caller did
// happens before every call of the body, and that before ParallelFor returns.
#if defined(WINDROW_TSAN)
extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);
#endif

namespace windrow::internal {
namespace {

void Acquire([[maybe_unused]] const void* token) {
#if defined(WINDROW_TSAN)
  __tsan_acquire(const_cast<void*>(token));
#endif
}

void Release([[maybe_unused]] const void* token) {
#if defined(WINDROW_TSAN)
  __tsan_release(const_cast<void*>(token));
#endif
}

// The indices of one thread, or a few of very many, which they take one by one, and others when
// they are done with theirs.
struct alignas(64) Share {
  std::atomic<int64_t> next;
  int64_t end;

  void Run(FunctionRef<void(int64_t)> body) {
    while (next.load(std::memory_order_relaxed) < end) {
      const int64_t i = next.fetch_add(1, std::memory_order_relaxed);
      if (i < end) body(i);
    }
  }
};
constexpr int64_t kMaxShares = 64;

}  // namespace

int MaxThreads() { return tbb::this_task_arena::max_concurrency(); }

int ThreadSlot() { return std::max(tbb::this_task_arena::current_thread_index(), 0); }

void ParallelFor(int64_t count, FunctionRef<void(int64_t)> body) {
  const int64_t threads = std::min<int64_t>(count, MaxThreads());
  if (threads <= 1) {
    for (int64_t i = 0; i < count; ++i) body(i);
    return;
  }
  const int64_t shares = std::min(threads, kMaxShares);
  Share all[kMaxShares];
  for (int64_t s = 0; s < shares; ++s) {
    all[s].next.store(s * count / shares, std::memory_order_relaxed);
    all[s].end = (s + 1) * count / shares;
  }
  // Takes the caller's floating-point environment along, and is not cancelled with the caller's
  // group: that would return from here with nothing done.
  tbb::task_group_context context(
      tbb::task_group_context::isolated,
      tbb::task_group_context::default_traits | tbb::task_group_context::fp_settings);
  Release(&body);
  // Who waits here takes no other task of the caller's, which may want a lock that the caller
  // holds, or change the thread's variables behind its back.
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(
        tbb::blocked_range<int64_t>(0, threads),
        [&](const tbb::blocked_range<int64_t>&) {
          Acquire(&body);
          const int64_t own = ThreadSlot() * shares / MaxThreads();
          for (int64_t s = 0; s < shares; ++s) all[(own + s) % shares].Run(body);
          Release(&body);
        },
        tbb::static_partitioner(), context);
  });
  Acquire(&body);
}

void RunTasks(int threads, int64_t count, FunctionRef<void(int64_t, int64_t)> body) {
  if (threads > 1) {
    ParallelFor(count, [&](int64_t task) {
      body(task, ThreadSlot());
      EndKernels();
    });
  } else {
    for (int64_t task = 0; task < count; ++task) body(task, 0);
    EndKernels();
  }
}

}  // namespace windrow::internal
