// The gradient of a convolution by its input:
//
//   dx = the convolution turned round (transposed.h) of dy
//
// and, where padding copies pixels of the input, the gradients of the copies are added to those of
// the pixels: the sum over all positions of the padded input that show a pixel, ascending, from +0.
#ifndef WINDROW_LIB_CONV_BACKWARD_DATA_H_
#define WINDROW_LIB_CONV_BACKWARD_DATA_H_

#include <cstddef>
#include <span>
#include <string>

#include "lib/base/planner.h"
#include "lib/base/workspace.h"
#include "lib/conv/problem.h"
#include "lib/conv/transposed.h"
#include "windrow/explanation.h"

namespace windrow::internal {

class BackwardData {
 public:
  BackwardData(const ConvOp& op, const float* weights, const PlannerOptions& options);

  void Set(const float* weights) { transposed_.Set(weights, {}); }

  // The call's y is dy, its x dx.
  void Run(const TransposedCall& call, std::span<std::byte> workspace);
  size_t WorkspaceBytes(const TransposedCall& call, int threads) const;
  Explanation Explain(const TransposedCall& call) const;

 private:
  bool folds() const { return mode_ != PaddingMode::kZeros; }

  int64_t channels_;
  PaddingMode mode_;
  TransposedConv transposed_;
  WorkspacePool pool_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_BACKWARD_DATA_H_
