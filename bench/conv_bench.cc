// Forward convolution against the peers and the machine's limit.
#include "bench/conv_bench.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "bench/contest.h"
#include "lib/base/machine.h"

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

// As in a network, where other layers run in between: each call is that of the next of many
// convolutions, whose weights together do not fit the L2 cache. Of Windrow alone; what that costs
// is seen in the same rounds.
void MeasureCold(const Layer& layer, Layout layout, const Flags& flags, benchmark::State& state) {
  constexpr int64_t kMost = 4096;
  Data data(layer, layout);
  const auto options = Options(layer.problem, flags.target, flags.algorithm);
  const int64_t bytes = static_cast<int64_t>(sizeof(float)) * layer.problem.weights();
  const int64_t cold_bytes = 4 * flags.threads * internal::ThisMachine().l2;
  const int64_t count = std::clamp<int64_t>(cold_bytes / bytes, 2, kMost);
  std::vector<std::unique_ptr<Conv2d>> convs;
  for (int64_t i = 0; i < count; ++i) {
    convs.push_back(std::make_unique<Conv2d>(options, data.weights, data.bias));
    convs.back()->Run(data.x, data.y);  // packs the weights
  }
  size_t next = 0;
  Contest contest(layer.ToWork(), convs[0]->target(), flags, [&] {
    convs[next]->Run(data.x, data.y);
    next = (next + 1) % convs.size();
  });
  const size_t warm = contest.Add([&] { convs[0]->Run(data.x, data.y); });
  contest.Measure();
  contest.Report(state, convs[0]->Explain(layer.problem.input(), layout));
  state.counters["times_warm"] = contest.TimesLongerThan(warm);
}

}  // namespace

void RegisterConvolutions(const std::vector<Layer>& layers, const std::vector<Peer>& peers,
                          const Flags& flags) {
  for (const Layer& layer : layers) {
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      RegisterContest("conv/" + layer.name + "/" + ToString(layout), [=](benchmark::State& state) {
        Measure(layer, layout, peers, flags, state);
      });
      RegisterContest("conv_cold/" + layer.name + "/" + ToString(layout),
                      [=](benchmark::State& state) { MeasureCold(layer, layout, flags, state); });
    }
  }
}

}  // namespace windrow::bench
