// Two-dimensional convolution (cross-correlation, as everywhere in deep learning), with the
// semantics of torch.nn.Conv2d and the same bits on every CPU of one numerics class.
//
// Each output element is one chain in one order, whatever the algorithm, layout or thread count:
//
//   acc = bias + 0.0f (or +0);  for kh: for kw: for c: acc = fma(x, w, acc)
//   v = acc;  v *= scale[oc] (if any);  v += residual (if any);  v += +0.0f;  v = clamp(v)
//   v = activation(v);  every NaN becomes 0x7FC00000
//
// Scale and activation round each product and each sum, in both classes: the bits are exactly those
// of the convolution without them, followed by them over y.
//
// A padded position of PaddingMode::kZeros is a pixel of zeros: 0 * inf is NaN there, as in
// PyTorch.
//
// How far that is from the exact v, where nothing overflows: of the K multiply-adds of an output,
// kernel h * kernel w * in_channels / groups, each rounds what came before, so that with u = 2^-24
//
//   |y - v| <= k u / (1 - k u) * (|bias| + sum |x| |w| + |residual|) + K 2^-149
//
// where k is K in class F, K + 1 in class U, in which a product is rounded before it is added, and
// one more with a residual. The last term is for products and sums that are denormal, if those are
// not flushed to zero. A clamp brings two numbers no further apart. A scale multiplies the bound
// without a residual by its size, and rounds once more.
//
// The gradients are sums in one order, too. By the input, dx is the same chain turned round: over
// the positions of dy that see the pixel, ascending by row and column, output channels innermost,
// from +0; and where padding copies pixels of the input, the sum of the copies' gradients,
// ascending by the copy's row and column in the padded input, from +0. By weights and bias outputs
// fall into chunks (n, oh, ow) of at most 1024: as many whole images, or whole rows of one, as fit,
// or else parts of a row, as even as can be; each chunk is a chain from +0 over its outputs,
// ascending, and the chunks are added up in their order from +0:
//
//   dx = s;  s = +0;  for oh: for ow: for oc: s = fma(dy, w, s)
//   dw = s;  s = +0;  for each chunk: { a = +0;  for n: for oh: for ow: a = fma(x, dy, a);  s += a;
//   } db = s;  the same with a += dy
//
// with + +0 and NaN as above. Only what exists takes part: an input that no output sees has the
// gradient +0, and a zero of the padding is nothing, even beside an infinite dy. The epilogue, its
// scale and activation too, and the residual are not part of it: dy is the gradient by the sum
// before them.
#ifndef WINDROW_CONV2D_H_
#define WINDROW_CONV2D_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "windrow/explanation.h"
#include "windrow/export.h"
#include "windrow/padding.h"
#include "windrow/tensor.h"
#include "windrow/tuning.h"

