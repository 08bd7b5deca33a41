// A convolution as the strategies see it: what is known when a Conv2d is built (ConvOp), and
// what one Run adds (ConvCall). All checked; a strategy need not look for errors.
#ifndef WINDROW_LIB_CONV_PROBLEM_H_
#define WINDROW_LIB_CONV_PROBLEM_H_

#include <cstddef>
#include <cstdint>
#include <limits>

#include "lib/conv/axis.h"
#include "lib/conv/weights.h"
#include "lib/simd/kernels.h"
#include "windrow/conv2d.h"
#include "windrow/tensor.h"

namespace windrow::internal {

struct ConvOp {
  int64_t groups, in_channels, out_channels;  // channels in all
  Size2 kernel{1}, stride{1}, dilation{1};
  Padding padding{0};
  PaddingMode mode = PaddingMode::kZeros;
  Epilogue epilogue;
  bool fused = false;              // the multiply-add's class, after Conv2dOptions::numerics
  int lanes = 1;                   // of the bound target
  const TileSet* tiles = nullptr;  // of the bound target in that class

  int64_t group_in() const { return in_channels / groups; }
  int64_t group_out() const { return out_channels / groups; }
  // Of the arguments of any micro-kernel.
  template <typename Args>
  void SetClamp(Args& args) const {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    args.clamp_min = epilogue.clamp_min;
    args.clamp_max = epilogue.clamp_max;
    args.clamp = epilogue.clamp_min != -kInfinity || epilogue.clamp_max != kInfinity;
  }
  // One input and one output channel a group: lanes are groups then.
  bool depthwise() const { return groups > 1 && groups == in_channels && groups == out_channels; }
};

// Checks the options against each other; throws std::invalid_argument. Binds no target.
ConvOp CheckOptions(const Conv2dOptions& options);

// The geometry of an input; throws std::invalid_argument if it does not fit the op.
struct Geometry {
  int64_t n;
  Axis h, w;
};
Geometry ResolveGeometry(const ConvOp& op, const Shape& input);

struct ConvCall {
  const ConvOp* op;
  const ConvWeights* weights;
  int64_t n;
  Axis h, w;
  const float* x;
  Strides xs;
  ptrdiff_t x_group;  // from a group's first channel to the next group's
  float* y;
  Strides ys;
  const float* residual;  // null: none
  Strides rs;
  int threads;       // to plan for; 1 if the work is not worth a second one
  float* workspace;  // as many floats as the strategy asks for a thread, for each of them

  // Whether a padded tap may be left out instead of multiplied by zero: 0 * inf would be NaN.
  bool may_skip_padding() const { return op->mode == PaddingMode::kZeros && weights->finite(); }
  int64_t multiply_adds() const {  // at most INT64_MAX
    return SaturatedProduct(
        {n, op->out_channels, h.out, w.out, op->group_in(), h.kernel, w.kernel});
  }
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PROBLEM_H_
