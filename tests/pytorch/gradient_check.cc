#include "tests/pytorch/gradient_check.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/pytorch/verdict.h"
#include "tests/support/placed.h"
#include "tests/support/values.h"
#include "windrow/conv_transpose2d.h"

namespace windrow::test {
namespace {

constexpr const char* kAskedNames[] = {"data ", "weights ", "bias ", "transpose "};

std::vector<float> FilledWith(int64_t count, Role role) {
  std::vector<float> values(static_cast<size_t>(count));
  Fill(values, role, Values::kPlain);
  return values;
}

// In double, with the number of terms and the sum of their magnitudes.
struct Sum {
  double value = 0, magnitude = 0;
  int64_t terms = 0;
  void Add(double term) {
    value += term;
    magnitude += std::abs(term);
    ++terms;
  }
  // Each multiply-add rounds at most twice what came before, and each sum of sums once.
  Bounded Bound() const {
    const double k = static_cast<double>(terms) + 3;
    return {value, k * 0x1p-23 * magnitude + k * 0x1p-148};
  }
};

// Where a position of the padded input comes from: -1 is a zero.
int64_t ShownPixel(PaddingMode mode, int64_t i, int64_t in) {
  if (i >= 0 && i < in) return i;
  switch (mode) {
    case PaddingMode::kZeros:
      return -1;
    case PaddingMode::kReflect:
      return i < 0 ? -i : 2 * in - 2 - i;
    case PaddingMode::kReplicate:
      return i < 0 ? 0 : in - 1;
    case PaddingMode::kCircular:
      return i < 0 ? i + in : i - in;
  }
  return -1;
}

// Calls f(x's place, weight's place, y's place) for every multiply-add.
template <typename F>
void ForEachProduct(const Problem& p, const F& f) {
  const Shape out = p.output();
  const int64_t top = p.vertical().pad.before, left = p.horizontal().pad.before;
  const int64_t group_in = p.ic / p.g, group_out = p.oc / p.g;
  const auto in_row = [&](int64_t n, int64_t oc, int64_t oh, int64_t ow, int64_t c, int64_t kh) {
    const int64_t ic = oc / group_out * group_in + c;
    const int64_t ih = ShownPixel(p.mode, oh * p.stride.h - top + kh * p.dilation.h, p.ih);
    for (int64_t kw = 0; kw < p.kernel.w; ++kw) {
      const int64_t iw = ShownPixel(p.mode, ow * p.stride.w - left + kw * p.dilation.w, p.iw);
      if (ih < 0 || iw < 0) continue;
      f(((n * p.ic + ic) * p.ih + ih) * p.iw + iw,
        ((oc * group_in + c) * p.kernel.h + kh) * p.kernel.w + kw,
        ((n * p.oc + oc) * out.h() + oh) * out.w() + ow);
    }
  };
  ForEach(out, [&](int64_t n, int64_t oc, int64_t oh, int64_t ow) {
    for (int64_t c = 0; c < group_in; ++c) {
      for (int64_t kh = 0; kh < p.kernel.h; ++kh) in_row(n, oc, oh, ow, c, kh);
    }
  });
}

Shape GradientShapeOf(const Problem& p, Asked asked) {
  if (asked == Asked::kWeights) return Shape(p.oc, p.ic / p.g, p.kernel.h, p.kernel.w);
  return asked == Asked::kBias ? Shape(1, p.oc, 1, 1) : p.input();
}

std::vector<Bounded> ExactGradients(const Problem& p, Asked asked) {
  std::vector<Sum> sums(static_cast<size_t>(GradientShapeOf(p, asked).elements()));
  const auto at = [](const std::vector<float>& v, int64_t place) {
    return static_cast<double>(v[static_cast<size_t>(place)]);
  };
  const std::vector<float> x = FilledWith(p.input().elements(), Role::kInput);
  const std::vector<float> w = FilledWith(p.weights(), Role::kWeights);
  const bool transpose = asked == Asked::kTranspose;
  const std::vector<float> dy =
      FilledWith(p.output().elements(), transpose ? Role::kInput : Role::kResidual);
  if (asked == Asked::kBias) {
    const int64_t plane = p.output().h() * p.output().w();
    for (int64_t i = 0; i < p.output().elements(); ++i) {
      sums[static_cast<size_t>(i / plane % p.oc)].Add(at(dy, i));
    }
  } else {
    ForEachProduct(p, [&](int64_t xi, int64_t wi, int64_t yi) {
      if (asked == Asked::kWeights) {
        sums[static_cast<size_t>(wi)].Add(at(x, xi) * at(dy, yi));
      } else {
        sums[static_cast<size_t>(xi)].Add(at(w, wi) * at(dy, yi));
      }
    });
  }
  if (transpose && p.bias) {
    const std::vector<float> bias = FilledWith(p.ic, Role::kBias);
    for (size_t i = 0; i < sums.size(); ++i) {
      sums[i].Add(at(bias, static_cast<int64_t>(i) / (p.ih * p.iw) % p.ic));
    }
  }
  std::vector<Bounded> exact;
  for (const Sum& s : sums) exact.push_back(s.Bound());
  return exact;
}

ConvTranspose2dOptions TransposedOptions(const Problem& p, const Way& way) {
  const Shape y = p.output();
  const auto more = [](int64_t in, int64_t out, int64_t pad, int64_t kernel, int64_t stride,
                       int64_t dilation) {
    return in - ((out - 1) * stride - 2 * pad + dilation * (kernel - 1) + 1);
  };
  ConvTranspose2dOptions o;
  o.in_channels = p.oc, o.out_channels = p.ic, o.groups = p.g;
  o.kernel_size = p.kernel, o.stride = p.stride, o.dilation = p.dilation, o.padding = p.padding;
  o.output_padding = {more(p.ih, y.h(), p.padding.top(), p.kernel.h, p.stride.h, p.dilation.h),
                      more(p.iw, y.w(), p.padding.left(), p.kernel.w, p.stride.w, p.dilation.w)};
  o.numerics = way.numerics;
  o.target = way.target;
  return o;
}

}  // namespace

bool IsGradient(const std::string& line) {
  return std::any_of(std::begin(kAskedNames), std::end(kAskedNames),
                     [&](const char* name) { return line.starts_with(name); });
}

RecordedGradient ParseGradient(const std::string& line) {
  for (size_t i = 0; i < std::size(kAskedNames); ++i) {
    if (!line.starts_with(kAskedNames[i])) continue;
    RecordedGradient g{ParseRecorded(line.substr(std::string(kAskedNames[i]).size())),
                       static_cast<Asked>(i)};
    g.recorded.text = kAskedNames[i] + g.recorded.text;
    return g;
  }
  throw std::runtime_error("not a gradient: " + line);
}

GradientCheck::GradientCheck(const RecordedGradient& recorded)
    : recorded_(recorded),
      shape_(GradientShapeOf(recorded.recorded.problem, recorded.asked)),
      exact_(ExactGradients(recorded.recorded.problem, recorded.asked)) {}

std::string GradientCheck::Recording() const {
  return WrongAnswer(recorded_.recorded, shape_, exact_);
}

Tensor GradientCheck::Compute(const Way& way) const {
  Problem p = recorded_.recorded.problem;
  p.numerics = way.numerics;
  const std::vector<float> w = FilledWith(p.weights(), Role::kWeights);
  Tensor x(p.input(), way.layout), dy(p.output(), way.layout), result(shape_);
  Fill(x.view(), Role::kInput, Values::kPlain);
  const bool transpose = recorded_.asked == Asked::kTranspose;
  Fill(dy.view(), transpose ? Role::kInput : Role::kResidual, Values::kPlain);
  if (transpose) {
    const std::vector<float> bias = FilledWith(p.bias ? p.ic : 0, Role::kBias);
    const Tensor y = ConvTranspose2d(TransposedOptions(p, way), w, bias).Run(dy);
    Copy(y, result);
    return result;
  }
  const Conv2d conv(Options(p, way.target, "auto"), w, FilledWith(p.bias ? p.oc : 0, Role::kBias));
  if (recorded_.asked == Asked::kData) {
    Tensor dx(p.input(), way.layout);
    conv.BackwardData(dy, dx);
    Copy(dx, result);
    return result;
  }
  std::vector<float> dw(w.size()), db(static_cast<size_t>(p.oc));
  conv.BackwardWeights({.x = x, .dy = dy, .dw = dw, .db = db});
  const std::vector<float>& asked = recorded_.asked == Asked::kBias ? db : dw;
  std::copy(asked.begin(), asked.end(), result.data());
  return result;
}

std::string GradientCheck::Run(const Way& way) const {
  if (way.algorithm != "auto") return "";
  const Tensor result = Compute(way);
  const std::string failure = WrongOutputs(result, exact_);
  if (failure.empty()) return "";
  return failure + " (" + way.target + ' ' + ToString(way.layout) + ')';
}

}  // namespace windrow::test
