// y[n][oc][oh][ow]:  acc = bias;  for kh: for kw: for c: acc = fma(x, w, acc);  then the epilogue
//
// Written to be read: no loop here is tuned, and each rounding is one expression.
#include "lib/conv/reference.h"

#include <bit>

#include "lib/base/parallel.h"
#include "lib/conv/exact_fma.h"

namespace windrow::internal {
namespace {

// The class of the multiply-add. U rounds the product, then the sum (-ffp-contract=off keeps it
// so).
template <bool kFused>
float MultiplyAdd(float x, float w, float acc) {
  if constexpr (kFused) {
    return ExactFma(x, w, acc);
  } else {
    const float product = x * w;
    return acc + product;
  }
}

float Finish(float v, const Epilogue& e) {
  v += 0.0f;
  v = v < e.clamp_min ? e.clamp_min : v > e.clamp_max ? e.clamp_max : v;
  return v != v ? std::bit_cast<float>(0x7FC00000u) : v;
}

template <bool kFused>
float Chain(const ConvCall& call, int64_t n, int64_t oc, int64_t oh, int64_t ow) {
  const ConvOp& op = *call.op;
  const int64_t channels = op.group_in(), taps = call.h.kernel * call.w.kernel;
  const float* x = call.x + n * call.xs.n + oc / op.group_out() * channels * call.xs.c;
  const float* w = call.weights->oihw() + oc * channels * taps;
  float acc = call.weights->bias()[oc] + 0.0f;  // flushes a denormal if the caller wants that
  for (int64_t kh = 0; kh < call.h.kernel; ++kh) {
    const int64_t ih = call.h.Source(call.h.Position(oh, kh), op.mode);
    for (int64_t kw = 0; kw < call.w.kernel; ++kw) {
      const int64_t iw = call.w.Source(call.w.Position(ow, kw), op.mode);
      const bool zero = ih < 0 || iw < 0;
      const float* pixel = zero ? nullptr : x + ih * call.xs.h + iw * call.xs.w;
      for (int64_t c = 0; c < channels; ++c) {
        acc = MultiplyAdd<kFused>(zero ? 0.0f : pixel[c * call.xs.c],
                                  w[c * taps + kh * call.w.kernel + kw], acc);
      }
    }
  }
  return acc;
}

// A row of outputs of one image, all channels.
template <bool kFused>
void Row(const ConvCall& call, int64_t n, int64_t oh) {
  for (int64_t oc = 0; oc < call.op->out_channels; ++oc) {
    for (int64_t ow = 0; ow < call.w.out; ++ow) {
      const auto at = [&](const Strides& s) { return n * s.n + oc * s.c + oh * s.h + ow * s.w; };
      float v = Chain<kFused>(call, n, oc, oh, ow);
      if (call.residual != nullptr) v += call.residual[at(call.rs)];
      call.y[at(call.ys)] = Finish(v, call.op->epilogue);
    }
  }
}

}  // namespace

const char* RefuseReference(const ConvCall&) { return nullptr; }

double EstimateReference(const ConvCall& call) {
  constexpr double kEmulated = 30, kPlain = 6;  // cycles of a multiply-add
  return static_cast<double>(call.multiply_adds()) * (call.op->fused ? kEmulated : kPlain);
}

void RunReference(const ConvCall& call) {
  const auto row = [&call](int64_t task) {
    const int64_t n = task / call.h.out, oh = task % call.h.out;
    call.op->fused ? Row<true>(call, n, oh) : Row<false>(call, n, oh);
  };
  const int64_t tasks = call.n * call.h.out;
  if (call.threads > 1) {
    ParallelFor(tasks, row);
  } else {
    for (int64_t task = 0; task < tasks; ++task) row(task);
  }
}

}  // namespace windrow::internal
