// The formula of backward.h, element by element.
//
// Written to be read: no loop here is tuned, and each rounding is one expression.
#include "lib/base/parallel.h"
#include "lib/pool/backward.h"

namespace windrow::internal {
namespace {

// One plane.
struct Plane {
  const PoolShape& shape;
  const float* dy;
  const int64_t* indices;
  float* dx;

  Plane(const PoolShape& s, const PoolBackwardBuffers& b, int64_t n, int64_t c)
      : shape(s),
        dy(b.dy + n * s.ys.n + c * s.ys.c),
        indices(s.with_indices ? b.indices + n * s.is.n + c * s.is.c : nullptr),
        dx(b.dx + n * s.xs.n + c * s.xs.c) {}

  void CheckIndices() const {
    for (int64_t oh = 0; oh < shape.h.out; ++oh) {
      for (int64_t ow = 0; ow < shape.w.out; ++ow) {
        CheckIndex(shape, indices[oh * shape.is.h + ow * shape.is.w]);
      }
    }
  }

  // What an output whose window holds element (i, j) adds to it.
  float Term(int64_t oh, int64_t ow, int64_t i, int64_t j) const {
    const float v = dy[oh * shape.ys.h + ow * shape.ys.w];
    if (shape.op->average) return v / shape.Divisor(shape.h.At(oh), shape.w.At(ow));
    return indices[oh * shape.is.h + ow * shape.is.w] == i * shape.w.in + j ? v : 0;
  }

  float Gradient(int64_t i, int64_t j) const {
    const WindowAxis::Outputs rows = shape.h.OutputsOf(i), columns = shape.w.OutputsOf(j);
    float sum = 0;
    for (int64_t oh = rows.begin; oh < rows.end; oh += rows.step) {
      float row = 0;
      for (int64_t ow = columns.begin; ow < columns.end; ow += columns.step) {
        row += Term(oh, ow, i, j);
      }
      sum += row;
    }
    return CanonicalNaN(sum);
  }
};

struct ReferencePlan {
  PoolShape shape;
  double cycles;

  int64_t ScratchBytes() const { return 0; }
  std::string Describe() const { return "scalar"; }
  void Run(const PoolBackwardBuffers& buffers) const {
    RunTasks(shape.threads, shape.n * shape.c, [&](int64_t task, int64_t) {
      const Plane plane(shape, buffers, task / shape.c, task % shape.c);
      if (shape.with_indices) plane.CheckIndices();
      for (int64_t i = 0; i < shape.h.in; ++i) {
        for (int64_t j = 0; j < shape.w.in; ++j) {
          plane.dx[i * shape.xs.h + j * shape.xs.w] = plane.Gradient(i, j);
        }
      }
    });
  }
};

}  // namespace

const char* ConsiderBackwardReference(const PoolShape& shape, PoolBackwardPlan& plan) {
  const double images = static_cast<double>(shape.n) * static_cast<double>(shape.c);
  const double taps = images * shape.h.CountTaps() * shape.w.CountTaps();
  plan = PoolBackwardPlan(
      ReferencePlan{.shape = shape, .cycles = 20 * (taps + static_cast<double>(shape.inputs()))});
  return nullptr;
}

}  // namespace windrow::internal
