// oneDNN as a peer: forward inference in f32, weights reordered once, activations in the format
// oneDNN likes best ("any", and nothing for reordering them), in NHWC or in NCHW.
#include <dlfcn.h>

#include <utility>

#include "bench/onednn.h"

namespace windrow::bench {
namespace onednn {
namespace {

std::unique_ptr<PeerOperation> MakeConvolution(const Layer& layer, const Operands& operands,
                                               Tag activations) {
  const ConvProblem& p = layer.problem;
  const Shape output = layer.problem.output();
  const memory::dims weights =
      p.g == 1 ? memory::dims{p.oc, p.ic, p.kernel.h, p.kernel.w}
               : memory::dims{p.g, p.oc / p.g, p.ic / p.g, p.kernel.h, p.kernel.w};
  const Tag plain_weights = p.g == 1 ? Tag::oihw : Tag::goihw;
  const memory::desc bias = Describe(memory::dims{p.oc}, Tag::x);
  // A dense kernel has dilation 0 here.
  const dnnl::convolution_forward::desc desc(
      dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
      Describe(Dims(layer.problem.input()), activations), Describe(weights, Tag::any), bias,
      Describe(Dims(output), activations), {p.stride.h, p.stride.w},
      {p.dilation.h - 1, p.dilation.w - 1}, {p.padding.top(), p.padding.left()},
      {p.padding.bottom(), p.padding.right()});
  const dnnl::convolution_forward::primitive_desc chosen(desc, Cpu());
  return std::make_unique<Operation>(
      output, dnnl::convolution_forward(chosen),
      std::unordered_map<int, memory>{
          {DNNL_ARG_SRC, Reordered(Describe(Dims(layer.problem.input()), Tag::nchw),
                                   operands.x.data(), chosen.src_desc())},
          {DNNL_ARG_WEIGHTS, Reordered(Describe(weights, plain_weights), operands.weights.data(),
                                       chosen.weights_desc())},
          {DNNL_ARG_BIAS, Reordered(bias, operands.bias.data(), bias)},
          {DNNL_ARG_DST, memory(chosen.dst_desc(), Cpu())}});
}

PeerFormat Format(const char* name, std::vector<Layout> layouts, Tag activations) {
  PeerFormat format{
      name, std::move(layouts), [activations](const Layer& layer, const Operands& operands) {
        return IfThereIsOne([&] { return MakeConvolution(layer, operands, activations); });
      }};
  format.make_gradient = [activations](const Layer& layer, Gradient gradient,
                                       const GradientOperands& operands) {
    return MakeGradient(layer, gradient, operands, activations);
  };
  if (activations != Tag::any) {  // a pooling takes its input as it is
    format.make_pooling = [activations](const Pool& pool, const Tensor& x) {
      return MakePooling(pool, x, activations);
    };
    format.make_pooling_gradient = [activations](const Pool& pool, const Tensor& x,
                                                 const Tensor& dy) {
      return MakePoolingGradient(pool, x, dy, activations);
    };
  }
  return format;
}

// In the OpenMP runtime that oneDNN brought along, whichever it is; if it uses TBB instead, the
// arena that runs the benchmarks decides.
void SetThreads(int threads) {
  using Set = void (*)(int);
  if (auto set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"))) set(threads);
}

}  // namespace
}  // namespace onednn

Peer OneDnnPeer() {
  using onednn::Format;
  using onednn::Tag;
  const dnnl_version_t* v = dnnl_version();
  return {
      "onednn",
      std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch),
      onednn::SetThreads,
      {Format("onednn_any", {}, Tag::any), Format("onednn_nhwc", {Layout::kNhwc}, Tag::nhwc),
       Format("onednn_nchw", {Layout::kNchw}, Tag::nchw)}};
}

}  // namespace windrow::bench
