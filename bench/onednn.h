// What convolution and pooling of oneDNN share.
#ifndef WINDROW_BENCH_ONEDNN_H_
#define WINDROW_BENCH_ONEDNN_H_

#include <dnnl.hpp>
#include <functional>
#include <memory>
#include <unordered_map>

#include "bench/peer.h"

namespace windrow::bench::onednn {

using dnnl::memory;
using Tag = memory::format_tag;

const dnnl::engine& Cpu();
memory::desc Describe(const memory::dims& dims, Tag tag);
memory::dims Dims(const Shape& shape);
// A copy of dense `values` in the memory format `to`.
memory Reordered(const memory::desc& from, const float* values, const memory::desc& to);

// A primitive and its arguments.
class Operation : public PeerOperation {
 public:
  Operation(const Shape& output, const dnnl::primitive& primitive,
            std::unordered_map<int, memory> arguments);
  // Whose output is another argument, plainly described so.
  Operation(const Shape& output, const dnnl::primitive& primitive,
            std::unordered_map<int, memory> arguments, int result, memory::desc plain);
  void Run() override;
  Tensor Output() const override;

 private:
  Shape output_;
  int result_;
  memory::desc plain_;
  dnnl::stream stream_;
  dnnl::primitive primitive_;
  std::unordered_map<int, memory> arguments_;
};

// What `make` returns, or null if it finds that oneDNN has no such thing.
std::unique_ptr<PeerOperation> IfThereIsOne(
    const std::function<std::unique_ptr<PeerOperation>()>& make);

// See PeerFormat.
std::unique_ptr<PeerOperation> MakeGradient(const Layer& layer, Gradient gradient,
                                            const GradientOperands& operands, Tag activations);
std::unique_ptr<PeerOperation> MakePooling(const Pool& pool, const Tensor& x, Tag activations);
std::unique_ptr<PeerOperation> MakePoolingGradient(const Pool& pool, const Tensor& x,
                                                   const Tensor& dy, Tag activations);

}  // namespace windrow::bench::onednn

#endif  // WINDROW_BENCH_ONEDNN_H_
