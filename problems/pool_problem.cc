#include "problems/pool_problem.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "problems/words.h"

namespace windrow::problems {
namespace {

constexpr const char* kKinds[] = {"maxpool", "avgpool", "adaptivemax", "adaptiveavg"};

size_t KindOf(const PoolProblem& p) { return (p.adaptive ? 2 : 0) + (p.average() ? 1 : 0); }

Slide Direction(const PoolProblem& p, int64_t in, int64_t Size2::*of, Sides given) {
  const int64_t kernel = p.kernel.*of, stride = p.step().*of, dilation = p.dilation.*of;
  return {.in = in,
          .kernel = kernel,
          .stride = stride,
          .dilation = dilation,
          .pad = p.padding.is_same() ? SamePadding(in, kernel, stride, dilation) : given,
          .ceil = p.ceil_mode};
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

// Of a window; what has no meaning for the reduction is left, and so told.
void TakeWindow(Words& words, PoolProblem& p) {
  p.kernel = words.Pair("k");
  if (words.Has("sh") || words.Has("sw")) p.stride = words.Pair("s", p.kernel);
  p.padding = words.TakePadding();
  p.dilation = words.Pair("d", Size2(1));
  p.ceil_mode = words.Flag("ceil");
  if (!p.average()) return;
  p.count_include_pad = !words.Flag("excludepad");
  if (words.Has("divisor")) p.divisor_override = words.Number("divisor");
}

}  // namespace

const char* ToString(Reduction reduction) {
  static constexpr const char* kNames[] = {"max", "indices", "average"};
  return kNames[static_cast<int>(reduction)];
}

Slide PoolProblem::vertical() const {
  return Direction(*this, ih, &Size2::h, {padding.top(), padding.bottom()});
}

Slide PoolProblem::horizontal() const {
  return Direction(*this, iw, &Size2::w, {padding.left(), padding.right()});
}

Shape PoolProblem::output() const {
  if (!adaptive) return Shape(mb, c, vertical().Outputs(), horizontal().Outputs());
  return Shape(mb, c, AdaptiveExtent(ih, output_size.h), AdaptiveExtent(iw, output_size.w));
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

bool IsPoolText(std::string_view text) {
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    if (std::find(std::begin(kKinds), std::end(kKinds), word) != std::end(kKinds)) return true;
  }
  return false;
}

ParsedPool ParsePool(std::string_view text) {
  Words words(text);
  ParsedPool parsed = TakeCommon<PoolProblem>(text, words);
  PoolProblem& p = parsed.problem;
  const auto kind = words.OneOf(kKinds, "kind");
  if (!kind) {
    throw std::invalid_argument("the problem \"" + std::string(text) +
                                "\" names none of maxpool, avgpool, adaptivemax, adaptiveavg");
  }
  p.adaptive = *kind >= 2;
  p.reduction = *kind % 2 == 1 ? Reduction::kAverage : Reduction::kMax;
  p.index_layout =
      static_cast<Layout>(words.Choice("at", kLayoutWords, static_cast<size_t>(p.y_layout)));
  if (!p.average() && words.Flag("indices")) p.reduction = Reduction::kMaxIndices;
  p.c = words.Number("c");
  const Size2 image = words.Pair("i");
  p.ih = image.h, p.iw = image.w;
  if (p.adaptive) {
    p.output_size = words.Pair("o");
  } else {
    TakeWindow(words, p);
  }
  words.End(std::string(kKinds[*kind]) + (p.adaptive
                                              ? ", as in \"adaptivemax c64 ih56 iw56 o7 nhwc\""
                                              : ", as in \"maxpool c64 k3 s2 p1 ih56 iw56 nhwc\""));
  return parsed;
}

std::string ToString(const PoolProblem& p) {
  std::ostringstream s;
  s << kKinds[KindOf(p)] << " mb" << p.mb << " c" << p.c << " ih" << p.ih << " iw" << p.iw;
  if (p.adaptive) {
    s << " o" << ToString(p.output_size);
  } else {
    s << " k" << ToString(p.kernel);
    if (p.stride != Size2(0)) s << " s" << ToString(p.stride);
    s << ' ' << ToString(p.padding);
    if (p.dilation != Size2(1)) s << " d" << ToString(p.dilation);
    if (p.ceil_mode) s << " ceil";
    if (p.average() && !p.count_include_pad) s << " excludepad";
    if (p.average() && p.divisor_override) s << " divisor" << *p.divisor_override;
  }
  if (p.indices()) s << " indices";
  s << CommonText(p);
  if (p.indices() && p.index_layout != p.y_layout) s << " at=" << ToString(p.index_layout);
  return s.str();
}

}  // namespace windrow::problems
