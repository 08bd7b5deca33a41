// Convolution backward against the peers and the machine's limit.
#include "bench/gradient_bench.h"

#include <cmath>
#include <string>
#include <utility>

#include "bench/contest.h"

namespace windrow::bench {
namespace {

// Numbers so large that gradients are of the order of 1.
struct GradientData {
  GradientData(const Layer& layer, Gradient gradient, Layout layout)
      : x_nchw(layer.problem.input()),
        dy_nchw(layer.problem.output()),
        x(layer.problem.input(), layout),
        dy(layer.problem.output(), layout),
        weights(static_cast<size_t>(layer.problem.weights())),
        bias(static_cast<size_t>(layer.problem.oc)) {
    const ConvProblem& p = layer.problem;
    const Shape& y = dy.shape();
    const int64_t terms = gradient == Gradient::kByWeights ? y.n() * y.h() * y.w()
                                                           : layer.problem.weights() / p.ic * p.g;
    Fill(x_nchw, 1, 1, x);
    Fill(dy_nchw, 1 / std::sqrt(static_cast<float>(terms)), 2, dy);
    FillRandom(weights, 1, 3);
  }

  static void Fill(Tensor& nchw, float scale, uint64_t seed, Tensor& to) {
    const auto count = static_cast<size_t>(nchw.shape().elements());
    FillRandom({nchw.data(), count}, scale, seed);
    Copy(nchw, to);
  }

  Tensor x_nchw, dy_nchw, x, dy;
  std::vector<float> weights, bias;
};

void MeasureData(const Layer& layer, Layout layout, const std::vector<Peer>& peers,
                 const Flags& flags, benchmark::State& state) {
  GradientData data(layer, Gradient::kByData, layout);
  Conv2dOptions options = Options(layer.problem, flags.target, "auto");
  options.backward.data = flags.algorithm;
  const Conv2d conv(options, data.weights);
  Contest contest(
      {layer.Flops(), layer.BytesWritten() + 4.0 * static_cast<double>(layer.problem.weights()),
       4.0 * static_cast<double>(layer.problem.input().elements())},
      conv.target(), flags, [&] { conv.BackwardData(data.dy, data.x); });
  Tensor result(layer.problem.input());
  Copy(data.x, result);
  contest.AddPeers(peers, layout, result, [&](const PeerFormat& format) {
    return format.make_gradient == nullptr
               ? nullptr
               : format.make_gradient(layer, Gradient::kByData,
                                      {data.x_nchw, data.dy_nchw, data.weights});
  });
  contest.Measure();
  contest.Report(state, conv.Explain(BackwardDataArgs{.dy = data.dy, .dx = data.x}));
}

void MeasureWeights(const Layer& layer, Layout layout, const std::vector<Peer>& peers,
                    const Flags& flags, benchmark::State& state) {
  GradientData data(layer, Gradient::kByWeights, layout);
  Conv2dOptions options = Options(layer.problem, flags.target, "auto");
  options.backward.weights = flags.algorithm;
  const Conv2d conv(options, data.weights);
  const BackwardWeightsArgs args{.x = data.x, .dy = data.dy, .dw = data.weights, .db = data.bias};
  Contest contest({layer.Flops(),
                   layer.BytesRead() - 4.0 * static_cast<double>(layer.problem.weights()) +
                       layer.BytesWritten(),
                   4.0 * static_cast<double>(layer.problem.weights())},
                  conv.target(), flags, [&] { conv.BackwardWeights(args); });
  const ConvProblem& p = layer.problem;
  Tensor result(Shape(p.oc, p.ic / p.g, p.kernel.h, p.kernel.w));
  std::copy(data.weights.begin(), data.weights.end(), result.data());
  contest.AddPeers(peers, layout, result, [&](const PeerFormat& format) {
    return format.make_gradient == nullptr
               ? nullptr
               : format.make_gradient(layer, Gradient::kByWeights,
                                      {data.x_nchw, data.dy_nchw, data.weights});
  });
  contest.Measure();
  contest.Report(state, conv.Explain(args));
}

}  // namespace

void RegisterGradients(const std::vector<Layer>& layers, const std::vector<Peer>& peers,
                       const Flags& flags) {
  for (const auto& [name, measure] : {std::pair("backward_data/", &MeasureData),
                                      std::pair("backward_weights/", &MeasureWeights)}) {
    for (const Layer& layer : layers) {
      for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
        RegisterContest(name + layer.name + "/" + ToString(layout),
                        [=, run = measure](benchmark::State& state) {
                          run(layer, layout, peers, flags, state);
                        });
      }
    }
  }
}

}  // namespace windrow::bench
