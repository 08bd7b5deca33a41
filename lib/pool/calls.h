// Calls of a pooling, or of its gradient: checks, then the plan of the last call like it or a new
// one.
#ifndef WINDROW_LIB_POOL_CALLS_H_
#define WINDROW_LIB_POOL_CALLS_H_

#include <cstddef>

#include "lib/base/planner.h"
#include "lib/pool/backward.h"
#include "lib/pool/problem.h"
#include "windrow/explanation.h"
#include "windrow/pool2d.h"

namespace windrow::internal {

// The shape of a call whose views are checked; throws std::invalid_argument.
PoolShape CheckedShape(const PoolOp& op, const PoolArgs& args);
PoolShape CheckedShape(const PoolOp& op, const PoolBackwardArgs& args);
// What is checked of each call, as addresses are no part of the key.
void CheckOverlap(const PoolArgs& args);
void CheckOverlap(const PoolBackwardArgs& args);

inline PoolKey KeyOf(const PoolArgs& a) { return PoolKey(a.x, a.y, a.indices); }
inline PoolKey KeyOf(const PoolBackwardArgs& a) { return PoolKey(a.dx, a.dy, a.indices); }
inline PoolBuffers BuffersOf(const PoolArgs& a) {
  return {.x = a.x.data(), .y = a.y.data(), .indices = a.indices.data(), .scratch = nullptr};
}
inline PoolBackwardBuffers BuffersOf(const PoolBackwardArgs& a) {
  return {.dy = a.dy.data(), .indices = a.indices.data(), .dx = a.dx.data(), .scratch = nullptr};
}
inline const TensorView& OutputOf(const PoolArgs& a) { return a.y; }
inline const TensorView& OutputOf(const PoolBackwardArgs& a) { return a.dx; }

template <class Args, class Buffers>
class PoolCalls {
 public:
  // The op lives as long as this does. Throws std::invalid_argument if there is no such algorithm.
  PoolCalls(const PoolOp& op, const Registry<PoolShape, Buffers>& registry,
            const PlannerOptions& options)
      : op_(op), planner_(registry, options) {}

  void Run(const Args& args) {
    const PoolKey key = KeyOf(args);
    typename decltype(planner_)::Planned planned;
    if (planner_.Find(key, planned)) {
      CheckOverlap(args);
    } else {
      const PoolShape shape = CheckedShape(op_, args);
      if (OutputOf(args).shape().elements() == 0) return;
      planned = planner_.Make(key, shape);
    }
    planner_.Run(planned, BuffersOf(args), args.workspace);
  }
  size_t WorkspaceBytes(const PoolShape& shape, int threads) const {
    return planner_.WorkspaceBytes(shape, threads);
  }
  Explanation Explain(const PoolShape& shape, const Shape& output) const {
    Explanation e = planner_.Explain(PoolKey(shape), shape);
    e.output = output;
    return e;
  }

 private:
  const PoolOp& op_;
  Planner<PoolKey, PoolShape, Buffers> planner_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_CALLS_H_
