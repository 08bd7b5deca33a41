// oneDNN's pooling.
#include <algorithm>

#include "bench/onednn.h"

namespace windrow::bench::onednn {
namespace {

std::unique_ptr<PeerOperation> Make(const Pool& pool, const Tensor& x, Tag activations) {
  const Shape output = pool.Output();
  // Of ceil_mode it only knows the padding that the last window reaches over; negative where pixels
  // are left out.
  const auto reach = [](int64_t out, int64_t stride, int64_t kernel, int64_t in, int64_t before) {
    return (out - 1) * stride + kernel - in - before;
  };
  const Size2 after{
      reach(output.h(), pool.stride.h, pool.kernel.h, pool.input.h(), pool.padding.h),
      reach(output.w(), pool.stride.w, pool.kernel.w, pool.input.w(), pool.padding.w)};
  const bool over = after.h > pool.padding.h || after.w > pool.padding.w;
  const bool average = pool.mode == PoolMode::kAvg;
  if (average && over) return nullptr;  // its divisor would count that
  const dnnl::pooling_forward::desc desc(
      dnnl::prop_kind::forward_inference,
      average ? dnnl::algorithm::pooling_avg_include_padding : dnnl::algorithm::pooling_max,
      Describe(Dims(pool.input), activations), Describe(Dims(output), activations),
      {pool.stride.h, pool.stride.w}, {pool.kernel.h, pool.kernel.w},
      {pool.padding.h, pool.padding.w},
      {std::max(after.h, pool.padding.h), std::max(after.w, pool.padding.w)});
  const dnnl::pooling_forward::primitive_desc chosen(desc, Cpu());
  const memory from = Reordered(Describe(Dims(pool.input), Tag::nchw), x.data(), chosen.src_desc());
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
