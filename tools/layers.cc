// windrow layers: how near the machine's limit the layers of real networks run.
//
// The clock of a shared machine wanders, so a layer and the limit it is compared with are timed in
// the same rounds, and the percentage is the median of the ratios of those.
#include "bench/layers.h"

#include <fmt/ostream.h>
#include <oneapi/tbb/task_arena.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/limit.h"
#include "bench/rounds.h"
#include "tools/cli.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

constexpr int kRounds = 15;

struct LayersOptions {
  std::string shapes, net = "resnet50";
  std::vector<std::string> targets;
  int threads = 1;
};

// Small values of no special kind, so that nothing is faster or slower than with real data.
void Fill(float* values, int64_t count) {
  for (int64_t i = 0; i < count; ++i) values[i] = static_cast<float>(i * 7 % 31 - 15) * 0x1p-5f;
}

struct Timing {
  double seconds, percent;
  bool memory_bound;
};

Timing Measure(const bench::Layer& layer, const Conv2d& conv, bool fused, int threads) {
  Tensor x(layer.input, Layout::kNhwc);
  Fill(x.data(), x.shape().elements());
  Tensor y(conv.OutputShape(layer.input), Layout::kNhwc);
  bench::Limit limit(layer, conv.target(), fused, threads);
  bench::Rounds rounds;
  const size_t run = rounds.Add(bench::Batch([&] { conv.Run(x, y); }));
  limit.AddProbes(rounds);
  rounds.Run(kRounds, 0);
  return {bench::Median(rounds.samples(run)),
          100 * bench::MedianRatio(limit.Seconds(rounds), rounds.samples(run)),
          limit.MemoryBound(rounds)};
}

void PrintLayer(const bench::Layer& layer, const std::string& target, int threads,
                std::ostream& out) {
  std::vector<float> weights(static_cast<size_t>(layer.WeightCount()));
  Fill(weights.data(), layer.WeightCount());
  Conv2dOptions options = layer.options;
  options.target = target;
  const Conv2d conv(options, weights);
  const Explanation e = conv.Explain(layer.input, Layout::kNhwc);
  fmt::print(out, "{:<18} {:<8} {:<10} ", layer.name, e.target, e.algorithm);
  if (e.algorithm == "reference") {
    fmt::print(out, "skipped: no fast algorithm takes it\n");
    return;
  }
  const Timing t = Measure(layer, conv, e.numerics == "fused", threads);
  fmt::print(out, "{:>9.3f} {:>9.1f} {:>8.1f}  {}\n", t.seconds * 1e3,
             layer.Flops() / t.seconds * 1e-9, t.percent, t.memory_bound ? "bandwidth" : "peak");
  out.flush();
}

int Layers(LayersOptions o, std::ostream& out) {
  std::vector<bench::Layer> layers =
      bench::ReadLayers(o.shapes.empty() ? bench::FindLayersFile() : o.shapes);
  if (o.net != "all") {
    std::erase_if(layers, [&](const bench::Layer& l) { return l.net != o.net; });
  }
  if (layers.empty()) {
    throw std::invalid_argument(fmt::format("no layer is of the net \"{}\"", o.net));
  }
  if (o.targets.empty()) o.targets.push_back(cpu::ActiveTarget());
  fmt::print(
      out,
      "NHWC, f32, {} thread{}. The limit is what as many threads can do, at the peak of their\n"
      "multiply-adds or at the memory's bandwidth, measured in the same {} rounds; medians.\n\n",
      o.threads, o.threads == 1 ? "" : "s", kRounds);
  fmt::print(out, "{:<18} {:<8} {:<10} {:>9} {:>9} {:>8}  {}\n", "layer", "target", "algorithm",
             "ms", "GFLOP/s", "% of", "limit");
  tbb::task_arena arena(o.threads);
  for (const bench::Layer& layer : layers) {
    for (const std::string& target : o.targets) {
      arena.execute([&] { PrintLayer(layer, target, o.threads, out); });
    }
  }
  return 0;
}

}  // namespace

void AddLayers(CLI::App& app, Action& action) {
  CLI::App* command =
      AddCommand(app, "layers", "[--shapes FILE] [--net NAME] [--target T]... [--threads N]",
                 "Time the layers of a network against this machine's limit");
  const auto o = std::make_shared<LayersOptions>();
  command->add_option("--shapes", o->shapes, "A file of layers; bench/shapes/layers.txt if none");
  command->add_option("--net", o->net, "Of this network only, or all")->capture_default_str();
  command->add_option("--target", o->targets, "This SIMD target; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--threads", o->threads, "Threads")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command->callback([o, &action] { action = [o](std::ostream& out) { return Layers(*o, out); }; });
}

}  // namespace windrow::tool
