// Every layer against its formula in f64: what it gives, and its gradients against differences of
// that, in both layouts.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/train/tensors.h"
#include "windrow/train.h"

namespace windrow::test {
namespace {

using Doubles = std::vector<double>;  // a tensor in the order n, c, h, w
using Parameters = std::vector<Doubles>;

struct Case {
  const char* name;
  std::function<train::LayerPtr()> make;
  Shape input;
  std::function<Doubles(const Doubles&, const Parameters&)> formula;
};

// Calls f(n, c, h, w, index).
template <typename F>
void ForEach(const Shape& s, const F& f) {
  size_t index = 0;
  for (int64_t n = 0; n < s.n(); ++n) {
    for (int64_t c = 0; c < s.c(); ++c) {
      for (int64_t h = 0; h < s.h(); ++h) {
        for (int64_t w = 0; w < s.w(); ++w) f(n, c, h, w, index++);
      }
    }
  }
}

size_t At(const Shape& s, int64_t n, int64_t c, int64_t h, int64_t w) {
  return static_cast<size_t>(((n * s.c() + c) * s.h() + h) * s.w() + w);
}

Doubles Map(const Doubles& x, double (*f)(double)) {
  Doubles y(x.size());
  std::transform(x.begin(), x.end(), y.begin(), f);
  return y;
}

struct Geometry {
  int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
};

Doubles Convolve(const Doubles& x, const Shape& xs, const Doubles& w, const Shape& ws,
                 const Doubles& bias, const Shape& ys, const Geometry& g) {
  Doubles y(static_cast<size_t>(ys.elements()));
  ForEach(ys, [&](int64_t n, int64_t oc, int64_t oh, int64_t ow, size_t out) {
    y[out] = bias.empty() ? 0 : bias[static_cast<size_t>(oc)];
    const int64_t first = oc / (ys.c() / g.groups) * ws.c();
    ForEach(Shape(1, ws.c(), ws.h(), ws.w()),
            [&](int64_t, int64_t c, int64_t kh, int64_t kw, size_t) {
              const int64_t ih = oh * g.stride + kh * g.dilation - g.padding;
              const int64_t iw = ow * g.stride + kw * g.dilation - g.padding;
              if (ih < 0 || ih >= xs.h() || iw < 0 || iw >= xs.w()) return;
              y[out] += x[At(xs, n, first + c, ih, iw)] * w[At(ws, oc, c, kh, kw)];
            });
  });
  return y;
}

Doubles ConvolveTransposed(const Doubles& x, const Shape& xs, const Doubles& w, const Shape& ws,
                           const Doubles& bias, const Shape& ys, const Geometry& g) {
  Doubles y(static_cast<size_t>(ys.elements()));
  ForEach(ys, [&](int64_t, int64_t c, int64_t, int64_t, size_t out) {
    y[out] = bias[static_cast<size_t>(c)];
  });
  ForEach(xs, [&](int64_t n, int64_t ic, int64_t ih, int64_t iw, size_t in) {
    const int64_t first = ic / (xs.c() / g.groups) * ws.c();
    ForEach(Shape(1, ws.c(), ws.h(), ws.w()),
            [&](int64_t, int64_t c, int64_t kh, int64_t kw, size_t) {
              const int64_t oh = ih * g.stride + kh * g.dilation - g.padding;
              const int64_t ow = iw * g.stride + kw * g.dilation - g.padding;
              if (oh < 0 || oh >= ys.h() || ow < 0 || ow >= ys.w()) return;
              y[At(ys, n, first + c, oh, ow)] += x[in] * w[At(ws, ic, c, kh, kw)];
            });
  });
  return y;
}

// Windows [begin, end) of each output, in rows and columns.
using Window = std::function<std::pair<int64_t, int64_t>(int64_t)>;
Doubles Pool(const Doubles& x, const Shape& xs, const Shape& ys, const Window& rows,
             const Window& columns, bool max, double divisor) {
  Doubles y(static_cast<size_t>(ys.elements()));
  ForEach(ys, [&](int64_t n, int64_t c, int64_t oh, int64_t ow, size_t out) {
    double best = -std::numeric_limits<double>::infinity(), sum = 0, count = 0;
    for (int64_t h = rows(oh).first; h < rows(oh).second; ++h) {
      for (int64_t w = columns(ow).first; w < columns(ow).second; ++w) {
        if (h < 0 || h >= xs.h() || w < 0 || w >= xs.w()) continue;
        const double v = x[At(xs, n, c, h, w)];
        best = std::max(best, v);
        sum += v;
        ++count;
      }
    }
    y[out] = max ? best : sum / (divisor > 0 ? divisor : count);
  });
  return y;
}

Window Uniform(int64_t kernel, int64_t stride, int64_t padding) {
  return [=](int64_t o) { return std::pair(o * stride - padding, o * stride - padding + kernel); };
}

Doubles Normalized(const Doubles& x, const Shape& s, const Doubles& weight, const Doubles& bias) {
  Doubles y(x.size()), mean(weight.size()), square(weight.size());
  const auto values = static_cast<double>(s.n() * s.h() * s.w());
  const auto each = [&](const auto& f) {
    ForEach(s,
            [&](int64_t, int64_t c, int64_t, int64_t, size_t i) { f(static_cast<size_t>(c), i); });
  };
  each([&](size_t c, size_t i) { mean[c] += x[i] / values; });
  each([&](size_t c, size_t i) { square[c] += (x[i] - mean[c]) * (x[i] - mean[c]) / values; });
  each([&](size_t c, size_t i) {
    y[i] = (x[i] - mean[c]) / std::sqrt(square[c] + 1e-5) * weight[c] + bias[c];
  });
  return y;
}

Doubles Sum(const Doubles& a, const Doubles& b) {
  Doubles y(a.size());
  std::transform(a.begin(), a.end(), b.begin(), y.begin(), std::plus<>());
  return y;
}

double Relu(double x) { return std::max(x, 0.0); }

std::vector<Case> Cases() {
  const Shape image(2, 4, 7, 6), rows(5, 12, 1, 1);
  const auto shape = [](int64_t n, int64_t c, int64_t h, int64_t w) { return Shape(n, c, h, w); };
  return {
      {"Conv2d",
       [] { return train::Conv2d({.in_channels = 4, .out_channels = 3, .kernel_size = 3}); }, image,
       [=](const Doubles& x, const Parameters& p) {
         return Convolve(x, image, p[0], shape(3, 4, 3, 3), p[1], shape(2, 3, 5, 4), {});
       }},
      {"Conv2dWithEverything",
       [] {
         return train::Conv2d({.in_channels = 4,
                               .out_channels = 6,
                               .kernel_size = {3, 2},
                               .stride = 2,
                               .padding = 2,
                               .dilation = 2,
                               .groups = 2},
                              /*bias=*/false);
       },
       image,
       [=](const Doubles& x, const Parameters& p) {
         return Convolve(x, image, p[0], shape(6, 2, 3, 2), {}, shape(2, 6, 4, 4),
                         {.stride = 2, .padding = 2, .dilation = 2, .groups = 2});
       }},
      {"ConvTranspose2d",
       [] {
         return train::ConvTranspose2d({.in_channels = 4,
                                        .out_channels = 6,
                                        .kernel_size = 3,
                                        .stride = 2,
                                        .padding = 1,
                                        .output_padding = 1,
                                        .groups = 2});
       },
       image,
       [=](const Doubles& x, const Parameters& p) {
         return ConvolveTransposed(x, image, p[0], shape(4, 3, 3, 3), p[1], shape(2, 6, 14, 12),
                                   {.stride = 2, .padding = 1, .groups = 2});
       }},
      {"Linear", [] { return train::Linear({.in_features = 12, .out_features = 5}); }, rows,
       [=](const Doubles& x, const Parameters& p) {
         return Convolve(x, rows, p[0], shape(5, 12, 1, 1), p[1], shape(5, 5, 1, 1), {});
       }},
      {"LinearWithoutBias",
       [] { return train::Linear({.in_features = 12, .out_features = 5, .bias = false}); }, rows,
       [=](const Doubles& x, const Parameters& p) {
         return Convolve(x, rows, p[0], shape(5, 12, 1, 1), {}, shape(5, 5, 1, 1), {});
       }},
      {"MaxPool2d", [] { return train::MaxPool2d({.kernel_size = 3, .stride = 2, .padding = 1}); },
       image,
       [=](const Doubles& x, const Parameters&) {
         return Pool(x, image, shape(2, 4, 4, 3), Uniform(3, 2, 1), Uniform(3, 2, 1), true, 0);
       }},
      {"AvgPool2d", [] { return train::AvgPool2d({.kernel_size = 3, .stride = 2, .padding = 1}); },
       image,
       [=](const Doubles& x, const Parameters&) {
         return Pool(x, image, shape(2, 4, 4, 3), Uniform(3, 2, 1), Uniform(3, 2, 1), false, 9);
       }},
      {"AdaptiveAvgPool2d",
       [] {
         return train::AdaptiveAvgPool2d({.output_size = {3, 2}});
       },
       image,
       [=](const Doubles& x, const Parameters&) {
         const auto adaptive = [](int64_t in, int64_t out) {
           return
               [=](int64_t o) { return std::pair(o * in / out, ((o + 1) * in + out - 1) / out); };
         };
         return Pool(x, image, shape(2, 4, 3, 2), adaptive(7, 3), adaptive(6, 2), false, 0);
       }},
      {"BatchNorm2d", [] { return train::BatchNorm2d({.num_features = 4}); }, image,
       [=](const Doubles& x, const Parameters& p) { return Normalized(x, image, p[0], p[1]); }},
      {"Flatten", [] { return train::Flatten(); }, image,
       [](const Doubles& x, const Parameters&) { return x; }},
      {"ReLU", [] { return train::ReLU(); }, image,
       [](const Doubles& x, const Parameters&) { return Map(x, Relu); }},
      {"LeakyReLU", [] { return train::LeakyReLU(0.2f); }, image,
       [](const Doubles& x, const Parameters&) {
         return Map(x, [](double v) { return v > 0 ? v : 0.2 * v; });
       }},
      {"Sigmoid", [] { return train::Sigmoid(); }, image,
       [](const Doubles& x, const Parameters&) {
         return Map(x, [](double v) { return 1 / (1 + std::exp(-v)); });
       }},
      {"Tanh", [] { return train::Tanh(); }, image,
       [](const Doubles& x, const Parameters&) { return Map(x, std::tanh); }},
      {"SiLU", [] { return train::SiLU(); }, image,
       [](const Doubles& x, const Parameters&) {
         return Map(x, [](double v) { return v / (1 + std::exp(-v)); });
       }},
      {"Residual",
       [] {
         return train::Residual(
             train::Sequential(
                 train::Conv2d({.in_channels = 4, .out_channels = 4, .kernel_size = 1}),
                 train::Tanh()),
             nullptr);
       },
       image,
       [=](const Doubles& x, const Parameters& p) {
         return Sum(Map(Convolve(x, image, p[0], shape(4, 4, 1, 1), p[1], image, {}), std::tanh),
                    x);
       }},
      {"ResidualWithShortcut",
       [] {
         return train::Residual(
             train::Sequential(
                 train::ReLU(),
                 train::Conv2d(
                     {.in_channels = 4, .out_channels = 2, .kernel_size = 3, .padding = 1})),
             train::Sequential(
                 train::Conv2d({.in_channels = 4, .out_channels = 2, .kernel_size = 1})));
       },
       image,
       [=](const Doubles& x, const Parameters& p) {
         const Shape y(2, 2, 7, 6);
         return Sum(Convolve(Map(x, Relu), image, p[0], shape(2, 4, 3, 3), p[1], y, {.padding = 1}),
                    Convolve(x, image, p[2], shape(2, 4, 1, 1), p[3], y, {}));
       }},
  };
}

Doubles ToDoubles(const ConstTensorView& v) {
  const Numbers floats = FloatsOf(v);
  return {floats.begin(), floats.end()};
}

void ExpectClose(const Doubles& computed, const Doubles& expected, const std::string& what) {
  ASSERT_EQ(computed.size(), expected.size()) << what;
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(computed[i], expected[i], 1e-5 * std::max(1.0, std::abs(expected[i])))
        << what << ", element " << i;
  }
}

class LayerTest : public testing::TestWithParam<std::tuple<Case, Layout>> {};

TEST_P(LayerTest, HasTheFormulasValuesAndDerivatives) {
  const auto& [c, layout] = GetParam();
  train::Model model(c.make(), c.input, {.seed = 3, .layout = layout});
  const Tensor x = RandomTensor(c.input, 1);
  Doubles x64 = ToDoubles(x);
  Parameters p64;
  for (train::Parameter* p : model.parameters()) {
    if (p->gradient.data() != nullptr && p->dimensions == 1) {
      train::Random(12, 0).Uniform(p->value, 0.5f, 1.5f);  // a batch norm's are 1 and 0
    }
    p64.push_back(ToDoubles(p->value));
  }
  const ConstTensorView y = model.Forward(x, {.training = true});
  const Doubles expected = c.formula(x64, p64);
  ExpectClose(ToDoubles(y), expected, "y");

  const Tensor dy = RandomTensor(y.shape(), 2);
  const Doubles dy64 = ToDoubles(dy);
  Tensor dx(c.input);
  model.Backward(dy, dx);
  const auto loss = [&] {
    const Doubles y64 = c.formula(x64, p64);
    double sum = 0;
    for (size_t i = 0; i < y64.size(); ++i) sum += y64[i] * dy64[i];
    return sum;
  };
  const auto derivatives = [&](Doubles& by) {
    Doubles result;
    constexpr double kStep = 1e-6;
    for (double& v : by) {
      const double before = v;
      v = before + kStep;
      const double above = loss();
      v = before - kStep;
      result.push_back((above - loss()) / (2 * kStep));
      v = before;
    }
    return result;
  };
  ExpectClose(ToDoubles(dx), derivatives(x64), "dx");
  for (size_t i = 0; i < p64.size(); ++i) {
    const train::Parameter& p = *model.parameters()[i];
    if (p.gradient.data() != nullptr) {
      ExpectClose(ToDoubles(p.gradient), derivatives(p64[i]), p.name);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, LayerTest,
                         testing::Combine(testing::ValuesIn(Cases()),
                                          testing::Values(Layout::kNhwc, Layout::kNchw)),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param).name) + "_" +
                                  ToString(std::get<1>(test.param));
                         });

