// Two layers as one call: a convolution and what follows it, another convolution or a pooling.
//
//   y = second(first(x)),  the bits of one call after the other
//
// What lies between the two never goes through memory as a whole, where that pays: the call is done
// in bands of rows of y, and the rows that a band needs of the first layer's output wait in scratch
// memory, in the L2 cache. So a depthwise convolution, whose clamp or activation is the epilogue of
// the first, and the 1x1 convolution after it read x and write y, and that is all.
//
// A residual belongs to the second layer. Each layer has its own numerics, target and epilogue.
#ifndef WINDROW_FUSED_H_
#define WINDROW_FUSED_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "windrow/conv2d.h"
#include "windrow/explanation.h"
#include "windrow/export.h"
#include "windrow/pool2d.h"
#include "windrow/tensor.h"

namespace windrow {
inline namespace v0 {

struct FusedOptions {
  // Or a name of FusedAlgorithms(). (In each band the layers' own algorithms are taken; where one
  // of them names a plan that a band does not have, "direct/order", the best of that algorithm.
  // Bands are planned by estimate, whatever the layers' Tuning, and wisdom knows none.)
  std::string algorithm = "auto";
};

// Holds copies of its layers, which share their weights: SetWeights() on a layer changes what the
// pair computes, and no thread may Run the pair meanwhile. Otherwise it is as its layers are: any
// number of threads may Run it at once, with any N, H and W; a Run like the one before allocates
// nothing; copying is cheap; one that was moved from throws std::invalid_argument until another is
// assigned to it.
class WINDROW_API Fused {
 public:
  // Throw std::invalid_argument unless the second convolution expects as many channels as the first
  // gives. (A pooling takes any number.)
  Fused(const Conv2d& first, const Conv2d& second, const FusedOptions& options = {});
  Fused(const Conv2d& first, const MaxPool2d& second, const FusedOptions& options = {});
  Fused(const Conv2d& first, const AvgPool2d& second, const FusedOptions& options = {});

  const FusedOptions& options() const;

  // second.OutputShape(first.OutputShape(input)). Throws std::invalid_argument for an input that
  // one of them cannot take, and std::length_error if what lies between would not fit 63 bits.
  Shape OutputShape(const Shape& input) const;

  // As Conv2d's (conv2d.h): threads, what is thrown, batches of 0, views of any strides. Throws
  // std::invalid_argument for a residual if the second is a pooling.
  void Run(const RunArgs& args) const;
  void Run(const ConstTensorView& x, const TensorView& y) const;
  Tensor Run(const ConstTensorView& x) const;  // in x's layout
  Tensor Run(const Tensor& x) const;

  // The scratch memory a Run needs on up to `threads` threads, of dense tensors in one layout, or
  // of just these views. In bands, each thread has that of its layers and the rows between them: of
  // as many output rows as fit half the L2 cache with all that they see, or, if that is more, as
  // see padding and one. Where bands do not pay, all threads have that of their layers and between
  // them as many images as fit half of their L2 caches, or one.
  size_t WorkspaceBytes(const Shape& input, Layout layout, int threads) const;
  size_t WorkspaceBytes(const RunArgs& args, int threads) const;

  // Whether a Run of dense tensors, or of just these views, works in bands, in which, and how.
  Explanation Explain(const Shape& input, Layout layout) const;
  Explanation Explain(const RunArgs& args) const;

 private:
  struct Impl;
  template <class Second>
  static std::shared_ptr<Impl> Make(const Conv2d& first, const Second& second,
                                    const FusedOptions& options);
  Impl& impl() const;  // throws if there is none
  std::shared_ptr<Impl> impl_;
};

// The names FusedOptions::algorithm takes besides "auto".
WINDROW_API std::vector<std::string> FusedAlgorithms();

}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_FUSED_H_