namespace windrow {
namespace internal {
struct ConvLayer;
}  // namespace internal

inline namespace v0 {

// What the padded pixels hold, as torch.nn.Conv2d's padding_mode.
enum class PaddingMode : uint8_t { kZeros, kReflect, kReplicate, kCircular };

// How a multiply-add rounds, hence which machines give the same bits.
enum class Numerics : uint8_t {
  kNative,  // as the target does: once (class F, "fused") or after each step (class U)
  // Class U everywhere: the product is rounded, then the sum. Where the target's own class is F, on
  // the general kernels only, and "planar" is refused.
  kPortable,
};

// Functions of an output, by PyTorch's formulas, of which each product, sum and quotient is rounded
// in the order in which they stand. exp and tanh are our own, within 2 and 3 units in the last
// place, so that the bits are those of every CPU. NaN gives NaN. So does -infinity to kSilu,
// kHardSwish and kGeluTanh, as in PyTorch: their formulas multiply it by 0. These give -0 far below
// 0, kLeakyRelu where a product vanishes.
enum class Activation : uint8_t {
  kIdentity,
  kSigmoid,    // 1 / (1 + exp(-x))
  kSilu,       // x * sigmoid(x)
  kHardSwish,  // x * min(max(x + 3, 0), 6) / 6: x * 6 may become infinite
  kLeakyRelu,  // x > 0 ? x : negative_slope * x
  // 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))), torch.nn.GELU(approximate='tanh')
  kGeluTanh,
};

// What happens to the sum before it is stored.
struct Epilogue {  // a bound of -0 counts as +0
  float clamp_min = -std::numeric_limits<float>::infinity();
  float clamp_max = std::numeric_limits<float>::infinity();
  Activation activation = Activation::kIdentity;  // after the clamp
  float negative_slope = 0.01f;                   // of kLeakyRelu; finite
  std::vector<float> scale{};                     // of each output channel, finite; none if empty
};

// How the gradients are computed: "auto" or a name of Algorithms(), BackwardWeightsAlgorithms().
struct BackwardAlgorithms {
  std::string data = "auto";
  std::string weights = "auto";
};

// The parameters of torch.nn.Conv2d, and six of our own.
struct Conv2dOptions {
  int64_t in_channels = 0;   // must be set
  int64_t out_channels = 0;  // must be set
  Size2 kernel_size{0, 0};   // must be set
  Size2 stride{1, 1};
  Padding padding{0};
  Size2 dilation{1, 1};
  int64_t groups = 1;
  PaddingMode padding_mode = PaddingMode::kZeros;
  Epilogue epilogue = Epilogue();  // not {}, of whose vector GCC 12 warns in callers
  Numerics numerics = Numerics::kNative;
  std::string algorithm = "auto";  // or a name of Algorithms(), or of a plan that Explain names
  std::string target{};            // a name of cpu::Targets(); empty: cpu::ActiveTarget()
  BackwardAlgorithms backward{};
  Tuning tuning = Tuning::kEstimate;  // of the gradients, too
};

// One call. x, y and residual may differ in layout and have gaps; they need only be aligned to
// an element. y may not overlap x, and may be exactly the residual or not overlap it.
struct RunArgs {
  ConstTensorView x;
  TensorView y;
  ConstTensorView
      residual{};  // added after the scale, before the clamp; as large as y; none if empty
  // At least WorkspaceBytes(), apart from the views; the object's own if empty.
  std::span<std::byte> workspace{};
};

// The gradient by the input of a Run: dy is as large as y, dx as x. They may differ in layout and
// have gaps. dx may not overlap dy.
struct BackwardDataArgs {
  ConstTensorView dy;
  TensorView dx;  // written whole
  std::span<std::byte> workspace{};
};

// The gradients by weights and bias of a Run: x is its input, dy is as large as y. What is written
// may not overlap anything.
struct BackwardWeightsArgs {
  ConstTensorView x;
  ConstTensorView dy;
  std::span<float> dw;      // in the order of the weights
  std::span<float> db{};    // by bias; none if empty
  bool accumulate = false;  // whether the gradients are added to what dw and db hold
  std::span<std::byte> workspace{};
};

// A convolution bound to its weights and to a SIMD target when it is built: weights are packed
// once, by the first Run that needs them so, and any number of threads may Run it at once, with any
// N, H and W. A Run like the one before allocates nothing. One that was moved from has nothing
// left: every method throws std::invalid_argument, until another is assigned to it.
//
// NOTE: COPIES SHARE THEIR WEIGHTS. Copying is cheap because a copy is the same layer under another
// name: SetWeights() on any of them changes what all of them compute, and no thread may Run any of
// them meanwhile. A layer with weights of its own is built, from options() and weights.
class WINDROW_API Conv2d {
 public:
  // weights: [out_channels][in_channels / groups][kernel h][kernel w]; bias: [out_channels] or
  // empty. Both are copied. Throws std::invalid_argument if an option or a size is wrong, and
  // std::length_error if the weights' bytes would not fit 63 bits.
  Conv2d(const Conv2dOptions& options, std::span<const float> weights,
         std::span<const float> bias = {});

  // Replaces weights and bias (for training), also of ALL COPIES of this object, whichever was
  // copied from which. No thread may Run any of them meanwhile.
  void SetWeights(std::span<const float> weights, std::span<const float> bias = {});

  const Conv2dOptions& options() const;  // `target` filled in with the bound one
  const std::string& target() const;

  // floor((in + padding - dilation * (kernel - 1) - 1) / stride) + 1 in each direction. Throws
  // std::invalid_argument for an input this layer cannot take.
  Shape OutputShape(const Shape& input) const;

  // Runs in the calling thread's tbb::task_arena, apart from the caller's tasks: a thread that
  // waits here takes none of them, so locks may be held, and cancelling their group does not cancel
  // this. Once it returns, all of y is written. A batch of 0 does nothing. Throws
  // std::invalid_argument if shapes disagree or memory overlaps, std::bad_alloc without memory for
  // scratch; then nothing was written. Without memory for TBB's tasks, std::bad_alloc leaves y
  // written in part.
  void Run(const RunArgs& args) const;
  void Run(const ConstTensorView& x, const TensorView& y) const;
  Tensor Run(const ConstTensorView& x) const;  // in x's layout
  Tensor Run(const Tensor& x) const;

  // The gradients, in the same way and with the same errors as Run. The first BackwardData packs
  // the weights once more, turned round.
  void BackwardData(const BackwardDataArgs& args) const;
  void BackwardData(const ConstTensorView& dy, const TensorView& dx) const;
  void BackwardWeights(const BackwardWeightsArgs& args) const;

  // The scratch memory a Run needs on up to `threads` threads, of dense tensors in one layout, or
  // of just these views. However large the image, padding, stride or dilation, each thread has at
  // most four times the L2 cache, 8 MiB, and what two vectors of outputs and their inputs take:
  // 2 * lanes * (kernel h * kernel w * in_channels + out_channels) floats. Throws
  // std::invalid_argument as a Run would.
  size_t WorkspaceBytes(const Shape& input, Layout layout, int threads) const;
  size_t WorkspaceBytes(const RunArgs& args, int threads) const;
  // That of gradients. By weights each thread has the sums of a part of them and, of what is not
  // pixels (NHWC) without padding modes, copies of what a chunk of outputs sees; by the input as a
  // Run, and, where padding copies pixels, one padded image in all.
  size_t WorkspaceBytes(const BackwardDataArgs& args, int threads) const;
  size_t WorkspaceBytes(const BackwardWeightsArgs& args, int threads) const;

  // Which algorithm a Run of dense tensors, or of just these views, takes, and why not another.
  Explanation Explain(const Shape& input, Layout layout) const;
  Explanation Explain(const RunArgs& args) const;
  Explanation Explain(const BackwardDataArgs& args) const;
  Explanation Explain(const BackwardWeightsArgs& args) const;

 private:
  struct Impl;
  friend class Fused;
  Impl& impl() const;  // throws if there is none
  internal::ConvLayer layer() const;
  std::shared_ptr<Impl> impl_;
};

// The names Conv2dOptions::algorithm takes besides "auto".
WINDROW_API std::vector<std::string> Algorithms();

// The names BackwardAlgorithms::weights takes besides "auto".
WINDROW_API std::vector<std::string> BackwardWeightsAlgorithms();

// The chapter's one-line function: each channel-summed cross-correlation of x with the one filter
// k (1 x c x kh x kw), no padding, stride 1. Returns n x 1 x oh x ow.
WINDROW_API Tensor Corr2d(const Tensor& x, const Tensor& k);

}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_CONV2D_H_
