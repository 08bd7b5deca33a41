// oneDNN's pooling.
#include <algorithm>

#include "bench/onednn.h"

namespace windrow::bench::onednn {
namespace {

std::unique_ptr<PeerOperation> Make(const Pool& pool, const Tensor& x, Tag activations) {
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
  if (average && over) return nullptr;  // its divisor would count that
  const dnnl::pooling_forward::desc desc(
      dnnl::prop_kind::forward_inference,
      average ? dnnl::algorithm::pooling_avg_include_padding : dnnl::algorithm::pooling_max,
      Describe(Dims(p.input()), activations), Describe(Dims(output), activations),
      {p.stride.h, p.stride.w}, {p.kernel.h, p.kernel.w}, {p.padding.top(), p.padding.left()},
      {std::max(after.h, p.padding.top()), std::max(after.w, p.padding.left())});
  const dnnl::pooling_forward::primitive_desc chosen(desc, Cpu());
  const memory from = Reordered(Describe(Dims(p.input()), Tag::nchw), x.data(), chosen.src_desc());
  const memory to(chosen.dst_desc(), Cpu());
  return std::make_unique<Operation>(
      output, dnnl::pooling_forward(chosen),
      std::unordered_map<int, memory>{{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
}

}  // namespace

std::unique_ptr<PeerOperation> MakePooling(const Pool& pool, const Tensor& x, Tag activations) {
  return IfThereIsOne([&] { return Make(pool, x, activations); });
}

}  // namespace windrow::bench::onednn
