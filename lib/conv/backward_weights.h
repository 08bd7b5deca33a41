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

// How outputs fall into chunks of at most kPixels: whole images, whole rows of one, or parts of a
// row, the last in each direction perhaps shorter by one. Of no images there is one that is empty.
struct Chunks {
  static constexpr int64_t kPixels = 1024;

  EvenSplit columns, rows, images;

  explicit Chunks(const GradientShape& s)
      : columns(s.w.out, kPixels),
        rows(s.h.out, columns.parts > 1 ? 1 : kPixels / s.w.out),
        images(s.n, rows.parts > 1 || columns.parts > 1 ? 1 : kPixels / (s.h.out * s.w.out)) {}

  int64_t count() const { return images.parts * rows.parts * columns.parts; }
  static int64_t Longest(const EvenSplit& s) { return s.smaller + (s.larger > 0 ? 1 : 0); }
  int64_t max_pixels() const { return Longest(images) * Longest(rows) * Longest(columns); }

  struct Range {
    int64_t begin, end;
    int64_t size() const { return end - begin; }
  };
  struct Chunk {
    Range n, h, w;
    int64_t pixels() const { return n.size() * h.size() * w.size(); }
  };
  Chunk at(int64_t i) const {
    const auto part = [](const EvenSplit& s, int64_t p) {
      return Range{s.Begin(p), s.Begin(p + 1)};
    };
    return {part(images, i / columns.parts / rows.parts),
            part(rows, i / columns.parts % rows.parts), part(columns, i % columns.parts)};
  }
};

const char* ConsiderGradientTiles(const GradientShape& shape, GradientPlan& plan);
// Scalar, either numerics class to the bit: what every kernel is compared with.
const char* ConsiderGradientReference(const GradientShape& shape, GradientPlan& plan);

const Registry<GradientShape, GradientBuffers>& GradientRegistry();

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_BACKWARD_WEIGHTS_H_
