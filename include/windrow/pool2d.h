// Two-dimensional pooling, with the semantics of torch.nn.MaxPool2d, AvgPool2d, AdaptiveMaxPool2d
// and AdaptiveAvgPool2d, and the same bits on every CPU, in every layout and on any number of
// threads.
//
// A window's taps are those inside the input, row by row. A maximum of them is
//
//   m = first;  for kh: for kw: m = x > m or x is NaN ? x : m;  NaN -> 0x7FC00000
//
// and an average
//
//   (sum over kh of the sums over kw of x, + +0) / divisor;  NaN -> 0x7FC00000
//   sum:  s = +0;  for each part: { p = +0;  for each term of it: p += term;  s += p; }
//
// so the first of equal maxima wins (+0 and -0 are equal), and the last NaN. A part are the terms
// 64 q to 64 q + 63 of a sum, counted from the kernel's first row or column, on padding or not (of
// an adaptive pooling from the window's first): a kernel of up to 64 has one, and a sum of K terms
// is off by at most (64 + K / 64) units of 2^-24 of the sum of their magnitudes. Padding is -inf to
// a maximum and nothing, or zeros, to an average.
//
// Between the taps of a dilated kernel a small image may lie as a whole: then a maximum is -inf,
// without an index, and an average 0 / divisor, which is NaN where padding does not count.
//
// The gradients are decided too, so that nothing about them depends on threads or layout either:
// dx of an element is the sum, over the output rows whose windows hold it, of the sums over the
// outputs of such a row, each ascending from +0. What a window adds is dy (max: to the element of
// its index alone) or the rounded quotient dy / divisor (average). NaN -> 0x7FC00000.
#ifndef WINDROW_POOL2D_H_
#define WINDROW_POOL2D_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
struct PoolLayer;
}  // namespace internal

