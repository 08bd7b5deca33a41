// y[n][oc][oh][ow]:  acc = bias;  for kh: for kw: for c: acc = fma(x, w, acc);  then the epilogue
//
// Written to be read: no loop here is tuned, and each rounding is one expression.
#include "lib/base/parallel.h"
#include "lib/conv/scalar.h"
#include "lib/conv/scalar_epilogue.h"
#include "lib/conv/strategies.h"

namespace windrow::internal {
namespace {

template <bool kFused>
float Chain(const ConvShape& c, const ConvBuffers& b, int64_t n, int64_t oc, int64_t oh,
            int64_t ow) {
  const ConvOp& op = *c.op;
  const int64_t channels = op.group_in(), taps = c.h.kernel * c.w.kernel;
  const float* x = b.x + n * c.xs.n + oc / op.group_out() * channels * c.xs.c;
  const float* w = c.weights->oihw() + oc * channels * taps;
  float acc = c.weights->bias()[oc] + 0.0f;  // flushes a denormal if the caller wants that
  for (int64_t kh = 0; kh < c.h.kernel; ++kh) {
    const int64_t ih = c.h.Source(c.h.Position(oh, kh), op.mode);
    for (int64_t kw = 0; kw < c.w.kernel; ++kw) {
      const int64_t iw = c.w.Source(c.w.Position(ow, kw), op.mode);
      const bool zero = ih < 0 || iw < 0;
      if (zero && op.padding_absent) continue;
      const float* pixel = zero ? nullptr : x + ih * c.xs.h + iw * c.xs.w;
      for (int64_t i = 0; i < channels; ++i) {
        acc = MultiplyAdd<kFused>(zero ? 0.0f : pixel[i * c.xs.c],
                                  w[i * taps + kh * c.w.kernel + kw], acc);
      }
    }
  }
  return acc;
}

// A row of outputs of one image, all channels.
template <bool kFused>
void Row(const ConvShape& c, const ConvBuffers& b, int64_t n, int64_t oh) {
  for (int64_t oc = 0; oc < c.op->out_channels; ++oc) {
    for (int64_t ow = 0; ow < c.w.out; ++ow) {
      const auto at = [&](const Strides& s) { return n * s.n + oc * s.c + oh * s.h + ow * s.w; };
      const float* const residual = b.residual == nullptr ? nullptr : b.residual + at(c.rs);
      b.y[at(c.ys)] =
          FinishOutput(Chain<kFused>(c, b, n, oc, oh, ow), c.op->epilogue, oc, residual);
    }
  }
}

struct ReferencePlan {
  ConvShape shape;
  double cycles;

  int64_t ScratchBytes() const { return 0; }
  std::string Describe() const { return "scalar"; }
  void Run(const ConvBuffers& b) const {
    RunTasks(shape.threads, shape.n * shape.h.out, [&](int64_t task, int64_t) {
      const int64_t n = task / shape.h.out, oh = task % shape.h.out;
      shape.op->fused ? Row<true>(shape, b, n, oh) : Row<false>(shape, b, n, oh);
    });
  }
};

}  // namespace

const char* ConsiderReference(const ConvShape& shape, ConvPlan& plan) {
  constexpr double kEmulated = 30, kPlain = 6;  // cycles of a multiply-add
  const double each = shape.op->fused ? kEmulated : kPlain;
  plan = ConvPlan(ReferencePlan{shape, static_cast<double>(shape.multiply_adds()) * each});
  return nullptr;
}

}  // namespace windrow::internal