TEST(BatchNorm2d, KeepsRunningStatisticsAndUsesThemLater) {
  const Shape s(3, 2, 2, 2);
  train::Model model(train::BatchNorm2d({.num_features = 2, .momentum = 0.25}), s);
  const Tensor x = RandomTensor(s, 5);
  model.Forward(x, {.training = true});
  const Doubles v = ToDoubles(x);
  const Numbers mean = ValuesOf(model.parameter("running_mean").value);
  const Numbers var = ValuesOf(model.parameter("running_var").value);
  for (size_t c = 0; c < 2; ++c) {
    double sum = 0, squares = 0;
    ForEach(s, [&](int64_t, int64_t channel, int64_t, int64_t, size_t i) {
      if (static_cast<size_t>(channel) == c) sum += v[i];
    });
    ForEach(s, [&](int64_t, int64_t channel, int64_t, int64_t, size_t i) {
      if (static_cast<size_t>(channel) == c) squares += (v[i] - sum / 12) * (v[i] - sum / 12);
    });
    EXPECT_NEAR(mean[c], 0.25 * sum / 12, 1e-6);
    EXPECT_NEAR(var[c], 0.75 + 0.25 * squares / 11, 1e-6);
  }
  const Doubles y = ToDoubles(model.Forward(x));
  ForEach(s, [&](int64_t, int64_t channel, int64_t, int64_t, size_t i) {
    const auto c = static_cast<size_t>(channel);
    EXPECT_NEAR(y[i], (v[i] - mean[c]) / std::sqrt(var[c] + 1e-5), 1e-5);
  });
}

