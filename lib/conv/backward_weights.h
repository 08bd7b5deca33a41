// The gradients of a convolution by its weights and bias, as their strategies see them:
//
//   dw[oc][ic][kh][kw] = s;  s = +0;  for each chunk of outputs, ascending: { a = +0;
//     for n: for oh: for ow (of the chunk): a = fma(x, dy, a);  s = a + s;  s += +0; }
//   db[oc] = the same of dy alone: a += dy
//
// over those outputs whose tap shows a pixel of x (a zero of the padding is none), every NaN
// becoming 0x7FC00000. Chunks are decided by the shape alone.
#ifndef WINDROW_LIB_CONV_BACKWARD_WEIGHTS_H_
#define WINDROW_LIB_CONV_BACKWARD_WEIGHTS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/base/plan.h"
#include "lib/base/registry.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

// All that the planning of a call may look at.
struct GradientShape {
  const ConvOp* op;
  int64_t n;
  Axis h, w;
  Strides xs, dys;
  int threads;

  int64_t weights() const {
    return SaturatedProduct({op->out_channels, op->group_in(), h.kernel, w.kernel});
  }
  int64_t multiply_adds() const { return SaturatedProduct({n, h.out, w.out, weights()}); }
  bool WorthThreads() const { return multiply_adds() >= kMinParallelWork; }
};

struct GradientBuffers {
  const float* x;
  const float* dy;
  float* dw;        // dense, [out channels][group's in channels][kernel h][kernel w]
  float* db;        // null: none
  bool accumulate;  // added to what is there
  std::byte* scratch;
};

using GradientPlan = Plan<GradientBuffers>;

// Outputs of some images, in the order (n, oh, ow).
struct OutputBox {
  struct Range {
    int64_t begin, end;
    int64_t size() const { return end - begin; }
  };
  Range n, h, w;
  int64_t pixels() const { return n.size() * h.size() * w.size(); }
};

// A box cut into boxes of at most so many pixels that follow each other in that order: whole
// images, or whole rows of one, or parts of a row, as even as can be. One without images is one
// box.
class BoxCut {
 public:
  BoxCut(const OutputBox& box, int64_t max)
      : box_(box),
        limit_(Limit(box, max)),
        columns_(box.w.size(), limit_.w.size()),
        rows_(box.h.size(), limit_.h.size()),
        images_(box.n.size(), limit_.n.size()) {}

  int64_t count() const { return images_.parts * rows_.parts * columns_.parts; }
  // None is larger in any direction, nor are those of a box that is smaller in the one direction in
  // which a cut of boxes differs.
  const OutputBox& limit() const { return limit_; }
  OutputBox at(int64_t i) const {
    const auto part = [](const EvenSplit& s, const OutputBox::Range& of, int64_t p) {
      return OutputBox::Range{of.begin + s.Begin(p), of.begin + s.Begin(p + 1)};
    };
    return {part(images_, box_.n, i / columns_.parts / rows_.parts),
            part(rows_, box_.h, i / columns_.parts % rows_.parts),
            part(columns_, box_.w, i % columns_.parts)};
  }

 private:
  static OutputBox Limit(const OutputBox& box, int64_t max) {
    const int64_t n = std::max<int64_t>(box.n.size(), 1), h = box.h.size(), w = box.w.size();
    if (w > max) return {{0, 1}, {0, 1}, {0, max}};
    if (h * w > max) return {{0, 1}, {0, max / w}, {0, w}};
    return {{0, std::min(n, max / (h * w))}, {0, h}, {0, w}};
  }

  OutputBox box_, limit_;
  EvenSplit columns_, rows_, images_;
};

// The chunks of a call.
inline BoxCut Chunks(const GradientShape& s) {
  constexpr int64_t kPixels = 1024;
  return BoxCut({{0, s.n}, {0, s.h.out}, {0, s.w.out}}, kPixels);
}

const char* ConsiderGradientTiles(const GradientShape& shape, GradientPlan& plan);
const char* ConsiderGradientDepthwise(const GradientShape& shape, GradientPlan& plan);
// Scalar, either numerics class to the bit: what every kernel is compared with.
const char* ConsiderGradientReference(const GradientShape& shape, GradientPlan& plan);

const Registry<GradientShape, GradientBuffers>& GradientRegistry();

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_BACKWARD_WEIGHTS_H_
