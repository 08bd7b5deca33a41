// windrow layers: how near the machine's limit the layers of real networks run.
//
// The clock of a shared machine wanders, so a layer and the limit it is compared with are timed in
// the same rounds, and the percentage is the median of the ratios of those.
#include "bench/layers.h"

#include <fmt/format.h>
#include <oneapi/tbb/task_arena.h>

#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/limit.h"
#include "bench/rounds.h"
#include "tools/cli.h"
#include "tools/json_output.h"
#include "tools/machine.h"
#include "tools/targets.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

constexpr int kRounds = 15;

struct LayersOptions {
  std::string shapes, net = "resnet50", json;
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
  Tensor x(layer.problem.input(), Layout::kNhwc);
  Fill(x.data(), x.shape().elements());
  Tensor y(conv.OutputShape(layer.problem.input()), Layout::kNhwc);
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
Json PrintCell(const bench::Layer& layer, const std::string& target, int threads,
               std::ostream& text) {
  std::vector<float> weights(static_cast<size_t>(layer.problem.weights()));
  Fill(weights.data(), layer.problem.weights());
  const Conv2d conv(Options(layer.problem, target, "auto"), weights);
  const Explanation e = conv.Explain(layer.problem.input(), Layout::kNhwc);
  if (e.algorithm == "reference") {
    text << fmt::format(" |{:>25}", "no fast algorithm");
    return {{"target", target}, {"algorithm", e.algorithm}};
  }
  const Timing t = Measure(layer, conv, e.numerics == "fused", threads);
  const double gflops = layer.Flops() / t.seconds * 1e-9;
  text << fmt::format(" |{:>9.3f} {:>8.1f} {:>4.0f} {}", t.seconds * 1e3, gflops, t.percent,
                      t.memory_bound ? 'm' : ' ');
  text.flush();
  return {{"target", target}, {"algorithm", e.algorithm},      {"milliseconds", t.seconds * 1e3},
          {"gflops", gflops}, {"percent_of_limit", t.percent}, {"memory_bound", t.memory_bound}};
}

void PrintHead(const LayersOptions& o, const std::vector<cpu::TargetInfo>& targets,
               std::ostream& text) {
  text << fmt::format(
      "NHWC, f32, {} thread{}. The limit is what as many threads can do on that target, at the\n"
      "peak of their multiply-adds or (m) at the memory's bandwidth, measured in the same {} "
      "rounds;\n"
      "medians.\n\n{:<18}",
      o.threads, o.threads == 1 ? "" : "s", kRounds, "");
  for (const cpu::TargetInfo& t : targets) text << fmt::format(" | {:<24}", t.name);
  text << fmt::format("\n{:<18}", "layer");
  for (size_t i = 0; i < targets.size(); ++i) {
    text << fmt::format(" |{:>9} {:>8} {:>4}  ", "ms", "GFLOP/s", "%");
  }
  text << fmt::format("\n");
}

int Layers(const LayersOptions& o, std::ostream& out) {
  const std::vector<cpu::TargetInfo> targets = ChooseTargets(o.targets);
  std::vector<bench::Layer> layers = bench::ReadLayers(
      o.shapes.empty() ? bench::FindShapeFile("layers.txt", "--shapes") : o.shapes);
  if (o.net != "all") {
    std::erase_if(layers, [&](const bench::Layer& l) { return l.net != o.net; });
  }
  if (layers.empty()) {
    throw std::invalid_argument(fmt::format("no layer is of the net \"{}\"", o.net));
  }
  std::ostream nowhere(nullptr);
  std::ostream& text = o.json == "-" ? nowhere : out;
  PrintHead(o, targets, text);
  Json rows = Json::array();
  tbb::task_arena arena(o.threads);
  for (const bench::Layer& layer : layers) {
    text << fmt::format("{:<18}", layer.name);
    Json cells = Json::array();
    for (const cpu::TargetInfo& t : targets) {
      arena.execute([&] { cells.push_back(PrintCell(layer, t.name, o.threads, text)); });
    }
    text << fmt::format("\n");
    rows.push_back({{"layer", layer.name}, {"net", layer.net}, {"targets", cells}});
  }
  WriteJson(o.json,
            {{"version", Version()},
             {"cpu", ThisMachine().cpu},
             {"layout", "nhwc"},
             {"threads", o.threads},
             {"rounds", kRounds},
             {"layers", rows}},
            out);
  return 0;
}

}  // namespace

Command LayersCommand() {
  const auto o = std::make_shared<LayersOptions>();
  return {"layers",
          "[--shapes FILE] [--net NAME] [--target T]... [--threads N] [--json FILE]",
          "Time the layers of a network against this machine's limit",
          {{"--shapes", "A file of layers; bench/shapes/layers.txt if none", &o->shapes},
           {"--net", "Of this network only, or all", &o->net},
           TargetsArgument(o->targets),
           {"--threads", "Threads", Count{&o->threads, 1024}},
           ResultsArgument("--json", "JSON", o->json)},
          [o](std::ostream& out, std::ostream&) { return Layers(*o, out); }};
}

}  // namespace windrow::tool