TEST(Dropout, DropsAShareAndScalesTheRest) {
  const Shape s(8, 16, 9, 9);
  Tensor x(s), dx(s), dy(s);
  std::fill_n(x.data(), s.elements(), 1.0f);
  train::Random(1, 1).Uniform(dy, -1, 1);
  train::Model model(train::Dropout(0.25), s, {.seed = 4});
  const Numbers y = FloatsOf(model.Forward(x, {.training = true, .step = 7}));
  const auto kept = std::count_if(y.begin(), y.end(), [](float v) { return v != 0; });
  EXPECT_NEAR(static_cast<double>(kept) / static_cast<double>(s.elements()), 0.75, 0.02);
  model.Backward(dy, dx);
  for (size_t i = 0; i < y.size(); ++i) {
    ASSERT_TRUE(y[i] == 0 || y[i] == 1.0f / 0.75f);
    ASSERT_EQ(dx.data()[i], dy.data()[i] * y[i]);
  }
  EXPECT_EQ(FloatsOf(model.Forward(x, {.training = true, .step = 7})), y);
  EXPECT_NE(FloatsOf(model.Forward(x, {.training = true, .step = 8})), y);
  EXPECT_EQ(FloatsOf(model.Forward(x)), ValuesOf(x));
  train::Model other(train::Dropout(0.25), s, {.seed = 4, .layout = Layout::kNchw});
  EXPECT_EQ(FloatsOf(other.Forward(x, {.training = true, .step = 7})), y);
  train::Model all(train::Dropout(1), s);
  EXPECT_EQ(FloatsOf(all.Forward(x, {.training = true})), Numbers(y.size(), 0.0f));
}

}  // namespace
}  // namespace windrow::test
