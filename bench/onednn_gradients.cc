// oneDNN's convolution backward, by data and by weights and bias. Weights and their gradients are
// in the format that it likes best.
#include "bench/onednn.h"

namespace windrow::bench::onednn {
namespace {

struct Descriptions {
  memory::desc x, weights, bias, y;
  memory::dims stride, dilation, before, after;
  Tag plain_weights;
  memory::dims weight_dims;
};

Descriptions DescribeLayer(const Layer& layer, Tag activations) {
  const ConvProblem& p = layer.problem;
  const bool grouped = p.g != 1;
  Descriptions d;
  d.weight_dims = {p.oc / p.g, p.ic / p.g, p.kernel.h, p.kernel.w};
  if (grouped) d.weight_dims.insert(d.weight_dims.begin(), p.g);
  d.plain_weights = grouped ? Tag::goihw : Tag::oihw;
  d.x = Describe(Dims(layer.problem.input()), activations);
  d.weights = Describe(d.weight_dims, Tag::any);
  d.bias = Describe(memory::dims{p.oc}, Tag::x);
  d.y = Describe(Dims(layer.problem.output()), activations);
  d.stride = {p.stride.h, p.stride.w};
  d.dilation = {p.dilation.h - 1, p.dilation.w - 1};  // a dense kernel has 0 here
  d.before = {p.padding.top(), p.padding.left()};
  d.after = {p.padding.bottom(), p.padding.right()};
  return d;
}

dnnl::convolution_forward::primitive_desc Forward(const Descriptions& d) {
  return {{dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, d.x, d.weights,
           d.bias, d.y, d.stride, d.dilation, d.before, d.after},
          Cpu()};
}

std::unique_ptr<PeerOperation> MakeData(const Layer& layer, const GradientOperands& operands,
                                        Tag activations) {
  const Descriptions d = DescribeLayer(layer, activations);
  const dnnl::convolution_backward_data::desc desc(dnnl::algorithm::convolution_direct, d.x,
                                                   d.weights, d.y, d.stride, d.dilation, d.before,
                                                   d.after);
  const dnnl::convolution_backward_data::primitive_desc chosen(desc, Cpu(), Forward(d));
  return std::make_unique<Operation>(
      layer.problem.input(), dnnl::convolution_backward_data(chosen),
      std::unordered_map<int, memory>{
          {DNNL_ARG_DIFF_DST, Reordered(Describe(Dims(layer.problem.output()), Tag::nchw),
                                        operands.dy.data(), chosen.diff_dst_desc())},
          {DNNL_ARG_WEIGHTS, Reordered(Describe(d.weight_dims, d.plain_weights),
                                       operands.weights.data(), chosen.weights_desc())},
          {DNNL_ARG_DIFF_SRC, memory(chosen.diff_src_desc(), Cpu())}},
      DNNL_ARG_DIFF_SRC, Describe(Dims(layer.problem.input()), Tag::nchw));
}

std::unique_ptr<PeerOperation> MakeWeights(const Layer& layer, const GradientOperands& operands,
                                           Tag activations) {
  const ConvProblem& p = layer.problem;
  const Descriptions d = DescribeLayer(layer, activations);
  const dnnl::convolution_backward_weights::desc desc(dnnl::algorithm::convolution_direct, d.x,
                                                      d.weights, d.bias, d.y, d.stride, d.dilation,
                                                      d.before, d.after);
  const dnnl::convolution_backward_weights::primitive_desc chosen(desc, Cpu(), Forward(d));
  return std::make_unique<Operation>(
      Shape(p.oc, p.ic / p.g, p.kernel.h, p.kernel.w), dnnl::convolution_backward_weights(chosen),
      std::unordered_map<int, memory>{
          {DNNL_ARG_SRC, Reordered(Describe(Dims(layer.problem.input()), Tag::nchw),
                                   operands.x.data(), chosen.src_desc())},
          {DNNL_ARG_DIFF_DST, Reordered(Describe(Dims(layer.problem.output()), Tag::nchw),
                                        operands.dy.data(), chosen.diff_dst_desc())},
          {DNNL_ARG_DIFF_BIAS, memory(chosen.diff_bias_desc(), Cpu())},
          {DNNL_ARG_DIFF_WEIGHTS, memory(chosen.diff_weights_desc(), Cpu())}},
      DNNL_ARG_DIFF_WEIGHTS, Describe(d.weight_dims, d.plain_weights));
}

}  // namespace

std::unique_ptr<PeerOperation> MakeGradient(const Layer& layer, Gradient gradient,
                                            const GradientOperands& operands, Tag activations) {
  return IfThereIsOne([&] {
    return gradient == Gradient::kByData ? MakeData(layer, operands, activations)
                                         : MakeWeights(layer, operands, activations);
  });
}

}  // namespace windrow::bench::onednn
