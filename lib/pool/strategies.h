// The strategies of pooling, each in a file of its name. All are of one kind: they plan calls of a
// shape or return why they do not do them.
#ifndef WINDROW_LIB_POOL_STRATEGIES_H_
#define WINDROW_LIB_POOL_STRATEGIES_H_

#include "lib/pool/blocks.h"
#include "lib/pool/problem.h"

namespace windrow::internal {

const char* ConsiderPixels(const PoolShape& shape, PoolPlan& plan);
const char* ConsiderPlanes(const PoolShape& shape, PoolPlan& plan);
const char* ConsiderTransposed(const PoolShape& shape, PoolPlan& plan);
// The specification, executable: scalar, slow, for any pooling.
const char* ConsiderPoolReference(const PoolShape& shape, PoolPlan& plan);

// One block of that: what is left to it by kernels that met a NaN, or a window without a tap.
void RunReference(const PoolShape& shape, const PoolBuffers& buffers, const PoolBlock& block);

// What a strategy decides about a shape, unless it refuses that or its scratch memory does not fit
// the cache. Nothing that is compared depends on the threads: with more of them, a thread's blocks
// and scratch memory are only smaller.
template <class Decided, class Buffers, class... What>
const char* Offer(const char* refusal, PoolShape shape, Plan<Buffers>& plan, const What&... what) {
  if (refusal != nullptr) return refusal;
  const int threads = shape.threads;
  shape.threads = 1;
  Decided decided(shape, what...);
  if (decided.ScratchBytes() > shape.op->machine->l2)
    return "its scratch memory does not fit the L2 cache";
  if (threads > 1) {
    const double cycles = decided.cycles;
    shape.threads = threads;
    decided = Decided(shape, what...);
    decided.cycles = cycles;
  }
  plan = Plan<Buffers>(decided);
  return nullptr;
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_STRATEGIES_H_
