// oneDNN as a peer: forward inference in f32, weights reordered once, activations in the format
// oneDNN likes best ("any", and nothing for reordering them), in NHWC or in NCHW.
#include <dlfcn.h>

#include <dnnl.hpp>
#include <unordered_map>
#include <utility>

#include "bench/peer.h"

namespace windrow::bench {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

const dnnl::engine& Cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

memory::desc Describe(const memory::dims& dims, Tag tag) {
  return memory::desc(dims, memory::data_type::f32, tag);
}

memory::dims Dims(const Shape& s) { return {s.n(), s.c(), s.h(), s.w()}; }

// A copy of dense `values` in the memory format `to`.
memory Reordered(const memory::desc& from, const float* values, const memory::desc& to) {
  memory source(from, Cpu(), const_cast<float*>(values));  // only read
  memory target(to, Cpu());
  dnnl::stream stream(Cpu());
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
  return target;
}

class OneDnnConvolution : public PeerConvolution {
 public:
  OneDnnConvolution(const Layer& layer, const Operands& operands, Tag activations)
      : output_(layer.Output()), stream_(Cpu()) {
    const Conv2dOptions& o = layer.options;
    const memory::dims weights =
        o.groups == 1
            ? memory::dims{o.out_channels, o.in_channels, o.kernel_size.h, o.kernel_size.w}
            : memory::dims{o.groups, o.out_channels / o.groups, o.in_channels / o.groups,
                           o.kernel_size.h, o.kernel_size.w};
    const Tag plain_weights = o.groups == 1 ? Tag::oihw : Tag::goihw;
    const memory::desc bias = Describe(memory::dims{o.out_channels}, Tag::x);
    // A dense kernel has dilation 0 here.
    const dnnl::convolution_forward::desc desc(
        dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
        Describe(Dims(layer.input), activations), Describe(weights, Tag::any), bias,
        Describe(Dims(output_), activations), {o.stride.h, o.stride.w},
        {o.dilation.h - 1, o.dilation.w - 1}, {o.padding.top(), o.padding.left()},
        {o.padding.bottom(), o.padding.right()});
    const dnnl::convolution_forward::primitive_desc chosen(desc, Cpu());
    convolution_ = dnnl::convolution_forward(chosen);
    y_ = memory(chosen.dst_desc(), Cpu());
    arguments_ = {{DNNL_ARG_SRC, Reordered(Describe(Dims(layer.input), Tag::nchw),
                                           operands.x.data(), chosen.src_desc())},
                  {DNNL_ARG_WEIGHTS, Reordered(Describe(weights, plain_weights),
                                               operands.weights.data(), chosen.weights_desc())},
                  {DNNL_ARG_BIAS, Reordered(bias, operands.bias.data(), bias)},
                  {DNNL_ARG_DST, y_}};
  }

  void Run() override {
    convolution_.execute(stream_, arguments_);
    stream_.wait();
  }

  Tensor Output() const override {
    Tensor result(output_, Layout::kNchw);
    const memory::desc plain = Describe(Dims(output_), Tag::nchw);
    memory source = y_, target(plain, Cpu(), result.data());
    dnnl::stream stream(Cpu());
    dnnl::reorder(source, target).execute(stream, source, target);
    stream.wait();
    return result;
  }

 private:
  Shape output_;
  dnnl::stream stream_;
  dnnl::convolution_forward convolution_;
  memory y_;
  std::unordered_map<int, memory> arguments_;
};

PeerFormat Format(const char* name, std::vector<Layout> layouts, Tag activations) {
  return {name, std::move(layouts),
          [activations](const Layer& layer,
                        const Operands& operands) -> std::unique_ptr<PeerConvolution> {
            try {
              return std::make_unique<OneDnnConvolution>(layer, operands, activations);
            } catch (const dnnl::error& e) {
              if (e.status == dnnl_unimplemented) return nullptr;
              throw;
            }
          }};
}

// In the OpenMP runtime that oneDNN brought along, whichever it is; if it uses TBB instead, the
// arena that runs the benchmarks decides.
void SetThreads(int threads) {
  using Set = void (*)(int);
  if (auto set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"))) set(threads);
}

}  // namespace

Peer OneDnnPeer() {
  const dnnl_version_t* v = dnnl_version();
  return {
      "onednn",
      std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch),
      SetThreads,
      {Format("onednn_any", {}, Tag::any), Format("onednn_nhwc", {Layout::kNhwc}, Tag::nhwc),
       Format("onednn_nchw", {Layout::kNchw}, Tag::nchw)}};
}

}  // namespace windrow::bench
