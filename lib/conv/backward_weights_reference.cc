// The formula of backward_weights.h as it stands. Written to be read: no loop here is tuned.
#include "lib/base/parallel.h"
#include "lib/conv/backward_weights.h"
#include "lib/conv/scalar.h"

namespace windrow::internal {
namespace {

// Calls f(n, oh, ow) for the outputs of a chunk.
template <typename F>
void ForOutputs(const OutputBox& c, const F& f) {
  for (int64_t n = c.n.begin; n < c.n.end; ++n) {
    for (int64_t oh = c.h.begin; oh < c.h.end; ++oh) {
      for (int64_t ow = c.w.begin; ow < c.w.end; ++ow) f(n, oh, ow);
    }
  }
}

// The sum over all chunks, if one gives chain(chunk).
template <typename F>
float SumOfChunks(const BoxCut& chunks, const F& chain) {
  float s = 0.0f;
  for (int64_t i = 0; i < chunks.count(); ++i) s = Finish(chain(chunks.at(i)) + s);
  return s;
}

template <bool kFused>
float Chain(const GradientShape& s, const GradientBuffers& b, const OutputBox& chunk, int64_t oc,
            int64_t ic, int64_t kh, int64_t kw) {
  float a = 0.0f;
  ForOutputs(chunk, [&](int64_t n, int64_t oh, int64_t ow) {
    const int64_t ih = s.h.Source(s.h.Position(oh, kh), s.op->mode);
    const int64_t iw = s.w.Source(s.w.Position(ow, kw), s.op->mode);
    if (ih < 0 || iw < 0) return;
    a = MultiplyAdd<kFused>(b.x[n * s.xs.n + ic * s.xs.c + ih * s.xs.h + iw * s.xs.w],
                            b.dy[n * s.dys.n + oc * s.dys.c + oh * s.dys.h + ow * s.dys.w], a);
  });
  return a;
}

// All gradients of one output channel.
template <bool kFused>
void Channel(const GradientShape& s, const GradientBuffers& b, int64_t oc) {
  const BoxCut chunks = Chunks(s);
  const ConvOp& op = *s.op;
  const int64_t first = oc / op.group_out() * op.group_in();
  float* dw = b.dw + oc * op.group_in() * s.h.kernel * s.w.kernel;
  const auto put = [&](float v, float& to) { to = b.accumulate ? Finish(to + v) : v; };
  for (int64_t ic = first; ic < first + op.group_in(); ++ic) {
    for (int64_t kh = 0; kh < s.h.kernel; ++kh) {
      for (int64_t kw = 0; kw < s.w.kernel; ++kw) {
        put(SumOfChunks(chunks,
                        [&](const OutputBox& c) { return Chain<kFused>(s, b, c, oc, ic, kh, kw); }),
            *dw++);
      }
    }
  }
  if (b.db == nullptr) return;
  put(SumOfChunks(chunks,
                  [&](const OutputBox& chunk) {
                    float a = 0.0f;
                    ForOutputs(chunk, [&](int64_t n, int64_t oh, int64_t ow) {
                      a += b.dy[n * s.dys.n + oc * s.dys.c + oh * s.dys.h + ow * s.dys.w];
                    });
                    return a;
                  }),
      b.db[oc]);
}

struct ReferencePlan {
  GradientShape shape;
  double cycles;

  int64_t ScratchBytes() const { return 0; }
  std::string Describe() const { return "scalar"; }
  void Run(const GradientBuffers& b) const {
    RunTasks(shape.threads, shape.op->out_channels, [&](int64_t oc, int64_t) {
      shape.op->fused ? Channel<true>(shape, b, oc) : Channel<false>(shape, b, oc);
    });
  }
};

}  // namespace

const char* ConsiderGradientReference(const GradientShape& shape, GradientPlan& plan) {
  constexpr double kEmulated = 30, kPlain = 6;  // cycles of a multiply-add
  const double each = shape.op->fused ? kEmulated : kPlain;
  plan = GradientPlan(ReferencePlan{shape, static_cast<double>(shape.multiply_adds()) * each});
  return nullptr;
}

const Registry<GradientShape, GradientBuffers>& GradientRegistry() {
  static constexpr Strategy<GradientShape, GradientBuffers> kStrategies[] = {
      {"tiles", "the register tile with the reduction over pixels", ConsiderGradientTiles},
      {"depthwise", "a group in each lane", ConsiderGradientDepthwise},
      {"reference", "scalar, for any problem", ConsiderGradientReference},
  };
  static constexpr Registry<GradientShape, GradientBuffers> kRegistry("gradient", kStrategies);
  return kRegistry;
}

}  // namespace windrow::internal

namespace windrow {
inline namespace v0 {

std::vector<std::string> BackwardWeightsAlgorithms() {
  return internal::GradientRegistry().Names();
}

}  // namespace v0
}  // namespace windrow
