// Forward convolution against the peers and the machine's limit.
#include "bench/conv_bench.h"

#include <cmath>
#include <string>

#include "bench/contest.h"

namespace windrow::bench {
namespace {

// A layer's numbers. Outputs have a standard deviation of about 1/3, whatever the layer.
struct Data {
  Data(const Layer& layer, Layout layout)
      : x_nchw(layer.problem.input()),
        x(layer.problem.input(), layout),
        y(layer.problem.output(), layout),
        weights(static_cast<size_t>(layer.problem.weights())),
        bias(static_cast<size_t>(layer.problem.oc)) {
    FillRandom({x_nchw.data(), static_cast<size_t>(x.shape().elements())}, 1, 1);
    Copy(x_nchw, x);
    const auto taps = static_cast<float>(layer.problem.weights() / layer.problem.oc);
    FillRandom(weights, 1 / std::sqrt(taps), 2);
    FillRandom(bias, 1, 3);
  }
  Tensor x_nchw, x, y;
  std::vector<float> weights, bias;
};

void Measure(const Layer& layer, Layout layout, const std::vector<Peer>& peers, const Flags& flags,
             benchmark::State& state) {
  Data data(layer, layout);
  const Conv2d conv(Options(layer.problem, flags.target, flags.algorithm), data.weights, data.bias);
  Contest contest(layer.ToWork(), conv.target(), flags, [&] { conv.Run(data.x, data.y); });
  Tensor result(data.y.shape());
  Copy(data.y, result);
  contest.AddPeers(peers, layout, result, [&](const PeerFormat& format) {
    return format.make(layer, {data.x_nchw, data.weights, data.bias});
  });
  contest.Measure();
  contest.Report(state, conv.Explain(layer.problem.input(), layout));
}

}  // namespace

void RegisterConvolutions(const std::vector<Layer>& layers, const std::vector<Peer>& peers,
                          const Flags& flags) {
  for (const Layer& layer : layers) {
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      RegisterContest("conv/" + layer.name + "/" + ToString(layout), [=](benchmark::State& state) {
        Measure(layer, layout, peers, flags, state);
      });
    }
  }
}

}  // namespace windrow::bench
