// x[n][ic][ih][iw]:
//
//   acc = bias;  for oh: for ow: if a tap (kh, kw) leads from (oh, ow) to (ih, iw):
//     for oc: acc = fma(y[oc][oh][ow], w[oc][ic][kh][kw], acc);  then the epilogue
#include "lib/base/parallel.h"
#include "lib/conv/scalar.h"
#include "lib/conv/scalar_epilogue.h"
#include "lib/conv/transposed.h"

namespace windrow::internal {
namespace {

template <bool kFused>
float Chain(const ConvOp& op, const TransposedCall& c, const float* weights, float acc, int64_t n,
            int64_t ic, int64_t ih, int64_t iw) {
  const Axis &h = c.geometry.h, &w = c.geometry.w;
  const int64_t outs = op.group_out(), taps = h.kernel * w.kernel, group = ic / op.group_in();
  const float* const y = c.y + n * c.ys.n + group * outs * c.ys.c;
  const float* const to_ic = weights + (group * outs * op.group_in() + ic % op.group_in()) * taps;
  for (int64_t kh = h.kernel - 1; kh >= 0; --kh) {  // the last tap comes from the first row
    const int64_t oh = h.OutputAt(ih, kh);
    if (oh < 0) continue;
    for (int64_t kw = w.kernel - 1; kw >= 0; --kw) {
      const int64_t ow = w.OutputAt(iw, kw);
      if (ow < 0) continue;
      const float* const pixel = y + oh * c.ys.h + ow * c.ys.w;
      for (int64_t oc = 0; oc < outs; ++oc) {
        acc = MultiplyAdd<kFused>(pixel[oc * c.ys.c],
                                  to_ic[oc * op.group_in() * taps + kh * w.kernel + kw], acc);
      }
    }
  }
  return acc;
}

}  // namespace

TransposedReference::TransposedReference(const ConvOp& forward, const float* weights,
                                         std::span<const float> bias)
    : forward_(forward) {
  Set(weights, bias);
}

void TransposedReference::Set(const float* weights, std::span<const float> bias) {
  const ConvOp& op = forward_;
  weights_.assign(weights, weights + op.out_channels * op.group_in() * op.kernel.h * op.kernel.w);
  bias_.assign(static_cast<size_t>(op.in_channels), 0.0f);
  std::copy(bias.begin(), bias.end(), bias_.begin());
}

void TransposedReference::Run(const TransposedCall& c) const {
  const ConvOp& op = forward_;
  const int64_t height = c.geometry.h.in, width = c.geometry.w.in;
  const int threads = c.multiply_adds(op) >= kMinParallelWork ? MaxThreads() : 1;
  RunTasks(threads, c.geometry.n * height, [&](int64_t task, int64_t) {
    const int64_t n = task / height, ih = task % height;
    for (int64_t ic = 0; ic < op.in_channels; ++ic) {
      for (int64_t iw = 0; iw < width; ++iw) {
        const float bias = bias_[static_cast<size_t>(ic)] + 0.0f;
        const float v = op.fused ? Chain<true>(op, c, weights_.data(), bias, n, ic, ih, iw)
                                 : Chain<false>(op, c, weights_.data(), bias, n, ic, ih, iw);
        c.x[n * c.xs.n + ic * c.xs.c + ih * c.xs.h + iw * c.xs.w] =
            FinishOutput(v, op.epilogue, ic, nullptr);
      }
    }
  });
}

}  // namespace windrow::internal
