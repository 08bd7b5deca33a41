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
  bench::Limit limit(layer.ToWork(), conv.target(), fused, threads);
  bench::Rounds rounds;
  const size_t run = rounds.Add(bench::Batch([&] { conv.Run(x, y); }, threads == 1));
  limit.AddProbes(rounds);
  rounds.Run(kRounds, 0);
  return {bench::Median(rounds.samples(run)),
          100 * bench::MedianRatio(limit.Seconds(rounds), rounds.samples(run)),
          limit.MemoryBound(rounds)};
}

// A cell of the table: milliseconds, GFLOP/s and percent of the limit on one target.
void PrintCell(const bench::Layer& layer, const std::string& target, int threads,
               std::ostream& out) {
  std::vector<float> weights(static_cast<size_t>(layer.WeightCount()));
  Fill(weights.data(), layer.WeightCount());
  Conv2dOptions options = layer.options;
  options.target = target;
  const Conv2d conv(options, weights);
  const Explanation e = conv.Explain(layer.input, Layout::kNhwc);
  if (e.algorithm == "reference") {
    fmt::print(out, " |{:>25}", "no fast algorithm");
    return;
  }
  const Timing t = Measure(layer, conv, e.numerics == "fused", threads);
  fmt::print(out, " |{:>9.3f} {:>8.1f} {:>4.0f} {}", t.seconds * 1e3,
             layer.Flops() / t.seconds * 1e-9, t.percent, t.memory_bound ? 'm' : ' ');
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
  if (o.targets.empty()) {
    for (const cpu::TargetInfo& t : cpu::Targets()) {
      if (t.usable) o.targets.push_back(t.name);
    }
  }
  fmt::print(
      out,
      "NHWC, f32, {} thread{}. The limit is what as many threads can do on that target, at the\n"
      "peak of their multiply-adds or (m) at the memory's bandwidth, measured in the same {} "
      "rounds;\n"
      "medians.\n\n{:<18}",
      o.threads, o.threads == 1 ? "" : "s", kRounds, "");
  for (const std::string& target : o.targets) fmt::print(out, " | {:<24}", target);
  fmt::print(out, "\n{:<18}", "layer");
  for (size_t i = 0; i < o.targets.size(); ++i) {
    fmt::print(out, " |{:>9} {:>8} {:>4}  ", "ms", "GFLOP/s", "%");
  }
  fmt::print(out, "\n");
  tbb::task_arena arena(o.threads);
  for (const bench::Layer& layer : layers) {
    fmt::print(out, "{:<18}", layer.name);
    for (const std::string& target : o.targets) {
      arena.execute([&] { PrintCell(layer, target, o.threads, out); });
      out.flush();
    }
    fmt::print(out, "\n");
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
  command->add_option("--target", o->targets, "This SIMD target, may be repeated; all if none")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--threads", o->threads, "Threads")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command->callback([o, &action] { action = [o](std::ostream& out) { return Layers(*o, out); }; });
}

}  // namespace windrow::tool
