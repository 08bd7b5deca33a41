// Conv2d's gradients: checks, then the plan of the last call like it or a new one.
#ifndef WINDROW_LIB_CONV_GRADIENTS_H_
#define WINDROW_LIB_CONV_GRADIENTS_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>

#include "lib/base/planner.h"
#include "lib/conv/backward_data.h"
#include "lib/conv/backward_weights.h"
#include "lib/conv/problem.h"
#include "windrow/conv2d.h"
#include "windrow/explanation.h"

namespace windrow::internal {

// Throws std::invalid_argument if something that is written shares memory with anything else.
void CheckOverlap(const BackwardWeightsArgs& args);

class ConvGradients {
 public:
  // Both live as long as this does. Throws std::invalid_argument if there is no such algorithm.
  // The options are for both, but for their algorithm.
  ConvGradients(const ConvOp& op, const ConvWeights& weights, const BackwardAlgorithms& algorithms,
                const PlannerOptions& options);

  // The weights have other numbers now. No thread may use this then.
  void WeightsChanged();

  void Run(const BackwardDataArgs& args);
  size_t WorkspaceBytes(const BackwardDataArgs& args, int threads);
  Explanation Explain(const BackwardDataArgs& args);

  void Run(const BackwardWeightsArgs& args);
  size_t WorkspaceBytes(const BackwardWeightsArgs& args, int threads) const;
  Explanation Explain(const BackwardWeightsArgs& args) const;

 private:
  // All that checks of shapes and the plan depend on besides the object.
  struct Key {
    Shape x;
    Strides xs;
    Shape dy;
    Strides dys;
  };

  static Key KeyOf(const BackwardWeightsArgs& args) {
    return {args.x.shape(), args.x.strides(), args.dy.shape(), args.dy.strides()};
  }

  TransposedCall CheckedCall(const BackwardDataArgs& args) const;
  GradientShape CheckedShape(const BackwardWeightsArgs& args) const;
  void CheckOutputs(const Geometry& g, const ConstTensorView& dy) const;
  // Made by the first call, by any thread: flipped weights take as much memory as the others.
  BackwardData& data();

  const ConvOp& op_;
  const ConvWeights& weights_;
  const PlannerOptions data_options_;
  std::mutex making_;
  std::atomic<bool> made_ = false;
  std::unique_ptr<BackwardData> data_;
  Planner<Key, GradientShape, GradientBuffers> planner_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_GRADIENTS_H_
