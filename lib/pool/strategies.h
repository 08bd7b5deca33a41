// The strategies of pooling, and what they have in common: what they cost, and who takes over from
// fast kernels.
#ifndef WINDROW_LIB_POOL_STRATEGIES_H_
#define WINDROW_LIB_POOL_STRATEGIES_H_

#include "lib/base/registry.h"
#include "lib/pool/blocks.h"
#include "lib/pool/problem.h"

namespace windrow::internal {

const Registry<PoolShape, PoolBuffers>& PoolRegistry();

// All plan calls of a shape or return why they do not do them.
const char* ConsiderPlanes(const PoolShape& shape, PoolPlan& plan);
// The specification, executable: scalar, slow, for any pooling.
const char* ConsiderPoolReference(const PoolShape& shape, PoolPlan& plan);

// One block of that: what is left to it by kernels that met a NaN, or a window without a tap.
void RunReference(const PoolShape& shape, const PoolBuffers& buffers, const PoolBlock& block);

// What a strategy decides about a shape, unless its scratch memory does not fit the cache. Nothing
// that is compared depends on the threads: with more of them, a thread's blocks and scratch memory
// are only smaller, and the cycles are those of one.
template <class Decided, class Buffers>
const char* Offer(const Decided& decided, Plan<Buffers>& plan) {
  if (decided.ScratchBytes() > decided.shape.op->machine->l2) {
    return "its scratch memory does not fit the L2 cache";
  }
  plan = Plan<Buffers>(decided);
  return nullptr;
}

// What the steps of pooling cost, in cycles of one of today's large cores: rough, but the same for
// all strategies, so that the cheapest can be chosen. Each multiplies its sum by what it was
// measured to take beyond that: what waits for memory, above all.

inline double Number(int64_t n) { return static_cast<double>(n); }

// A vector of one tap: loaded, and reduced by two operations; by five with an index.
inline double TapCycles(const PoolShape& shape) { return shape.with_indices ? 1.25 : 0.6; }

// An output of one pixel, besides its taps; and a call of a kernel.
inline constexpr double kOutputCycles = 8;
inline constexpr double kCallCycles = 25;

// A vector that is copied, one that changes between planes and pixels, and a float on its own.
inline constexpr double kCopyCycles = 1;
inline constexpr double kTransposeCycles = 3;
inline constexpr double kFloatCycles = 2;

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_STRATEGIES_H_
