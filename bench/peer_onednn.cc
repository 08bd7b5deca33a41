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
  const Conv2dOptions& o = layer.options;
  const Shape output = layer.Output();
  const memory::dims weights =
      o.groups == 1 ? memory::dims{o.out_channels, o.in_channels, o.kernel_size.h, o.kernel_size.w}
                    : memory::dims{o.groups, o.out_channels / o.groups, o.in_channels / o.groups,
                                   o.kernel_size.h, o.kernel_size.w};
  const Tag plain_weights = o.groups == 1 ? Tag::oihw : Tag::goihw;
  const memory::desc bias = Describe(memory::dims{o.out_channels}, Tag::x);
  // A dense kernel has dilation 0 here.
  const dnnl::convolution_forward::desc desc(
      dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
      Describe(Dims(layer.input), activations), Describe(weights, Tag::any), bias,
      Describe(Dims(output), activations), {o.stride.h, o.stride.w},
      {o.dilation.h - 1, o.dilation.w - 1}, {o.padding.top(), o.padding.left()},
      {o.padding.bottom(), o.padding.right()});
  const dnnl::convolution_forward::primitive_desc chosen(desc, Cpu());
  return std::make_unique<Operation>(
      output, dnnl::convolution_forward(chosen),
      std::unordered_map<int, memory>{
          {DNNL_ARG_SRC,
           Reordered(Describe(Dims(layer.input), Tag::nchw), operands.x.data(), chosen.src_desc())},
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
