#include "problems/conv_problem.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "problems/words.h"

namespace windrow::problems {
namespace {

constexpr const char* kModes[] = {"zeros", "reflect", "replicate", "circular"};
constexpr const char* kNumerics[] = {"native", "portable"};
// Past kIdentity.
constexpr const char* kActivations[] = {"sigmoid", "silu", "hardswish", "leakyrelu", "gelutanh"};

Slide Direction(const ConvProblem& p, int64_t in, int64_t Size2::*of, Sides given) {
  const int64_t kernel = p.kernel.*of, stride = p.stride.*of, dilation = p.dilation.*of;
  const Sides pad = p.padding.is_same() ? SamePadding(in, kernel, stride, dilation) : given;
  return {.in = in, .kernel = kernel, .stride = stride, .dilation = dilation, .pad = pad};
}

bool ModeFits(PaddingMode mode, const Slide& s) {
  const int64_t max = std::max(s.pad.before, s.pad.after);
  if (mode == PaddingMode::kReflect) return max < s.in;
  if (mode == PaddingMode::kCircular) return max <= s.in;
  return true;
}

Epilogue TakeClamp(Words& words) {
  const std::string text = words.Setting("clamp").value_or("-inf..inf");
  const size_t dots = text.find("..");
  if (dots == std::string::npos) {
    throw std::invalid_argument("\"clamp=" + text + "\" is not of the form clamp=0..6");
  }
  const auto bound = [&](const std::string& number) {
    const auto value = ReadFloat(number);
    if (value) return *value;
    throw std::invalid_argument("\"clamp=" + text + "\" has the bound \"" + number +
                                "\", which is not a number");
  };
  const float min = bound(text.substr(0, dots));
  return {.clamp_min = min, .clamp_max = bound(text.substr(dots + 2))};
}

void TakeActivation(Words& words, Epilogue& e) {
  const auto which = words.OneOf(kActivations, "activation");
  if (which) e.activation = static_cast<Activation>(*which + 1);
  const auto slope = words.Setting("slope");
  if (!slope) return;
  const auto value = ReadFinite(*slope);
  if (!value) throw std::invalid_argument("\"slope=" + *slope + "\" is not a finite number");
  e.negative_slope = *value;
}

void TakeResidual(Words& words, ConvProblem& p) {
  const std::string how = words.Setting("residual").value_or("");
  if (!words.Flag("residual") && how.empty()) return;
  p.residual = how == "y" ? Residual::kInPlace : Residual::kSeparate;
  if (how.empty() || how == "y") return;
  if (how != "nchw" && how != "nhwc") {
    throw std::invalid_argument("\"residual=" + how + "\" is none of y, nchw and nhwc");
  }
  p.residual_layout = how == "nchw" ? Layout::kNchw : Layout::kNhwc;
}

}  // namespace

Slide ConvProblem::vertical() const {
  return Direction(*this, ih, &Size2::h, {padding.top(), padding.bottom()});
}

Slide ConvProblem::horizontal() const {
  return Direction(*this, iw, &Size2::w, {padding.left(), padding.right()});
}

Shape ConvProblem::output() const {
  return Shape(mb, oc, vertical().Outputs(), horizontal().Outputs());
}

int64_t ConvProblem::multiply_adds() const {
  return output().elements() * (ic / g) * kernel.h * kernel.w;
}

int64_t ConvProblem::weights() const {
  if (std::min({g, ic, oc, kernel.h, kernel.w}) < 1) return 0;
  return Shape(oc, ic / g, kernel.h, kernel.w).elements();  // checks that the bytes fit
}

bool IsValid(const ConvProblem& p) {
  const Slide h = p.vertical(), w = p.horizontal();
  return h.Outputs() > 0 && w.Outputs() > 0 && p.ic % p.g == 0 && p.oc % p.g == 0 &&
         ModeFits(p.mode, h) && ModeFits(p.mode, w);
}

std::vector<float> Scales(const ConvProblem& p) {
  std::vector<float> scales;
  for (int64_t oc = 0; p.scale && oc < p.oc; ++oc) {
    const auto size = static_cast<float>(1 + oc % 7) * 0.3f;  // products are rounded
    scales.push_back(oc % 5 == 3 ? -size : size);
  }
  return scales;
}

Conv2dOptions Options(const ConvProblem& p, const std::string& target,
                      const std::string& algorithm) {
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
  o.epilogue.scale = Scales(p);
  o.numerics = p.numerics;
  o.algorithm = algorithm;
  o.target = target;
  return o;
}

ParsedConv ParseConv(std::string_view text) {
  Words words(text);
  ParsedConv parsed = TakeCommon<ConvProblem>(text, words);
  ConvProblem& p = parsed.problem;
  p.ic = words.Number("ic");
  p.oc = words.Number("oc");
  p.kernel = words.Pair("k");
  const Size2 image = words.Pair("i");
  p.ih = image.h, p.iw = image.w;
  p.g = words.Number("g", 1);
  p.stride = words.Pair("s", Size2(1));
  p.dilation = words.Pair("d", Size2(1));
  p.padding = words.TakePadding();
  p.mode = static_cast<PaddingMode>(words.OneOf(kModes, "padding mode").value_or(0));
  p.numerics = static_cast<Numerics>(words.OneOf(kNumerics, "numerics").value_or(0));
  p.bias = words.Flag("bias");
  p.residual_layout = p.y_layout;
  TakeResidual(words, p);
  p.epilogue = TakeClamp(words);
  TakeActivation(words, p.epilogue);
  p.scale = words.Flag("scale");
  words.End(
      "a problem such as \"ic64 oc128 k3 s2 p1 ih56 iw56 nhwc\" or \"maxpool c64 k3 s2 p1 ih56 "
      "iw56 "
      "nhwc\"");
  return parsed;
}

std::string ToString(const ConvProblem& p) {
  std::ostringstream s;
  s << "mb" << p.mb << " g" << p.g << " ic" << p.ic << " oc" << p.oc << " ih" << p.ih << " iw"
    << p.iw << " k" << ToString(p.kernel) << " s" << ToString(p.stride) << ' '
    << ToString(p.padding);
  if (p.dilation != Size2(1)) s << " d" << ToString(p.dilation);
  if (p.mode != PaddingMode::kZeros) s << ' ' << kModes[static_cast<size_t>(p.mode)];
  if (p.bias) s << " bias";
  if (p.residual == Residual::kInPlace) {
    s << " residual=y";
  } else if (p.residual == Residual::kSeparate) {
    s << " residual";
    if (p.residual_layout != p.y_layout) s << '=' << ToString(p.residual_layout);
  }
  if (std::isfinite(p.epilogue.clamp_min) || std::isfinite(p.epilogue.clamp_max)) {
    s << " clamp=" << ToString(p.epilogue.clamp_min) << ".." << ToString(p.epilogue.clamp_max);
  }
  if (p.scale) s << " scale";
  if (p.epilogue.activation != Activation::kIdentity) {
    s << ' ' << kActivations[static_cast<size_t>(p.epilogue.activation) - 1];
  }
  if (p.epilogue.negative_slope != Epilogue().negative_slope) {
    s << " slope=" << ToString(p.epilogue.negative_slope);
  }
  s << CommonText(p);
  if (p.numerics == Numerics::kPortable) s << " portable";
  return s.str();
}

}  // namespace windrow::problems
