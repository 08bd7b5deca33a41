// oneDNN's pooling, for inference, and its gradient.
#include <algorithm>

#include "bench/onednn.h"

namespace windrow::bench::onednn {
namespace {

struct PoolDescription {
  dnnl::algorithm algorithm;
  memory::desc x, y;
  memory::dims stride, kernel, before, after;
  bool possible;
};

PoolDescription DescribePool(const Pool& pool, Tag activations) {
  const PoolProblem& p = pool.problem;
  const Shape output = p.output();
  // Of ceil_mode it only knows the padding that the last window reaches over; negative where pixels
  // are left out.
  const auto reach = [](int64_t out, int64_t stride, int64_t kernel, int64_t in, int64_t before) {
    return (out - 1) * stride + kernel - in - before;
  };
  const Size2 after{reach(output.h(), p.stride.h, p.kernel.h, p.ih, p.padding.top()),
                    reach(output.w(), p.stride.w, p.kernel.w, p.iw, p.padding.left())};
  const bool over = after.h > p.padding.top() || after.w > p.padding.left();
  const bool average = p.average();
  return {.algorithm =
              average ? dnnl::algorithm::pooling_avg_include_padding : dnnl::algorithm::pooling_max,
          .x = Describe(Dims(p.input()), activations),
          .y = Describe(Dims(output), activations),
          .stride = {p.stride.h, p.stride.w},
          .kernel = {p.kernel.h, p.kernel.w},
          .before = {p.padding.top(), p.padding.left()},
          .after = {std::max(after.h, p.padding.top()), std::max(after.w, p.padding.left())},
          .possible = !average || !over};  // an average's divisor would count that
}

dnnl::pooling_forward::primitive_desc Forward(const PoolDescription& d, dnnl::prop_kind kind) {
  return {{kind, d.algorithm, d.x, d.y, d.stride, d.kernel, d.before, d.after}, Cpu()};
}

std::unique_ptr<PeerOperation> Make(const Pool& pool, const Tensor& x, Tag activations) {
  const PoolDescription d = DescribePool(pool, activations);
  if (!d.possible) return nullptr;
  const auto chosen = Forward(d, dnnl::prop_kind::forward_inference);
  const memory from =
      Reordered(Describe(Dims(pool.problem.input()), Tag::nchw), x.data(), chosen.src_desc());
  const memory to(chosen.dst_desc(), Cpu());
  return std::make_unique<Operation>(
      pool.problem.output(), dnnl::pooling_forward(chosen),
      std::unordered_map<int, memory>{{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
}

// A maximum remembers where it was in a workspace, which is made once.
std::unique_ptr<PeerOperation> MakeGradientOf(const Pool& pool, const Tensor& x, const Tensor& dy,
                                              Tag activations) {
  const PoolDescription d = DescribePool(pool, activations);
  if (!d.possible) return nullptr;
  const auto forward = Forward(d, dnnl::prop_kind::forward_training);
  const dnnl::pooling_backward::primitive_desc chosen(
      {d.algorithm, d.x, d.y, d.stride, d.kernel, d.before, d.after}, Cpu(), forward);
  std::unordered_map<int, memory> arguments{
      {DNNL_ARG_DIFF_DST, Reordered(Describe(Dims(pool.problem.output()), Tag::nchw), dy.data(),
                                    chosen.diff_dst_desc())},
      {DNNL_ARG_DIFF_SRC, memory(chosen.diff_src_desc(), Cpu())}};
  if (!pool.problem.average()) {
    const memory workspace(forward.workspace_desc(), Cpu());
    dnnl::stream stream(Cpu());
    dnnl::pooling_forward(forward).execute(
        stream, {{DNNL_ARG_SRC, Reordered(Describe(Dims(pool.problem.input()), Tag::nchw), x.data(),
                                          forward.src_desc())},
                 {DNNL_ARG_DST, memory(forward.dst_desc(), Cpu())},
                 {DNNL_ARG_WORKSPACE, workspace}});
    stream.wait();
    arguments.emplace(DNNL_ARG_WORKSPACE, workspace);
  }
  return std::make_unique<Operation>(pool.problem.input(), dnnl::pooling_backward(chosen),
                                     std::move(arguments), DNNL_ARG_DIFF_SRC,
                                     Describe(Dims(pool.problem.input()), Tag::nchw));
}

}  // namespace

std::unique_ptr<PeerOperation> MakePooling(const Pool& pool, const Tensor& x, Tag activations) {
  return IfThereIsOne([&] { return Make(pool, x, activations); });
}

std::unique_ptr<PeerOperation> MakePoolingGradient(const Pool& pool, const Tensor& x,
                                                   const Tensor& dy, Tag activations) {
  return IfThereIsOne([&] { return MakeGradientOf(pool, x, dy, activations); });
}

}  // namespace windrow::bench::onednn
