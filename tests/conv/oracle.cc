#include "tests/conv/oracle.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "tests/conv/harness.h"
#include "tests/support/formulas.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

// Where the pixel at i of a padded dimension comes from: numpy.pad's modes; -1 is a zero.
int64_t PaddedSource(int64_t i, Sides pad, int64_t in, PaddingMode mode) {
  i -= pad.before;
  switch (mode) {
    case PaddingMode::kZeros:
      return i < 0 || i >= in ? -1 : i;
    case PaddingMode::kReflect:
      i = std::abs(i);
      return i < in ? i : 2 * in - 2 - i;
    case PaddingMode::kReplicate:
      return std::clamp<int64_t>(i, 0, in - 1);
    case PaddingMode::kCircular:
      return (i % in + in) % in;
  }
  return -1;
}

Tensor Padded(const Problem& p) {
  Tensor image(p.input());
  const TensorView x = image.view();
  Fill(x, Role::kInput, p.values);
  const Sides h = p.vertical().pad, w = p.horizontal().pad;
  Tensor result(Shape(p.mb, p.ic, p.ih + h.before + h.after, p.iw + w.before + w.after));
  const TensorView padded = result.view();
  const Shape& s = padded.shape();
  for (int64_t n = 0; n < s.n(); ++n) {
    for (int64_t c = 0; c < s.c(); ++c) {
      for (int64_t i = 0; i < s.h(); ++i) {
        for (int64_t j = 0; j < s.w(); ++j) {
          const int64_t ih = PaddedSource(i, h, p.ih, p.mode);
          const int64_t iw = PaddedSource(j, w, p.iw, p.mode);
          if (ih < 0 || iw < 0) continue;  // the zero that is there
          std::memcpy(&padded.at(n, c, i, j), &x.at(n, c, ih, iw), sizeof(float));
        }
      }
    }
  }
  return result;
}

// Calls store(n, oc, oh, ow, sum) with `start` of each output, to which step(x, w, sum) adds.
template <typename Sum, typename Start, typename Step, typename Store>
void Correlate(const Problem& p, const Start& start, const Step& step, const Store& store) {
  const Tensor image = Padded(p);
  const ConstTensorView x = image.view();
  const std::vector<float> numbers = Weights(p);
  const ConstTensorView weights(numbers.data(), Shape(p.oc, p.ic / p.g, p.kernel.h, p.kernel.w),
                                Layout::kNchw);
  const Shape out = p.output();
  for (int64_t n = 0; n < p.mb; ++n) {
    for (int64_t oc = 0; oc < p.oc; ++oc) {
      const int64_t first = oc / (p.oc / p.g) * (p.ic / p.g);
      for (int64_t oh = 0; oh < out.h(); ++oh) {
        for (int64_t ow = 0; ow < out.w(); ++ow) {
          Sum sum = start(oc);
          for (int64_t i = 0; i < p.kernel.h; ++i) {
            for (int64_t j = 0; j < p.kernel.w; ++j) {
              for (int64_t c = 0; c < p.ic / p.g; ++c) {
                step(x.at(n, first + c, oh * p.stride.h + i * p.dilation.h,
                          ow * p.stride.w + j * p.dilation.w),
                     weights.at(oc, c, i, j), sum);
              }
            }
          }
          store(n, oc, oh, ow, sum);
        }
      }
    }
  }
}

Tensor ResidualOf(const Problem& p) {
  Tensor residual(p.output());
  if (p.residual != Residual::kNone) Fill(residual.view(), Role::kResidual, p.values);
  return residual;
}

float Finish(float v, const Epilogue& e) {
  v = v + 0.0f;
  if (v < e.clamp_min) {
    v = e.clamp_min;
  } else if (v > e.clamp_max) {
    v = e.clamp_max;
  }
  return Activated(e.activation, e.negative_slope, v);
}

}  // namespace

Tensor OracleBits(const Problem& p, bool fused) {
  const std::vector<float> bias = Bias(p), scales = problems::Scales(p);
  const Tensor residual = ResidualOf(p);
  Tensor y(p.output());
  Correlate<float>(
      p, [&](int64_t oc) { return bias.empty() ? 0.0f : bias[static_cast<size_t>(oc)]; },
      [&](float x, float w, float& sum) {
        if (fused) {
          sum = std::fma(x, w, sum);
        } else {
          const float product = x * w;
          sum = sum + product;
        }
      },
      [&](int64_t n, int64_t oc, int64_t oh, int64_t ow, float sum) {
        if (p.scale) sum = sum * scales[static_cast<size_t>(oc)];
        if (p.residual != Residual::kNone) sum = sum + residual.at(n, oc, oh, ow);
        y.at(n, oc, oh, ow) = Finish(sum, p.epilogue);
      });
  return y;
}

std::vector<Bounded> OracleDouble(const Problem& p) {
  struct Sum {
    double value, magnitude;
    void Add(double term) {
      value += term;
      magnitude += std::abs(term);
    }
  };
  const std::vector<float> bias = Bias(p);
  const Tensor residual = ResidualOf(p);
  std::vector<Bounded> all;
  // Each of the products and sums rounds by at most half a unit in the last place, 2^-24.
  const auto roundings = static_cast<double>(p.ic / p.g * p.kernel.h * p.kernel.w + 3);
  Correlate<Sum>(
      p,
      [&](int64_t oc) {
        Sum sum{0, 0};
        if (!bias.empty()) sum.Add(bias[static_cast<size_t>(oc)]);
        return sum;
      },
      [](float x, float w, Sum& sum) { sum.Add(static_cast<double>(x) * static_cast<double>(w)); },
      [&](int64_t n, int64_t oc, int64_t oh, int64_t ow, Sum sum) {
        sum.Add(residual.at(n, oc, oh, ow));
        const double value =
            std::clamp<double>(sum.value, p.epilogue.clamp_min, p.epilogue.clamp_max);
        all.push_back({value, 1.01 * roundings * 0x1p-24 * sum.magnitude});
      });
  return all;
}

}  // namespace windrow::test
