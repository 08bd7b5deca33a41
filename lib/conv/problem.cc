#include "lib/conv/problem.h"

#include <cmath>

#include "lib/base/error.h"
#include "lib/base/math.h"

namespace windrow::internal {
namespace {

// Large enough for any image, small enough that sums and products of two stay in 63 bits.
constexpr int64_t kMaxExtent = int64_t{1} << 31;

void RequirePositive(const char* name, int64_t value) {
  Require(value >= 1, name, " is ", value, "; it must be at least 1");
  Require(value <= kMaxExtent, name, " is ", value, "; it must be at most ", kMaxExtent);
}

void RequirePositive(const char* name, Size2 value) {
  Require(value.h >= 1 && value.w >= 1, name, " is ", value.h, "x", value.w,
          "; both must be at least 1");
  Require(value.h <= kMaxExtent && value.w <= kMaxExtent, name, " is ", value.h, "x", value.w,
          "; both must be at most ", kMaxExtent);
}

// The padding of one side, after Padding::Same() has been resolved.
struct Sides {
  int64_t before, after;
};

Sides SameSides(int64_t in, int64_t kernel, int64_t stride, int64_t dilation) {
  const int64_t out = CeilDiv(in, stride);
  const int64_t total = std::max<int64_t>((out - 1) * stride + (kernel - 1) * dilation + 1 - in, 0);
  return {total / 2, total - total / 2};
}

void CheckMode(PaddingMode mode, const char* what, int64_t in, Sides pad) {
  const int64_t max = std::max(pad.before, pad.after);
  if (mode == PaddingMode::kReflect) {
    Require(max < in, "reflect padding of ", max, " must be less than the input's ", what, " of ",
            in);
  } else if (mode == PaddingMode::kCircular) {
    Require(max <= in, "circular padding of ", max, " must not be more than the input's ", what,
            " of ", in);
  }
}

Axis ResolveAxis(const char* what, const ConvOp& op, int64_t in, int64_t kernel, int64_t stride,
                 int64_t dilation, Sides pad) {
  RequirePositive(what, in);
  if (op.padding.is_same()) pad = SameSides(in, kernel, stride, dilation);
  CheckMode(op.mode, what, in, pad);
  const int64_t extent = (kernel - 1) * dilation + 1, padded = in + pad.before + pad.after;
  Require(extent <= padded, "the kernel covers ", extent, " pixels (", kernel, " with dilation ",
          dilation, "), but the ", what, " is only ", padded, " (", in, " with padding ",
          pad.before, " and ", pad.after, ")");
  return {.in = in,
          .out = (padded - extent) / stride + 1,
          .kernel = kernel,
          .stride = stride,
          .dilation = dilation,
          .before = pad.before};
}

}  // namespace

ConvOp CheckOptions(const Conv2dOptions& o) {
  RequirePositive("in_channels", o.in_channels);
  RequirePositive("out_channels", o.out_channels);
  RequirePositive("kernel_size", o.kernel_size);
  RequirePositive("stride", o.stride);
  RequirePositive("dilation", o.dilation);
  RequirePositive("groups", o.groups);
  Require(o.in_channels % o.groups == 0, "in_channels ", o.in_channels,
          " is not divisible by groups ", o.groups);
  Require(o.out_channels % o.groups == 0, "out_channels ", o.out_channels,
          " is not divisible by groups ", o.groups);
  for (const int64_t side :
       {o.padding.top(), o.padding.bottom(), o.padding.left(), o.padding.right()}) {
    Require(side >= 0, "padding is ", side, "; it must not be negative");
    Require(side <= kMaxExtent, "padding is ", side, "; it must be at most ", kMaxExtent);
  }
  RequireEnum("padding_mode", o.padding_mode, PaddingMode::kCircular);
  RequireEnum("numerics", o.numerics, Numerics::kPortable);
  CheckedProduct({o.kernel_size.h, o.dilation.h, 2}, "kernel height times dilation overflows");
  CheckedProduct({o.kernel_size.w, o.dilation.w, 2}, "kernel width times dilation overflows");
  ConvOp op;
  op.groups = o.groups;
  op.in_channels = o.in_channels;
  op.out_channels = o.out_channels;
  op.kernel = o.kernel_size;
  op.stride = o.stride;
  op.dilation = o.dilation;
  op.padding = o.padding;
  op.mode = o.padding_mode;
  op.epilogue = CheckedEpilogue(o.epilogue, o.out_channels);
  return op;
}

Epilogue CheckedEpilogue(const Epilogue& e, int64_t out_channels) {
  Require(e.clamp_min <= e.clamp_max, "clamp_min ", e.clamp_min, " is not <= clamp_max ",
          e.clamp_max);
  RequireEnum("activation", e.activation, Activation::kGeluTanh);
  Require(std::isfinite(e.negative_slope), "negative_slope is ", e.negative_slope,
          "; it must be finite");
  Require(e.scale.empty() || std::ssize(e.scale) == out_channels, "there are ", e.scale.size(),
          " scales, the convolution has ", out_channels, " output channels");
  for (size_t i = 0; i < e.scale.size(); ++i) {
    Require(std::isfinite(e.scale[i]), "the scale of channel ", i, " is ", e.scale[i],
            "; it must be finite");
  }
  Epilogue checked = e;
  // -0 as a bound is +0, as in the result.
  checked.clamp_min += 0.0f;
  checked.clamp_max += 0.0f;
  return checked;
}

void BindTarget(ConvOp& op, const Target& target, Numerics numerics) {
  op.fused = numerics == Numerics::kNative && target.fused;
  op.lanes = target.lanes;
  op.tiles = &Tiles(target.index, op.fused);
  op.epilogue_kernels = &EpilogueKernelsOf(target.index);
  SetWithoutPass(op);
}

void SetWithoutPass(ConvOp& op) {
  op.without_pass = nullptr;
  if (op.epilogue.activation == Activation::kIdentity && !op.has_scale()) return;
  ConvOp rest = op;
  rest.epilogue = {};
  if (!op.has_scale()) {
    rest.epilogue.clamp_min = op.epilogue.clamp_min;
    rest.epilogue.clamp_max = op.epilogue.clamp_max;
  }
  op.without_pass = std::make_shared<const ConvOp>(std::move(rest));
}

ConvOp WithoutEpilogue(ConvOp op) {
  op.epilogue = {};
  op.without_pass = nullptr;
  return op;
}

Geometry ResolveGeometry(const ConvOp& op, const Shape& input) {
  Require(input.c() == op.in_channels, "the input ", input, " has ", input.c(),
          " channels, the convolution expects ", op.in_channels);
  const Axis h = ResolveAxis("height", op, input.h(), op.kernel.h, op.stride.h, op.dilation.h,
                             {op.padding.top(), op.padding.bottom()});
  const Axis w = ResolveAxis("width", op, input.w(), op.kernel.w, op.stride.w, op.dilation.w,
                             {op.padding.left(), op.padding.right()});
  return {input.n(), h, w};
}

void ConvShape::Describe(CallText& text) const {
  constexpr const char* kModes[] = {"zeros", "reflect", "replicate", "circular"};
  const auto pair = [&](const char* name, int64_t a, int64_t b) {
    text << ' ' << name << a << 'x' << b;
  };
  const auto strides = [&](const char* name, const Strides& s, int64_t channels, int64_t height,
                           int64_t width) {
    const int64_t image = SaturatedProduct({channels, height, width});
    text << ' ' << name;
    if (s == Strides{image, SaturatedProduct({height, width}), width, 1}) {
      text << "nchw";
    } else if (s == Strides{image, 1, SaturatedProduct({width, channels}), channels}) {
      text << "nhwc";
    } else {
      text << s.n << ',' << s.c << ',' << s.h << ',' << s.w;
    }
  };
  const auto outputs = [&](const char* name, const Strides& s) {
    strides(name, s, op->out_channels, h.out, w.out);
  };
  text << (op->fused ? "fused" : "unfused") << " conv mb" << n << " g" << op->groups << " ic"
       << op->in_channels << " oc" << op->out_channels;
  pair("i", h.in, w.in);
  pair("o", h.out, w.out);
  pair("k", h.kernel, w.kernel);
  pair("s", h.stride, w.stride);
  pair("d", h.dilation, w.dilation);
  pair("p", h.before, w.before);
  text << ' ' << kModes[static_cast<size_t>(op->mode)];
  if (op->padding_absent) text << " absent";
  if (!weights->finite()) text << " nonfinite";
  strides("x=", xs, op->in_channels, h.in, w.in);
  outputs("y=", ys);
  constexpr const char* kActivationNames[] = {"",           " sigmoid",   " silu",
                                              " hardswish", " leakyrelu", " gelutanh"};
  text << kActivationNames[static_cast<size_t>(op->epilogue.activation)];
  if (op->has_scale()) text << " scale";
  if (residual == ResidualPlace::kInY) text << " residual=y";
  if (residual == ResidualPlace::kElsewhere) outputs("residual=", rs);
}

ConvShape Flattened(ConvShape shape) {
  if (shape.n == 0) return shape;  // a row of no pixels would be none
  Axis &h = shape.h, &w = shape.w;
  if (h.kernel != 1 || w.kernel != 1 || h.stride != 1 || w.stride != 1) return shape;
  if (h.in != h.out || w.in != w.out || h.before != 0 || w.before != 0) return shape;  // padded
  const int64_t row = w.out, image = h.out * w.out;
  const auto rows = [&](const Strides& s) { return s.h == s.w * row; };
  if (!rows(shape.xs) || !shape.OfOutputs(rows)) return shape;
  h.in = h.out = 1;
  w.in = w.out = image;
  const auto images = [&](const Strides& s) { return s.n == s.w * image; };
  if (!images(shape.xs) || !shape.OfOutputs(images)) return shape;
  w.in = w.out = image * shape.n;
  shape.n = 1;
  return shape;
}

}  // namespace windrow::internal
