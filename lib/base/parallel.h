// Parallel loops in the caller's arena. parallel.cc is the only file that knows oneTBB.
#ifndef WINDROW_LIB_BASE_PARALLEL_H_
#define WINDROW_LIB_BASE_PARALLEL_H_

#include <cstdint>

#include "lib/base/function_ref.h"

namespace windrow::internal {

// How many threads the calling thread's arena may use.
int MaxThreads();

// Which of the arena's threads this is: 0 to MaxThreads() - 1, no two at a time the same. For use
// in a body of ParallelFor.
int ThreadSlot();

// Calls body(i) for every i in [0, count), each once, in any order and on any of the arena's
// threads, and returns when all are done. Each thread begins with an equal share of them, the same
// in every loop, whose data may still be in its cache. Every call runs with the floating-point
// environment (flush-to-zero, denormals-are-zero) of the caller, which TBB alone does not promise.
//
// The loop is apart from the caller's tasks: the thread that waits for it runs none of them, and it
// is whole though their group be cancelled. What a body throws, or TBB for lack of memory, is
// thrown here; then some of the calls may be missing.
void ParallelFor(int64_t count, FunctionRef<void(int64_t)> body);

// Calls body(task, slot) for every task in [0, count): in ParallelFor, with the thread's slot, or
// one after the other with slot 0 if `threads` is 1. The tasks may run micro-kernels: their vector
// state is ended here (lib/simd/zero_upper.h).
void RunTasks(int threads, int64_t count, FunctionRef<void(int64_t, int64_t)> body);

// Below this many multiply-adds a loop is not worth a second thread: entering TBB costs about as
// much as 10 000 of them on one AVX2 core, waking a worker several times that.
inline constexpr int64_t kMinParallelWork = 200'000;

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_PARALLEL_H_
