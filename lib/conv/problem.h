// A convolution as the strategies see it: what is known when a Conv2d is built (ConvOp), what a
// plan depends on besides (ConvShape), and what one Run adds (ConvBuffers). All checked; a strategy
// need not look for errors.
#ifndef WINDROW_LIB_CONV_PROBLEM_H_
#define WINDROW_LIB_CONV_PROBLEM_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "lib/base/call_text.h"
#include "lib/base/machine.h"
#include "lib/base/parallel.h"
#include "lib/base/plan.h"
#include "lib/conv/axis.h"
#include "lib/conv/weights.h"
#include "lib/simd/epilogue_kernels.h"
#include "lib/simd/kernels.h"
#include "lib/simd/target.h"
#include "windrow/conv2d.h"
#include "windrow/tensor.h"

namespace windrow::internal {

struct ConvOp {
  int64_t groups, in_channels, out_channels;  // channels in all
  Size2 kernel{1}, stride{1}, dilation{1};
  Padding padding{0};
  PaddingMode mode = PaddingMode::kZeros;
  Epilogue epilogue;
  bool padding_absent = false;     // zeros stand for inputs that do not exist: 0 * inf is no NaN
  bool fused = false;              // the multiply-add's class, after Conv2dOptions::numerics
  int lanes = 1;                   // of the bound target
  const TileSet* tiles = nullptr;  // of the bound target in that class
  const EpilogueKernels* epilogue_kernels = nullptr;  // of the bound target
  // What the micro-kernels do of it, the rest being for the epilogue's pass (epilogue.h): without
  // activation and scale and, if there is a scale, which comes first, without clamp. Null if there
  // is neither.
  std::shared_ptr<const ConvOp> without_pass{};
  const Machine* machine = &ThisMachine();

  int64_t group_in() const { return in_channels / groups; }
  int64_t group_out() const { return out_channels / groups; }
  bool has_scale() const { return !epilogue.scale.empty(); }
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

// The same without -0; throws std::invalid_argument if it is not one of so many output channels.
Epilogue CheckedEpilogue(const Epilogue& epilogue, int64_t out_channels);

void BindTarget(ConvOp& op, const Target& target, Numerics numerics);

// What of an op must be made anew when its channels or kernel change.
void SetWithoutPass(ConvOp& op);

ConvOp WithoutEpilogue(ConvOp op);

// The geometry of an input; throws std::invalid_argument if it does not fit the op.
struct Geometry {
  int64_t n;
  Axis h, w;
};
Geometry ResolveGeometry(const ConvOp& op, const Shape& input);

// Where the residual of a call is.
enum class ResidualPlace : uint8_t { kNone, kInY, kElsewhere };

// Which of a strategy's plans: that which should be the cheapest, or what that would be with one
// decision taken differently, if the strategy has the choice (registry.cc names them).
enum class PlanVariant : uint8_t {
  kBest,
  kOrder,   // the weights of a panel for all pixels, or the pixels of a band for all panels
  kTile,    // a register tile of another shape, the next best
  kBlocks,  // a quarter of what goes into scratch memory, or into the cache, at a time
  kSource,  // inputs read where they lie or copied, or by another kernel
  kStores,  // outputs stored past the caches, or not
};

// Why there is no such variant of a plan.
inline constexpr const char* kNoVariant = "there is no other such plan";

// All that the planning of a call may look at.
struct ConvShape {
  const ConvOp* op;
  const ConvWeights* weights;
  int64_t n;
  Axis h, w;
  Strides xs;
  ptrdiff_t x_group;  // from a group's first channel to the next group's
  Strides ys, rs;
  ResidualPlace residual;
  PlanVariant variant{};
  int threads;  // that share the work

  bool has_residual() const { return residual != ResidualPlace::kNone; }
  // Whether a padded tap may be left out instead of multiplied by zero: 0 * inf would be NaN.
  bool may_skip_padding() const {
    return op->mode == PaddingMode::kZeros && (weights->finite() || op->padding_absent);
  }
  bool padded() const { return h.padded() || w.padded(); }
  // Channels side by side (NHWC), of x and of all that has outputs.
  bool pixels() const {
    return (xs.c == 1 || op->in_channels == 1) &&
           (op->out_channels == 1 || OfOutputs([](const Strides& s) { return s.c == 1; }));
  }
  // Whether no zero may be multiplied instead.
  bool must_skip_padding() const { return op->padding_absent && !weights->finite() && padded(); }
  int64_t multiply_adds() const {  // at most INT64_MAX
    return SaturatedProduct(
        {n, op->out_channels, h.out, w.out, op->group_in(), h.kernel, w.kernel});
  }
  bool WorthThreads() const { return multiply_adds() >= kMinParallelWork; }
  bool is(PlanVariant v) const { return variant == v; }
  // In words, all but the variant, the target and the threads.
  void Describe(CallText& text) const;
  // Whether `fits(strides)` is true of y's and of the residual's, if there is one.
  template <typename F>
  bool OfOutputs(const F& fits) const {
    return fits(ys) && (!has_residual() || fits(rs));
  }
};

// What a Run adds.
struct ConvBuffers {
  const float* x;
  float* y;
  const float* residual;  // null: none
  std::byte* scratch;     // of all threads

  // That of one thread of a plan that has so many bytes for each.
  float* Scratch(int64_t slot, int64_t bytes) const {
    return reinterpret_cast<float*>(scratch + slot * bytes);
  }
};

using ConvPlan = Plan<ConvBuffers>;

// Why a strategy that multiplies padding by zeros does not do a call that must skip it.
inline constexpr const char* kMultipliesPadding =
    "weights are infinite or NaN, and taps on no input must be left out";

// A 1x1 convolution of a tensor whose pixels have one pitch is the same for one long row of pixels,
// which cuts into tiles with less rest. Any other shape is returned as it is.
ConvShape Flattened(ConvShape shape);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PROBLEM_H_
