// Transposed two-dimensional convolution, with the semantics of torch.nn.ConvTranspose2d and the
// same bits on every CPU of one numerics class.
//
// It is the gradient of a Conv2d by its input (conv2d.h), with a bias and an epilogue: an output
// pixel sums up the input pixels from which a tap of the kernel leads to it,
//
//   o = i * stride - padding + k * dilation
//   acc = bias + 0.0f (or +0);  for ih: for iw: for c: acc = fma(x, w, acc)
//   v = acc;  v *= scale[oc] (if any);  v += +0.0f;  v = clamp(v);  v = activation(v)
//   every NaN becomes 0x7FC00000
//
// over ascending rows and columns of x. Only what exists takes part: an output that no input leads
// to is its bias.
#ifndef WINDROW_CONV_TRANSPOSE2D_H_
#define WINDROW_CONV_TRANSPOSE2D_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "windrow/conv2d.h"
#include "windrow/explanation.h"
#include "windrow/export.h"
#include "windrow/tensor.h"
#include "windrow/tuning.h"

namespace windrow {
inline namespace v0 {

// The parameters of torch.nn.ConvTranspose2d, and six of our own.
struct ConvTranspose2dOptions {
  int64_t in_channels = 0;   // must be set
  int64_t out_channels = 0;  // must be set
  Size2 kernel_size{0, 0};   // must be set
  Size2 stride{1, 1};
  Padding padding{0};          // what is left out of the output on each side; not Same()
  Size2 output_padding{0, 0};  // more rows and columns; less than the stride or the dilation
  Size2 dilation{1, 1};
  int64_t groups = 1;
  Epilogue epilogue = Epilogue();
  Numerics numerics = Numerics::kNative;
  std::string algorithm = "auto";         // or a name of Algorithms(), which then does every phase
  std::string target{};                   // a name of cpu::Targets(); empty: cpu::ActiveTarget()
  std::string backward_weights = "auto";  // or a name of BackwardWeightsAlgorithms()
  Tuning tuning = Tuning::kEstimate;
};

// Bound to weights and target as a Conv2d is; what is said there of threads, copies, moves, views,
// workspaces and errors holds here. NOTE: copies share their weights.
class WINDROW_API ConvTranspose2d {
 public:
  // weights: [in_channels][out_channels / groups][kernel h][kernel w]; bias: [out_channels] or
  // empty.
  ConvTranspose2d(const ConvTranspose2dOptions& options, std::span<const float> weights,
                  std::span<const float> bias = {});

  void SetWeights(std::span<const float> weights, std::span<const float> bias = {});

  const ConvTranspose2dOptions& options() const;
  const std::string& target() const;

  // (in - 1) * stride - padding before and after + dilation * (kernel - 1) + output_padding + 1 in
  // each direction.
  Shape OutputShape(const Shape& input) const;

  // RunArgs without a residual.
  void Run(const RunArgs& args) const;
  void Run(const ConstTensorView& x, const TensorView& y) const;
  Tensor Run(const ConstTensorView& x) const;  // in x's layout
  Tensor Run(const Tensor& x) const;

  // The gradients of a Run, as Conv2d's: by x the convolution of dy, by weights and bias in chunks
  // of the pixels of x (of bias: of dy).
  void BackwardData(const BackwardDataArgs& args) const;
  void BackwardData(const ConstTensorView& dy, const TensorView& dx) const;
  void BackwardWeights(const BackwardWeightsArgs& args) const;

  size_t WorkspaceBytes(const RunArgs& args, int threads) const;
  size_t WorkspaceBytes(const BackwardDataArgs& args, int threads) const;
  size_t WorkspaceBytes(const BackwardWeightsArgs& args, int threads) const;

  Explanation Explain(const RunArgs& args) const;
  Explanation Explain(const BackwardDataArgs& args) const;
  Explanation Explain(const BackwardWeightsArgs& args) const;

 private:
  struct Impl;
  Impl& impl() const;  // throws if there is none
  std::shared_ptr<Impl> impl_;
};

}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_CONV_TRANSPOSE2D_H_
