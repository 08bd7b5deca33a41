// Poolings' gradients: checks, then the plan of the last call like it or a new one.
#ifndef WINDROW_LIB_POOL_GRADIENTS_H_
#define WINDROW_LIB_POOL_GRADIENTS_H_

#include <cstddef>
#include <string>

#include "lib/base/planner.h"
#include "lib/pool/backward.h"
#include "lib/pool/problem.h"
#include "windrow/explanation.h"
#include "windrow/pool2d.h"

namespace windrow::internal {

class PoolGradients {
 public:
  // The op lives as long as this does. Throws std::invalid_argument if there is no such algorithm.
  PoolGradients(const PoolOp& op, const std::string& algorithm)
      : op_(op), planner_(PoolBackwardRegistry(), {.algorithm = algorithm}) {}

  void Run(const PoolBackwardArgs& args);
  size_t WorkspaceBytes(const PoolBackwardArgs& args, int threads) const;
  Explanation Explain(const PoolBackwardArgs& args) const;

 private:
  PoolShape CheckedShape(const PoolBackwardArgs& args) const;

  const PoolOp& op_;
  Planner<PoolKey, PoolShape, PoolBackwardBuffers> planner_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_GRADIENTS_H_
