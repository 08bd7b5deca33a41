#include "tests/conv/problem.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace windrow::test {
namespace {

int64_t OutputExtent(int64_t in, Sides pad, int64_t kernel, int64_t stride, int64_t dilation) {
  const int64_t room = in + pad.before + pad.after - dilation * (kernel - 1) - 1;
  return room < 0 ? 0 : room / stride + 1;
}

bool ModeFits(PaddingMode mode, int64_t in, Sides pad) {
  const int64_t most = std::max(pad.before, pad.after);
  if (mode == PaddingMode::kReflect) return most < in;
  if (mode == PaddingMode::kCircular) return most <= in;
  return true;
}

constexpr const char* kModes[] = {"", " reflect", " replicate", " circular"};
constexpr const char* kResiduals[] = {"", " residual", " residual=y"};

}  // namespace

Sides ResolvePadding(bool same, Sides given, int64_t in, int64_t kernel, int64_t stride,
                     int64_t dilation) {
  if (!same) return given;
  const int64_t out = in / stride + (in % stride != 0 ? 1 : 0);
  const int64_t needed = (out - 1) * stride + (kernel - 1) * dilation + 1;
  const int64_t total = needed > in ? needed - in : 0;
  return {total / 2, (total + 1) / 2};
}

std::string NameOf(Size2 s) {
  return s.h == s.w ? std::to_string(s.h) : std::to_string(s.h) + "x" + std::to_string(s.w);
}

std::string NameOf(const Padding& p) {
  if (p.is_same()) return "same";
  if (p.top() == p.bottom() && p.left() == p.right()) return NameOf(Size2(p.top(), p.left()));
  std::ostringstream s;
  s << p.top() << ',' << p.bottom() << ',' << p.left() << ',' << p.right();
  return s.str();
}

const char* NameOf(Gaps gaps) {
  static constexpr const char* kNames[] = {
      "", " gaps:pixels", " gaps:rows", " gaps:images", " gaps:all", " gaps:elements"};
  return kNames[static_cast<int>(gaps)];
}

const char* NameOf(Values values) {
  static constexpr const char* kNames[] = {"", " tiny", " nonfinite", " ties", " huge", " wild"};
  return kNames[static_cast<int>(values)];
}

Sides PaddingOfHeight(const Problem& p) {
  return ResolvePadding(p.padding.is_same(), {p.padding.top(), p.padding.bottom()}, p.ih,
                        p.kernel.h, p.stride.h, p.dilation.h);
}

Sides PaddingOfWidth(const Problem& p) {
  return ResolvePadding(p.padding.is_same(), {p.padding.left(), p.padding.right()}, p.iw,
                        p.kernel.w, p.stride.w, p.dilation.w);
}

Shape Problem::output() const {
  return Shape(mb, oc, OutputExtent(ih, PaddingOfHeight(*this), kernel.h, stride.h, dilation.h),
               OutputExtent(iw, PaddingOfWidth(*this), kernel.w, stride.w, dilation.w));
}

int64_t Problem::multiply_adds() const {
  return output().elements() * (ic / g) * kernel.h * kernel.w;
}

bool IsValid(const Problem& p) {
  const Shape out = p.output();
  return out.h() > 0 && out.w() > 0 && p.ic % p.g == 0 && p.oc % p.g == 0 &&
         ModeFits(p.mode, p.ih, PaddingOfHeight(p)) && ModeFits(p.mode, p.iw, PaddingOfWidth(p));
}

Conv2dOptions Options(const Problem& p, const std::string& target, const std::string& algorithm) {
  Conv2dOptions o;
  o.in_channels = p.ic;
  o.out_channels = p.oc;
  o.kernel_size = p.kernel;
  o.stride = p.stride;
  o.padding = p.padding;
  o.dilation = p.dilation;
  o.groups = p.g;
  o.padding_mode = p.mode;
  o.epilogue = p.epilogue;
  o.numerics = p.numerics;
  o.algorithm = algorithm;
  o.target = target;
  return o;
}

std::string ToString(const Problem& p) {
  std::ostringstream s;
  s << "mb" << p.mb << " g" << p.g << " ic" << p.ic << " oc" << p.oc << " ih" << p.ih << " iw"
    << p.iw << " k" << NameOf(p.kernel) << " s" << NameOf(p.stride) << " p" << NameOf(p.padding);
  if (p.dilation != Size2(1)) s << " d" << NameOf(p.dilation);
  s << ' ' << ToString(p.x_layout);
  if (p.y_layout != p.x_layout) s << "->" << ToString(p.y_layout);
  s << kModes[static_cast<int>(p.mode)] << (p.bias ? " bias" : "")
    << kResiduals[static_cast<int>(p.residual)];
  if (p.residual == Residual::kSeparate && p.residual_layout != p.y_layout) {
    s << ':' << ToString(p.residual_layout);
  }
  if (std::isfinite(p.epilogue.clamp_min) || std::isfinite(p.epilogue.clamp_max)) {
    s << " clamp[" << p.epilogue.clamp_min << ',' << p.epilogue.clamp_max << ']';
  }
  s << NameOf(p.gaps) << NameOf(p.values) << (p.edge == Edge::kStart ? " edge:start" : "")
    << (p.numerics == Numerics::kPortable ? " portable" : " native");
  return s.str();
}

}  // namespace windrow::test
