// Pairs of layers of MobileNet-v2 and VGG-16, for one picture and for eight.
#include "bench/fused_bench.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "bench/contest.h"
#include "windrow/fused.h"

namespace windrow::bench {
namespace {

// The first is a 3x3 convolution whose epilogue is ReLU6 or ReLU: depthwise before a 1x1
// convolution to so many channels, or dense before maxima of 2x2.
struct Pair {
  const char* name;
  int64_t channels, side, stride, out;  // 0: maxima

  bool pooled() const { return out == 0; }
};

constexpr Pair kPairs[] = {
    {"mobilenet2_32_112_16", 32, 112, 1, 16}, {"mobilenet2_96_112s2_24", 96, 112, 2, 24},
    {"mobilenet2_144_56_24", 144, 56, 1, 24}, {"mobilenet2_144_56s2_32", 144, 56, 2, 32},
    {"mobilenet2_192_28_32", 192, 28, 1, 32}, {"mobilenet2_384_14_64", 384, 14, 1, 64},
    {"mobilenet2_576_14_96", 576, 14, 1, 96}, {"mobilenet2_960_7_160", 960, 7, 1, 160},
    {"vgg16_64_224_pool", 64, 224, 1, 0},     {"vgg16_128_112_pool", 128, 112, 1, 0},
    {"vgg16_256_56_pool", 256, 56, 1, 0},     {"vgg16_512_28_pool", 512, 28, 1, 0},
};

Conv2d Make(Conv2dOptions options, const Flags& flags) {
  options.target = flags.target;
  const int64_t taps =
      options.kernel_size.h * options.kernel_size.w * options.in_channels / options.groups;
  std::vector<float> weights(static_cast<size_t>(options.out_channels * taps));
  std::vector<float> bias(static_cast<size_t>(options.out_channels));
  FillRandom(weights, 1 / std::sqrt(static_cast<float>(taps)), 2);
  FillRandom(bias, 1, 3);
  return Conv2d(options, weights, bias);
}

// Each weight and element of x and y is moved once.
template <class Second>
void Measure(const Conv2d& first, const Second& second, double flops, double weights,
             const Tensor& x, const Flags& flags, benchmark::State& state) {
  const Fused fused(first, second, {.algorithm = flags.algorithm});
  Tensor middle(first.OutputShape(x.shape()), x.layout());
  Tensor y(fused.OutputShape(x.shape()), x.layout());
  const auto floats = [](const Tensor& t) { return static_cast<double>(t.shape().elements()); };
  const Work work{
      .flops = flops, .bytes_read = 4 * (floats(x) + weights), .bytes_written = 4 * floats(y)};
  Contest contest(work, first.target(), flags, [&] { fused.Run(x, y); });
  const size_t two = contest.Add([&] {
    first.Run(x, middle);
    second.Run(middle, y);
  });
  contest.Measure();
  contest.Report(state, fused.Explain(x.shape(), x.layout()));
  state.counters["ratio_two_calls"] = 1 / contest.TimesLongerThan(two);
}

void Measure(const Pair& p, int64_t batch, Layout layout, const Flags& flags,
             benchmark::State& state) {
  Conv2dOptions o{.in_channels = p.channels,
                  .out_channels = p.channels,
                  .kernel_size = 3,
                  .stride = p.stride,
                  .padding = 1};
  o.groups = p.pooled() ? 1 : p.channels;
  o.epilogue.clamp_min = 0;
  if (!p.pooled()) o.epilogue.clamp_max = 6;
  const Conv2d first = Make(o, flags);
  Tensor x(Shape(batch, p.channels, p.side, p.side), layout);
  FillRandom({x.data(), static_cast<size_t>(x.shape().elements())}, 1, 1);
  const auto middle = static_cast<double>(first.OutputShape(x.shape()).elements());
  const double taps = 9 * static_cast<double>(p.channels / o.groups);
  const double weights = taps * static_cast<double>(p.channels);
  if (p.pooled()) {
    const MaxPool2d second({.kernel_size = 2, .target = flags.target});
    return Measure(first, second, 2 * middle * taps, weights, x, flags, state);
  }
  const Conv2d second =
      Make({.in_channels = p.channels, .out_channels = p.out, .kernel_size = 1}, flags);
  const auto out = static_cast<double>(p.out);
  Measure(first, second, 2 * middle * (taps + out), weights + out * static_cast<double>(p.channels),
          x, flags, state);
}

}  // namespace

void RegisterPairs(const Flags& flags) {
  for (const Pair& pair : kPairs) {
    for (const int64_t batch : {1, 8}) {
      for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
        RegisterContest(
            "fused/" + std::string(pair.name) + "_mb" + std::to_string(batch) + "/" +
                ToString(layout),
            [=](benchmark::State& state) { Measure(pair, batch, layout, flags, state); });
      }
    }
  }
}

}  // namespace windrow::bench
