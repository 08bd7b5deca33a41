// A pooling as the strategies see it: what is known when an object is built (PoolOp), what a plan
// depends on besides (PoolShape), and what one Run adds (PoolBuffers). All checked; a strategy need
// not look for errors.
#ifndef WINDROW_LIB_POOL_PROBLEM_H_
#define WINDROW_LIB_POOL_PROBLEM_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "lib/base/machine.h"
#include "lib/base/math.h"
#include "lib/base/plan.h"
#include "lib/pool/window_axis.h"
#include "lib/simd/pool_kernels.h"
#include "windrow/pool2d.h"
#include "windrow/tensor.h"

namespace windrow::internal {

struct PoolOp {
  bool average = false, adaptive = false;
  Size2 output_size{0};                     // of an adaptive one
  Size2 kernel{1}, stride{1}, dilation{1};  // of another
  Padding padding{0};
  bool ceil_mode = false, count_include_pad = true;
  int64_t divisor_override = 0;          // 0: none
  int lanes = 1;                         // of the bound target
  const PoolKernels* kernels = nullptr;  // of the bound target
  const Machine* machine = &ThisMachine();
};

// Check the options against each other; throw std::invalid_argument. Bind no target.
PoolOp CheckOptions(const MaxPool2dOptions& options);
PoolOp CheckOptions(const AvgPool2dOptions& options);
PoolOp CheckOptions(const AdaptivePool2dOptions& options, bool average);

// All that the planning of a call may look at.
struct PoolShape {
  const PoolOp* op;
  int64_t n, c;
  WindowAxis h, w;
  Strides xs, ys, is;
  bool with_indices;  // of maxima
  int threads;        // that share the work

  // What an average divides by: exact, and rounded to f32 once.
  float Divisor(const Window& rows, const Window& columns) const {
    if (op->divisor_override != 0) return static_cast<float>(op->divisor_override);
    return static_cast<float>(Counted(rows) * Counted(columns));
  }
  int64_t Counted(const Window& v) const { return op->count_include_pad ? v.counted : v.taps; }
  // Whether all windows along this axis, or a part of it, make up the same part of a divisor. (Of
  // adaptive ones, and dilated ones that leave out padding: no, unless that is plain.)
  bool SameDivisors(const WindowAxis& axis) const {
    if (!op->average || op->divisor_override != 0) return true;
    if (axis.adaptive) return false;
    const auto part = [&](int64_t o) { return Counted(axis.At(o)); };
    if (part(0) != part(axis.out - 1)) return false;
    // They only grow fewer, or rise, by less and less, before they do so.
    if (op->count_include_pad || axis.out <= 2) return true;
    const WindowAxis::Range inside = axis.Inside();
    const bool whole = inside.begin == 0 && inside.end == axis.out;
    return whole || (axis.dilation == 1 && part(1) == part(0));
  }
  const ReductionKernels& kernels() const {
    const PoolKernels& k = *op->kernels;
    return op->average ? k.sum : with_indices ? k.max_indices : k.max;
  }
  // Whether channels are neighbours there, or the pixels of a row. (One is the neighbour of all.)
  bool ArePixels(const Strides& s) const { return c == 1 || s.c == 1; }
  static bool ArePlanes(const Strides& s, int64_t width) { return width == 1 || s.w == 1; }
  // The same of all that is read and written.
  bool planes() const {
    return ArePlanes(xs, w.in) && ArePlanes(ys, w.out) && (!with_indices || ArePlanes(is, w.out));
  }
  // Whether there may be a window without a tap.
  bool MayHaveEmptyWindow() const { return h.MayHaveEmptyWindow() || w.MayHaveEmptyWindow(); }
  int64_t outputs() const { return SaturatedProduct({n, c, h.out, w.out}); }
  int64_t inputs() const { return SaturatedProduct({n, c, h.in, w.in}); }
  // Below this many inputs and this many outputs a second thread is not worth being woken.
  bool WorthThreads() const {
    constexpr int64_t kMinParallelElements = 100'000;
    return std::max(inputs(), outputs()) >= kMinParallelElements;
  }
};

// What a Run adds.
struct PoolBuffers {
  const float* x;
  float* y;
  int64_t* indices;    // null: none
  std::byte* scratch;  // of all threads

  // That of one thread of a plan that has so many bytes for each.
  float* Scratch(int64_t slot, int64_t bytes) const {
    return reinterpret_cast<float*>(scratch + slot * bytes);
  }
};

using PoolPlan = Plan<PoolBuffers>;

// The distance from one of `count` to the next, `step` times `stride`. (There is no next one of
// one, and what would lead to it may not even fit 63 bits.)
inline int64_t Distance(int64_t count, int64_t step, int64_t stride) {
  return count > 1 ? step * stride : 0;
}

// The shape with all its images as one that is as many times as high, where that is the same: their
// rows follow each other, in windows that leave out nothing. Not with indices, which begin anew
// with each.
inline PoolShape WithImagesAsRows(PoolShape shape) {
  const WindowAxis& h = shape.h;
  const Strides &xs = shape.xs, &ys = shape.ys;
  const bool tiled = !h.adaptive && h.kernel == h.stride && h.dilation == 1 && h.before == 0 &&
                     h.out * h.stride == h.in;
  const bool follow = xs.n == h.in * xs.h && ys.n == h.out * ys.h;
  if (shape.with_indices || !tiled || !follow) return shape;
  shape.h.in *= shape.n;
  shape.h.out *= shape.n;
  shape.n = 1;
  return shape;
}

inline float CanonicalNaN(float v) { return v != v ? std::bit_cast<float>(0x7FC00000u) : v; }

// Why indices of this shape do not fit the 32 bits that fast strategies give them, or null.
inline const char* RefuseLargePlanes(const PoolShape& shape) {
  constexpr int64_t kMax = (int64_t{1} << 30) - 1;  // and room for a row of padding
  const bool large = SaturatedProduct({shape.h.in, shape.w.in}) > kMax;
  return large ? "the indices of so large a plane take more than 30 bits" : nullptr;
}

// The geometry of an input; throws std::invalid_argument if it has no window.
struct PoolGeometry {
  WindowAxis h, w;
};
PoolGeometry ResolveGeometry(const PoolOp& op, const Shape& input);

// That of a call, without indices if there is no view of them. An empty batch is planned as one
// image of one channel; nothing is run.
PoolShape ShapeOf(const PoolOp& op, const Shape& input, const PoolGeometry& geometry,
                  const Strides& xs, const Strides& ys, const ViewBase& indices);

// All that the checks of a call's shapes and its plan may depend on besides the object and the
// threads: views of x and y, or of their gradients, and of indices.
struct PoolKey {
  Shape x;
  Strides xs;
  Shape y;
  Strides ys;
  Shape indices;
  Strides is;
  int64_t with_indices;

  PoolKey() = default;
  PoolKey(const ViewBase& x_view, const ViewBase& y_view, const ViewBase& index_view)
      : x(x_view.shape()),
        xs(x_view.strides()),
        y(y_view.shape()),
        ys(y_view.strides()),
        indices(index_view.shape()),
        is(index_view.strides()),
        with_indices(!index_view.empty()) {}
  // Of dense tensors, or of views that are not there.
  explicit PoolKey(const PoolShape& s)
      : x(s.n, s.c, s.h.in, s.w.in),
        xs(s.xs),
        y(s.n, s.c, s.h.out, s.w.out),
        ys(s.ys),
        indices(s.with_indices ? y : Shape()),
        is(s.is),
        with_indices(s.with_indices) {}
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_PROBLEM_H_