inline namespace v0 {

// Padding is at most half the kernel's size, as PyTorch's; but that of Padding::Sides, as ONNX's
// and Caffe's, only less than what a window covers, dilation * (kernel - 1) + 1, on each side.

// The parameters of torch.nn.MaxPool2d, and four of our own.
struct MaxPool2dOptions {
  Size2 kernel_size{0, 0};  // must be set
  Size2 stride{0, 0};       // 0: the kernel's size
  Padding padding{0};       // of -inf
  Size2 dilation{1, 1};
  bool ceil_mode = false;          // one more window where the last would leave pixels out
  std::string algorithm = "auto";  // or a name of PoolAlgorithms()
  std::string target{};            // a name of cpu::Targets(); empty: cpu::ActiveTarget()
  std::string backward = "auto";   // or a name of PoolBackwardAlgorithms()
  Tuning tuning = Tuning::kEstimate;
};

// The parameters of torch.nn.AvgPool2d, and five of our own.
struct AvgPool2dOptions {
  Size2 kernel_size{0, 0};  // must be set
  Size2 stride{0, 0};       // 0: the kernel's size
  Padding padding{0};
  bool ceil_mode = false;
  bool count_include_pad = true;  // whether the divisor counts padding (it never counts what
                                  // ceil_mode lets reach over that)
  std::optional<int64_t> divisor_override{};  // not 0
  Size2 dilation{1, 1};                       // as ONNX has it
  std::string algorithm = "auto";
  std::string target{};
  std::string backward = "auto";
  Tuning tuning = Tuning::kEstimate;
};

// The parameters of torch.nn.AdaptiveMaxPool2d and AdaptiveAvgPool2d, and four of our own. Output o
// of `out` sees the inputs [floor(o * in / out), ceil((o + 1) * in / out)). An output_size of 1 is
// global pooling.
struct AdaptivePool2dOptions {
  static constexpr int64_t kAsInput = -1;  // PyTorch's None
  Size2 output_size{0, 0};                 // must be set
  std::string algorithm = "auto";
  std::string target{};
  std::string backward = "auto";
  Tuning tuning = Tuning::kEstimate;
};

// One call. x and y may differ in layout and have gaps; they need only be aligned to an element.
// Nothing may overlap.
struct PoolArgs {
  ConstTensorView x;
  TensorView y;
  // Of maxima only: h * W + w of each in its input plane, as PyTorch's return_indices. -1 where a
  // dilated window has no tap inside the input (PyTorch then gives one that lies outside of it).
  IndexView indices{};
  // At least WorkspaceBytes(), apart from the views; the object's own if empty.
  std::span<std::byte> workspace{};
};

// The gradient by the input of a Run: dy is as large as y, dx as x. They may differ in layout and
// have gaps. dx may not overlap dy, the indices, nor itself.
struct PoolBackwardArgs {
  ConstTensorView dy;
  TensorView dx;  // written whole: what no window holds is +0
  // Of maxima only: those that Run gave. -1 is no element, and so is one that the index's own
  // window does not hold.
  ConstIndexView indices{};
  std::span<std::byte> workspace{};
};

// What all poolings share; no object is of this class alone. Bound to a SIMD target when it is
// built; any number of threads may Run it at once, with any N, C, H and W. Copying is cheap. One
// that was moved from has nothing left: every method throws std::invalid_argument, until another
// is assigned to it.
class WINDROW_API Pooling {
 public:
  const std::string& target() const;

  // PyTorch's: floor((in + padding - dilation * (kernel - 1) - 1) / stride) + 1 in each direction;
  // with ceil_mode ceil, without a last window that would start past the input and the padding
  // before it. Throws std::invalid_argument for an input that has no window.
  Shape OutputShape(const Shape& input) const;

  // Runs in the calling thread's tbb::task_arena, apart from the caller's tasks: a thread that
  // waits here takes none of them, so locks may be held, and cancelling their group does not cancel
  // this. Once it returns, all of y is written. A batch of 0 does nothing. Throws
  // std::invalid_argument if shapes disagree or memory overlaps, std::bad_alloc without memory for
  // scratch; then nothing was written. Without memory for TBB's tasks, std::bad_alloc leaves y
  // written in part.
  void Run(const PoolArgs& args) const;
  void Run(const ConstTensorView& x, const TensorView& y) const;
  Tensor Run(const ConstTensorView& x) const;  // in x's layout
  Tensor Run(const Tensor& x) const;

  // The gradient, in the same way and with the same errors as Run. Throws std::invalid_argument,
  // too, for an index that is not in its plane; then dx is written in part.
  void Backward(const PoolBackwardArgs& args) const;

  // The scratch memory a Run needs on up to `threads` threads, of dense tensors in one layout
  // without indices, or of just these views: as many times what one thread needs, at most the L2
  // cache, whatever the sizes. Throws std::invalid_argument as a Run would.
  size_t WorkspaceBytes(const Shape& input, Layout layout, int threads) const;
  size_t WorkspaceBytes(const PoolArgs& args, int threads) const;
  size_t WorkspaceBytes(const PoolBackwardArgs& args, int threads) const;

  // Which algorithm a Run of dense tensors without indices takes, or one of just these views, and
  // why not another.
  Explanation Explain(const Shape& input, Layout layout) const;
  Explanation Explain(const PoolArgs& args) const;
  Explanation Explain(const PoolBackwardArgs& args) const;

 protected:
  struct Impl;
  explicit Pooling(std::shared_ptr<Impl> impl);
  // One of some class is copied as such, and not assigned to one of another.
  Pooling(const Pooling&) = default;
  Pooling(Pooling&&) = default;
  Pooling& operator=(const Pooling&) = default;
  Pooling& operator=(Pooling&&) = default;
  ~Pooling() = default;
  Impl& impl() const;  // throws if there is none

 private:
  friend class Fused;
  internal::PoolLayer layer() const;
  std::shared_ptr<Impl> impl_;
};

// Maxima, and where each is in its input plane, as PoolArgs::indices says; both in x's layout.
struct MaxPoolResult {
  Tensor y;
  IndexTensor indices;
};

// The constructors throw std::invalid_argument if an option is wrong, with the facts that disagree.
// options() are those given, with the name of the target that the object is bound to.
class WINDROW_API MaxPool2d : public Pooling {
 public:
  explicit MaxPool2d(const MaxPool2dOptions& options);
  const MaxPool2dOptions& options() const;
  using Pooling::Backward;
  void Backward(const ConstTensorView& dy, const ConstIndexView& indices,
                const TensorView& dx) const;
  MaxPoolResult RunWithIndices(const ConstTensorView& x) const;
  MaxPoolResult RunWithIndices(const Tensor& x) const;
};

class WINDROW_API AvgPool2d : public Pooling {
 public:
  explicit AvgPool2d(const AvgPool2dOptions& options);
  const AvgPool2dOptions& options() const;
  using Pooling::Backward;
  void Backward(const ConstTensorView& dy, const TensorView& dx) const;
};

class WINDROW_API AdaptiveMaxPool2d : public Pooling {
 public:
  explicit AdaptiveMaxPool2d(const AdaptivePool2dOptions& options);
  const AdaptivePool2dOptions& options() const;
  using Pooling::Backward;
  void Backward(const ConstTensorView& dy, const ConstIndexView& indices,
                const TensorView& dx) const;
  MaxPoolResult RunWithIndices(const ConstTensorView& x) const;
  MaxPoolResult RunWithIndices(const Tensor& x) const;
};

class WINDROW_API AdaptiveAvgPool2d : public Pooling {
 public:
  explicit AdaptiveAvgPool2d(const AdaptivePool2dOptions& options);
  const AdaptivePool2dOptions& options() const;
  using Pooling::Backward;
  void Backward(const ConstTensorView& dy, const TensorView& dx) const;
};

// The names the options' `algorithm` takes besides "auto".
WINDROW_API std::vector<std::string> PoolAlgorithms();
// The names the options' `backward` takes besides "auto".
WINDROW_API std::vector<std::string> PoolBackwardAlgorithms();

// The chapter's one-line function: windows of this size, no padding, stride 1.
enum class PoolMode : uint8_t { kMax, kAvg };
WINDROW_API Tensor Pool2d(const Tensor& x, Size2 size, PoolMode mode = PoolMode::kMax);

}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_POOL2D_H_
