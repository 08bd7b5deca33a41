// Convolution turned round, from outputs to inputs: the gradient by data and ConvTranspose2d.
//
//   x[n][ic][i] = bias + the sum over the positions o of y, ascending, over taps k and channels oc
//                 with i = o * stride - before + k * dilation,  of  y[n][oc][o] * w[oc][ic][k]
//
// The inputs of one phase, all i with the same remainder of i + before by the stride, see the same
// taps. They are a dense convolution of y with flipped, transposed weights, written to every
// stride-th input: one chain over ascending rows and columns of y, channels innermost, which every
// strategy of the forward convolution runs. A position that y does not have is left out.
#ifndef WINDROW_LIB_CONV_TRANSPOSED_H_
#define WINDROW_LIB_CONV_TRANSPOSED_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lib/base/planner.h"
#include "lib/conv/problem.h"
#include "windrow/explanation.h"
#include "windrow/tensor.h"

namespace windrow::internal {

// One call: the forward convolution's geometry, and y and x where they lie, all checked.
struct TransposedCall {
  Geometry geometry;
  const float* y;
  Strides ys;
  float* x;
  Strides xs;

  int64_t multiply_adds(const ConvOp& forward) const {  // on padding too
    return SaturatedProduct({geometry.n, forward.out_channels, geometry.h.out, geometry.w.out,
                             forward.group_in(), forward.kernel.h, forward.kernel.w});
  }
};

// Scalar, either numerics class to the bit: as the formula stands.
class TransposedReference {
 public:
  TransposedReference(const ConvOp& forward, const float* weights, std::span<const float> bias);
  void Set(const float* weights, std::span<const float> bias);
  void Run(const TransposedCall& call) const;

 private:
  ConvOp forward_;
  std::vector<float> weights_, bias_;
};

class TransposedConv {
 public:
  // `forward` goes from x to y, except for the epilogue, which is that of x; `weights` are dense,
  // bias that of x's channels, or empty. Throws std::invalid_argument if there is no such
  // algorithm.
  TransposedConv(const ConvOp& forward, const float* weights, std::span<const float> bias,
                 const PlannerOptions& options);
  ~TransposedConv();

  // Other numbers. No thread may run it then.
  void Set(const float* weights, std::span<const float> bias);

  void Run(const TransposedCall& call, std::span<std::byte> workspace);
  // Pointers do not matter to these.
  size_t WorkspaceBytes(const TransposedCall& call, int threads) const;
  Explanation Explain(const TransposedCall& call) const;

 private:
  using Call = TransposedCall;
  struct Phase;

  ConvOp forward_;
  std::vector<std::unique_ptr<Phase>> phases_;
  std::unique_ptr<Phase> rest_;                     // if some inputs are of no phase
  std::unique_ptr<TransposedReference> reference_;  // instead of them, if forced
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_TRANSPOSED_H_
