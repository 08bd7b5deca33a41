// windrow_bench: how close Windrow is to this machine's limit, and to other libraries.
#include <benchmark/benchmark.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/conv_bench.h"
#include "bench/flags.h"
#include "bench/layers.h"
#include "bench/peer.h"
#include "bench/probe_bench.h"
#include "bench/ratio_table.h"
#include "bench/reporter.h"
#include "windrow/windrow.h"

namespace windrow::bench {
namespace {

void PrintHelp() {
  std::fputs(kFlagsHelp, stdout);
  benchmark::PrintDefaultHelp();
}

void AddContext(const Flags& flags, const std::string& shapes, const std::vector<Peer>& peers) {
  benchmark::AddCustomContext("windrow", Version());
  benchmark::AddCustomContext("target", flags.target.empty() ? cpu::ActiveTarget() : flags.target);
  benchmark::AddCustomContext("threads", std::to_string(flags.threads));
  benchmark::AddCustomContext("rounds", std::to_string(flags.rounds));
  benchmark::AddCustomContext("shapes", shapes);
  for (const Peer& peer : peers) benchmark::AddCustomContext(peer.name, peer.version);
}

int Main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  Flags flags = TakeFlags(&argc, argv);
  benchmark::Initialize(&argc, argv, PrintHelp);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const std::string shapes = flags.shapes.empty() ? FindLayersFile() : flags.shapes;
  const std::vector<Peer> peers = ChoosePeers(flags.peers);
  const std::vector<Layer> layers = ReadLayers(shapes);
  if (!flags.target.empty()) cpu::ForceTarget(flags.target);
  AddContext(flags, shapes, peers);
  RegisterConvolutions(layers, peers, flags);
  RegisterProbes(flags);

  const auto threads = static_cast<size_t>(flags.threads);
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
  tbb::task_arena arena(flags.threads);
  std::unique_ptr<benchmark::BenchmarkReporter> display(
      flags.table ? new RatioTable(peers) : benchmark::CreateDefaultDisplayReporter());
  const bool ok = arena.execute([&] { return RunAll(arguments, std::move(display)); });
  benchmark::Shutdown();
  return ok ? 0 : 1;
}

}  // namespace
}  // namespace windrow::bench

int main(int argc, char** argv) {
  try {
    return windrow::bench::Main(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "windrow_bench: %s\n", e.what());
    return 2;
  }
}
