#include "lib/pool/problem.h"

#include <algorithm>

#include "lib/base/error.h"

namespace windrow::internal {
namespace {

// Large enough for any image, small enough that sums and products of two stay in 63 bits. So do
// four times what a window covers, or is padded by.
constexpr int64_t kMaxExtent = int64_t{1} << 31;

void RequireExtent(const char* name, Size2 value) {
  Require(value.h >= 1 && value.w >= 1, name, " is ", value.h, "x", value.w,
          "; both must be at least 1");
  Require(value.h <= kMaxExtent && value.w <= kMaxExtent, name, " is ", value.h, "x", value.w,
          "; both must be at most ", kMaxExtent);
}

// One direction: PyTorch's rule; if each side has its own, so that no window of a dense kernel is
// all padding.
void CheckPadding(const char* side, int64_t padding, const char* what, int64_t kernel,
                  int64_t dilation, bool sides) {
  Require(padding >= 0, "the padding at the ", side, " is ", padding, "; it must not be negative");
  const int64_t extent = (kernel - 1) * dilation + 1;
  Require(!sides || padding < extent, "the padding at the ", side, " is ", padding,
          "; it must be less than the ", what, " that a window covers, ", extent);
  Require(sides || padding <= kernel / 2, "the padding at the ", side, " is ", padding,
          ", which is more than half of the kernel's ", what, " ", kernel,
          ": pad should be at most half of the kernel size (Padding::Sides allows more)");
}

// What maximum and average have in common.
template <typename Options>
PoolOp CheckWindow(const Options& o) {
  const Size2 dilation = o.dilation;
  RequireExtent("kernel_size", o.kernel_size);
  const Size2 stride = o.stride == Size2(0) ? o.kernel_size : o.stride;
  RequireExtent("stride", stride);
  RequireExtent("dilation", dilation);
  CheckedProduct({o.kernel_size.h, dilation.h, 4}, "kernel height times dilation overflows");
  CheckedProduct({o.kernel_size.w, dilation.w, 4}, "kernel width times dilation overflows");
  if (!o.padding.is_same()) {
    const Padding& p = o.padding;
    const bool sides = p.is_sides();
    CheckPadding("top", p.top(), "height", o.kernel_size.h, dilation.h, sides);
    CheckPadding("bottom", p.bottom(), "height", o.kernel_size.h, dilation.h, sides);
    CheckPadding("left", p.left(), "width", o.kernel_size.w, dilation.w, sides);
    CheckPadding("right", p.right(), "width", o.kernel_size.w, dilation.w, sides);
  }
  PoolOp op;
  op.kernel = o.kernel_size;
  op.stride = stride;
  op.dilation = dilation;
  op.padding = o.padding;
  op.ceil_mode = o.ceil_mode;
  return op;
}

int64_t FloorDiv(int64_t a, int64_t b) { return a >= 0 ? a / b : -CeilDiv(-a, b); }

WindowAxis RegularAxis(const char* what, const PoolOp& op, WindowAxis axis) {
  if (op.padding.is_same()) {
    const int64_t out = CeilDiv(axis.in, axis.stride);
    const int64_t reach = (out - 1) * axis.stride + axis.extent();
    const int64_t total = std::max<int64_t>(reach - axis.in, 0);
    axis.before = total / 2, axis.after = total - total / 2;
  }
  const int64_t padded = axis.in + axis.before + axis.after;
  const int64_t room = padded - axis.extent() + (op.ceil_mode ? axis.stride - 1 : 0);
  axis.out = FloorDiv(room, axis.stride) + 1;
  // A window that would start past the input is dropped.
  if (op.ceil_mode && axis.Start(axis.out - 1) >= axis.in) --axis.out;
  Require(axis.out >= 1, "the window covers ", axis.extent(), " pixels (", axis.kernel,
          " with dilation ", axis.dilation, "), but the ", what, " is only ", padded, " (", axis.in,
          " with padding ", axis.before, " and ", axis.after, ")");
  // There is no step from one window, so that it can be short.
  if (axis.out == 1) axis.stride = std::min(axis.stride, axis.in);
  return axis;
}

WindowAxis AdaptiveAxis(const char* what, int64_t in, int64_t size) {
  const int64_t out = size == AdaptivePool2dOptions::kAsInput ? in : size;
  CheckedProduct({in, out, 2}, what);
  WindowAxis axis{.in = in, .out = out, .adaptive = true};
  if (in % out == 0) {  // every window is alike: a regular pooling
    axis.adaptive = false;
    axis.kernel = axis.stride = in / out;
  }
  return axis;
}

}  // namespace

PoolOp CheckOptions(const MaxPool2dOptions& o) { return CheckWindow(o); }

PoolOp CheckOptions(const AvgPool2dOptions& o) {
  Require(o.divisor_override != 0, "divisor_override is 0; an average cannot be divided by that");
  PoolOp op = CheckWindow(o);
  op.average = true;
  op.count_include_pad = o.count_include_pad;
  op.divisor_override = o.divisor_override.value_or(0);
  return op;
}

PoolOp CheckOptions(const AdaptivePool2dOptions& o, bool average) {
  for (const int64_t size : {o.output_size.h, o.output_size.w}) {
    Require(size >= 1 || size == AdaptivePool2dOptions::kAsInput, "output_size is ",
            o.output_size.h, "x", o.output_size.w,
            "; both must be at least 1, or kAsInput for as many as the input has");
    Require(size <= kMaxExtent, "output_size is ", o.output_size.h, "x", o.output_size.w,
            "; both must be at most ", kMaxExtent);
  }
  PoolOp op;
  op.average = average;
  op.adaptive = true;
  op.output_size = o.output_size;
  return op;
}

PoolShape ShapeOf(const PoolOp& op, const Shape& input, const PoolGeometry& geometry,
                  const Strides& xs, const Strides& ys, const ViewBase& indices) {
  return {.op = &op,
          .n = std::max<int64_t>(input.n(), 1),
          .c = std::max<int64_t>(input.c(), 1),
          .h = geometry.h,
          .w = geometry.w,
          .xs = xs,
          .ys = ys,
          .is = indices.strides(),
          .with_indices = !indices.empty(),
          .threads = 1};
}

PoolGeometry ResolveGeometry(const PoolOp& op, const Shape& input) {
  Require(input.h() >= 1 && input.w() >= 1, "the input ", input,
          " has no pixels; pooling needs one");
  Require(input.h() <= kMaxExtent && input.w() <= kMaxExtent, "the input ", input,
          " is larger than ", kMaxExtent, " pixels in one direction");
  if (op.adaptive) {
    return {AdaptiveAxis("the output's height overflows", input.h(), op.output_size.h),
            AdaptiveAxis("the output's width overflows", input.w(), op.output_size.w)};
  }
  const WindowAxis h{.in = input.h(),
                     .kernel = op.kernel.h,
                     .stride = op.stride.h,
                     .dilation = op.dilation.h,
                     .before = op.padding.top(),
                     .after = op.padding.bottom()};
  const WindowAxis w{.in = input.w(),
                     .kernel = op.kernel.w,
                     .stride = op.stride.w,
                     .dilation = op.dilation.w,
                     .before = op.padding.left(),
                     .after = op.padding.right()};
  return {RegularAxis("height", op, h), RegularAxis("width", op, w)};
}

}  // namespace windrow::internal
