// windrow_bench: how close Windrow is to this machine's limit, and to other libraries.
#include <benchmark/benchmark.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/conv_bench.h"
#include "bench/flags.h"
#include "bench/layers.h"
#include "bench/peer.h"
#include "bench/pool_bench.h"
#include "bench/pools.h"
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

void AddContext(const Flags& flags, const std::vector<Peer>& peers) {
  benchmark::AddCustomContext("windrow", Version());
  benchmark::AddCustomContext("target", flags.target.empty() ? cpu::ActiveTarget() : flags.target);
  benchmark::AddCustomContext("threads", std::to_string(flags.threads));
  benchmark::AddCustomContext("rounds", std::to_string(flags.rounds));
  benchmark::AddCustomContext("shapes", flags.shapes);
  benchmark::AddCustomContext("pools", flags.pools);
  for (const Peer& peer : peers) benchmark::AddCustomContext(peer.name, peer.version);
}

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return name == "auto" || std::count(names.begin(), names.end(), name) > 0;
}

// An algorithm that only one of the operations has leaves the other out.
void RegisterOperations(const std::vector<Peer>& peers, const Flags& flags) {
  const std::vector<Layer> layers = ReadLayers(flags.shapes);
  const std::vector<Pool> pools = ReadPools(flags.pools);
  const bool convolution = Has(Algorithms(), flags.algorithm);
  const bool pooling = Has(PoolAlgorithms(), flags.algorithm);
  if (convolution) RegisterConvolutions(layers, peers, flags);
  if (pooling) RegisterPoolings(pools, peers, flags);
  if (!convolution && !pooling) {
    throw std::invalid_argument("there is no algorithm \"" + flags.algorithm + "\"");
  }
}

int Main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  Flags flags = TakeFlags(&argc, argv);
  benchmark::Initialize(&argc, argv, PrintHelp);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (flags.shapes.empty()) flags.shapes = FindLayersFile();
  if (flags.pools.empty()) flags.pools = FindPoolsFile();
  const std::vector<Peer> peers = ChoosePeers(flags.peers);
  if (!flags.target.empty()) cpu::ForceTarget(flags.target);
  AddContext(flags, peers);
  RegisterOperations(peers, flags);
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
