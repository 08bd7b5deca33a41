// Forward convolution against the peers and the machine's limit, in rounds.
//
// Before anything is timed, every peer's result is compared with Windrow's, so that unlike work is
// never compared. All counters are plain numbers; a ratio is the peer's time over Windrow's.
#include "bench/conv_bench.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "bench/limit.h"
#include "bench/reporter.h"
#include "bench/rounds.h"
#include "windrow/cpu.h"

namespace windrow::bench {
namespace {

// Values in [-scale, scale), the same in every run.
void FillRandom(std::span<float> values, float scale, uint64_t seed) {
  for (float& value : values) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    value = scale * (static_cast<float>(seed >> 40) * 0x1p-23F - 1);
  }
}

// A layer's numbers. Outputs have a standard deviation of about 1/3, whatever the layer.
struct Data {
  Data(const Layer& layer, Layout layout)
      : x_nchw(layer.input),
        x(layer.input, layout),
        y(layer.Output(), layout),
        weights(static_cast<size_t>(layer.WeightCount())),
        bias(static_cast<size_t>(layer.options.out_channels)) {
    FillRandom({x_nchw.data(), static_cast<size_t>(x.shape().elements())}, 1, 1);
    Copy(x_nchw, x);
    const auto taps = static_cast<float>(layer.WeightCount() / layer.options.out_channels);
    FillRandom(weights, 1 / std::sqrt(taps), 2);
    FillRandom(bias, 1, 3);
  }
  Tensor x_nchw, x, y;
  std::vector<float> weights, bias;
};

// Rounding errors are far below this, and differences in what is computed far above.
void RequireEqual(const Tensor& expected, const Tensor& actual, const std::string& peer) {
  constexpr float kTolerance = 1e-4F;
  const int64_t count = expected.shape().elements();
  for (int64_t i = 0; i < count; ++i) {
    const float e = expected.data()[i], a = actual.data()[i];
    if (!(std::abs(e - a) <= kTolerance)) {
      throw std::runtime_error("output " + std::to_string(i) + " is " + std::to_string(a) +
                               " with " + peer + " and " + std::to_string(e) + " with Windrow");
    }
  }
}

bool IsFused(const std::string& target) {
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (t.name == target) return t.fused;
  }
  return false;
}

// What takes very long is not close to anything, which a few rounds show too.
int RoundsFor(double slowest_seconds, int wanted) {
  if (slowest_seconds > 2) return 1;
  return slowest_seconds > 0.2 ? std::min(wanted, 3) : wanted;
}

struct Competitor {
  std::string name;
  bool same_layout;
  std::unique_ptr<PeerConvolution> convolution;
  size_t samples = 0;
};

class ConvBench {
 public:
  ConvBench(const Layer& layer, Layout layout, const std::vector<Peer>& peers, const Flags& flags)
      : layer_(layer),
        layout_(layout),
        flags_(flags),
        data_(layer, layout),
        conv_(Options(), data_.weights, data_.bias),
        limit_(layer, conv_.target(), IsFused(conv_.target()), flags.threads) {
    windrow_ = Add([this] { conv_.Run(data_.x, data_.y); });
    Tensor result(data_.y.shape());
    Copy(data_.y, result);
    for (const Peer& peer : peers) {
      peer.set_threads(flags.threads);
      for (const PeerFormat& format : peer.formats) AddPeer(format, result);
    }
    limit_.AddProbes(rounds_);
  }

  void Measure() {
    // A peer's threads spin for a while after their work, on CPUs the next one needs: OpenMP's for
    // some milliseconds, XNNPACK's for twenty.
    const double pause_seconds = flags_.threads > 1 && !competitors_.empty() ? 3e-2 : 0;
    rounds_.Run(RoundsFor(slowest_seconds_, flags_.rounds), pause_seconds);
  }

  void Report(benchmark::State& state) const {
    const Samples& own = rounds_.samples(windrow_);
    for (auto _ : state) state.SetIterationTime(Median(own));
    auto& counters = state.counters;
    counters["windrow_us"] = 1e6 * Median(own);
    std::string best_name;
    double best = INFINITY, best_same_layout = INFINITY;
    for (const Competitor& c : competitors_) {
      const Samples& theirs = rounds_.samples(c.samples);
      const double ratio = MedianRatio(theirs, own);
      counters[c.name + "_us"] = 1e6 * Median(theirs);
      counters["ratio_" + c.name] = ratio;
      if (ratio < best) best = ratio, best_name = c.name;
      if (c.same_layout) best_same_layout = std::min(best_same_layout, ratio);
    }
    if (best < INFINITY) counters["ratio_best"] = best;
    if (best_same_layout < INFINITY) counters["ratio_best_same_layout"] = best_same_layout;
    counters["pct_of_limit"] = 100 * MedianRatio(limit_.Seconds(rounds_), own);
    counters["memory_bound"] = limit_.MemoryBound(rounds_) ? 1 : 0;
    counters["flops"] = layer_.Flops();
    counters["bytes"] = layer_.Bytes();
    counters["spread"] = Spread(own);
    const Explanation why = conv_.Explain(layer_.input, layout_);
    state.SetLabel(why.algorithm + " " + why.target +
                   (best_name.empty() ? "" : ", best peer " + best_name));
  }

 private:
  Conv2dOptions Options() const {
    Conv2dOptions options = layer_.options;
    options.target = flags_.target;
    options.algorithm = flags_.algorithm;
    return options;
  }

  // Runs it at least once.
  size_t Add(std::function<void()> run) {
    const Batch batch(std::move(run), flags_.threads == 1);
    slowest_seconds_ = std::max(slowest_seconds_, batch.estimated_seconds());
    return rounds_.Add(batch);
  }

  void AddPeer(const PeerFormat& format, const Tensor& expected) {
    auto convolution = format.make(layer_, {data_.x_nchw, data_.weights, data_.bias});
    if (convolution == nullptr) return;
    const size_t samples = Add([peer = convolution.get()] { peer->Run(); });
    RequireEqual(expected, convolution->Output(), format.name);
    const bool same_layout = std::ranges::count(format.layouts, layout_) > 0;
    competitors_.push_back({format.name, same_layout, std::move(convolution), samples});
  }

  const Layer& layer_;
  const Layout layout_;
  const Flags& flags_;
  Data data_;
  Conv2d conv_;
  Limit limit_;
  std::vector<Competitor> competitors_;
  Rounds rounds_;
  size_t windrow_ = 0;
  double slowest_seconds_ = 0;
};

}  // namespace

void RegisterConvolutions(const std::vector<Layer>& layers, const std::vector<Peer>& peers,
                          const Flags& flags) {
  for (const Layer& layer : layers) {
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      const std::string name = "conv/" + layer.name + "/" + ToString(layout);
      if (!Selected(name)) continue;
      benchmark::RegisterBenchmark(name.c_str(),
                                   [=](benchmark::State& state) {
                                     try {
                                       ConvBench bench(layer, layout, peers, flags);
                                       bench.Measure();
                                       bench.Report(state);
                                     } catch (const std::exception& e) {
                                       state.SkipWithError(e.what());
                                     }
                                   })
          ->UseManualTime()
          ->Iterations(1)
          ->Unit(benchmark::kMicrosecond);
    }
  }
}

}  // namespace windrow::bench
