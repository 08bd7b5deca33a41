#include "tests/pool/problem.h"

#include <algorithm>
#include <sstream>

namespace windrow::test {
namespace {

// Counts the windows one by one: each starts inside the input or the padding before it, and the
// one before it has not reached the end (with ceil_mode) or it ends there itself.
int64_t OutputExtent(int64_t in, Sides pad, int64_t kernel, int64_t stride, int64_t dilation,
                     bool ceil_mode) {
  const int64_t padded = in + pad.before + pad.after, reach = dilation * (kernel - 1) + 1;
  int64_t out = 0;
  const auto fits = [&](int64_t start) {
    if (!ceil_mode) return start + reach <= padded;
    return start - stride + reach < padded && start < in + pad.before;
  };
  while (fits(out * stride)) ++out;
  return out;
}

int64_t AdaptiveExtent(int64_t in, int64_t size) {
  return size == AdaptivePool2dOptions::kAsInput ? in : size;
}

MaxPool2dOptions MaxOptions(const PoolProblem& p) {
  MaxPool2dOptions o;
  o.kernel_size = p.kernel;
  o.stride = p.stride;
  o.padding = p.padding;
  o.dilation = p.dilation;
  o.ceil_mode = p.ceil_mode;
  return o;
}

AvgPool2dOptions AverageOptions(const PoolProblem& p) {
  AvgPool2dOptions o;
  o.kernel_size = p.kernel;
  o.stride = p.stride;
  o.padding = p.padding;
  o.ceil_mode = p.ceil_mode;
  o.count_include_pad = p.count_include_pad;
  o.divisor_override = p.divisor_override;
  o.dilation = p.dilation;
  return o;
}

void PrintWindow(const PoolProblem& p, std::ostream& s) {
  s << " k" << NameOf(p.kernel);
  if (p.stride != Size2(0)) s << " s" << NameOf(p.stride);
  s << " p" << NameOf(p.padding);
  if (p.dilation != Size2(1)) s << " d" << NameOf(p.dilation);
  if (p.ceil_mode) s << " ceil";
  if (!p.average()) return;
  if (!p.count_include_pad) s << " exclude_pad";
  if (p.divisor_override) s << " divisor" << *p.divisor_override;
}

}  // namespace

const char* ToString(Reduction reduction) {
  static constexpr const char* kNames[] = {"max", "indices", "average"};
  return kNames[static_cast<int>(reduction)];
}

Size2 PoolProblem::step() const { return stride == Size2(0) ? kernel : stride; }

Sides PaddingOfHeight(const PoolProblem& p) {
  return ResolvePadding(p.padding.is_same(), {p.padding.top(), p.padding.bottom()}, p.ih,
                        p.kernel.h, p.step().h, p.dilation.h);
}

Sides PaddingOfWidth(const PoolProblem& p) {
  return ResolvePadding(p.padding.is_same(), {p.padding.left(), p.padding.right()}, p.iw,
                        p.kernel.w, p.step().w, p.dilation.w);
}

Shape PoolProblem::output() const {
  if (adaptive) {
    return Shape(mb, c, AdaptiveExtent(ih, output_size.h), AdaptiveExtent(iw, output_size.w));
  }
  const Sides h = PaddingOfHeight(*this), w = PaddingOfWidth(*this);
  return Shape(mb, c, OutputExtent(ih, h, kernel.h, step().h, dilation.h, ceil_mode),
               OutputExtent(iw, w, kernel.w, step().w, dilation.w, ceil_mode));
}

int64_t PoolProblem::taps() const {
  const Shape y = output();
  if (!adaptive) return y.elements() * kernel.h * kernel.w;
  return y.elements() * (ih / y.h() + 1) * (iw / y.w() + 1);
}

bool IsValid(const PoolProblem& p) {
  if (p.adaptive) return true;
  const bool sides = p.padding.is_sides();
  const int64_t h = sides ? (p.kernel.h - 1) * p.dilation.h : p.kernel.h / 2;
  const int64_t w = sides ? (p.kernel.w - 1) * p.dilation.w : p.kernel.w / 2;
  if (std::max(p.padding.top(), p.padding.bottom()) > h) return false;
  if (std::max(p.padding.left(), p.padding.right()) > w) return false;
  const Shape y = p.output();
  return y.h() > 0 && y.w() > 0;
}

PoolProblem WithReduction(PoolProblem p, Reduction reduction) {
  p.reduction = reduction;
  if (!p.average() || p.adaptive) {
    p.count_include_pad = true;
    p.divisor_override.reset();
  }
  return p;
}

AnyPooling MakePooling(const PoolProblem& p, const std::string& target,
                       const std::string& algorithm, const std::string& backward) {
  const auto bound = [&](auto options) {
    options.algorithm = algorithm;
    options.target = target;
    options.backward = backward;
    return options;
  };
  if (p.adaptive) {
    AdaptivePool2dOptions o;
    o.output_size = p.output_size;
    if (p.average()) return AdaptiveAvgPool2d(bound(o));
    return AdaptiveMaxPool2d(bound(o));
  }
  if (p.average()) return AvgPool2d(bound(AverageOptions(p)));
  return MaxPool2d(bound(MaxOptions(p)));
}

std::string ToString(const PoolProblem& p) {
  std::ostringstream s;
  s << (p.adaptive ? "adaptive " : "") << ToString(p.reduction) << " mb" << p.mb << " c" << p.c
    << " ih" << p.ih << " iw" << p.iw;
  if (p.adaptive) {
    s << " o" << NameOf(p.output_size);
  } else {
    PrintWindow(p, s);
  }
  s << ' ' << ToString(p.x_layout);
  if (p.y_layout != p.x_layout) s << "->" << ToString(p.y_layout);
  if (p.indices() && p.index_layout != p.y_layout) s << " indices:" << ToString(p.index_layout);
  s << NameOf(p.gaps) << NameOf(p.values) << (p.edge == Edge::kStart ? " edge:start" : "");
  return s.str();
}

}  // namespace windrow::test
