// windrow_bench: how close Windrow is to this machine's limit, and to other libraries.
#include <benchmark/benchmark.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/conv_bench.h"
#include "bench/flags.h"
#include "bench/fused_bench.h"
#include "bench/gradient_bench.h"
#include "bench/layers.h"
#include "bench/peer.h"
#include "bench/pool_bench.h"
#include "bench/probe_bench.h"
#include "bench/ratio_table.h"
#include "bench/reporter.h"
#include "windrow/windrow.h"

namespace windrow::bench {
namespace {

// Google Benchmark then exits with 0.
void PrintHelp() {
  std::fputs(kFlagsHelp, stdout);
  benchmark::PrintDefaultHelp();
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("windrow_bench: cannot write the output\n", stderr);
    std::exit(1);
  }
}

// benchmark::Initialize, which wants the arguments as main() has them; whether it knew all of them.
bool Initialize(char* program, std::vector<std::string> arguments) {
  std::vector<char*> argv = {program};
  for (std::string& a : arguments) argv.push_back(a.data());
  int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  benchmark::Initialize(&argc, argv.data(), PrintHelp);
  return !benchmark::ReportUnrecognizedArguments(argc, argv.data());
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
  if (convolution) RegisterGradients(layers, peers, flags);
  const bool pair = Has(FusedAlgorithms(), flags.algorithm);
  if (pooling) RegisterPoolings(pools, peers, flags);
  if (pair) RegisterPairs(flags);
  if (!convolution && !pooling && !pair) {
    throw std::invalid_argument("there is no algorithm \"" + flags.algorithm + "\"");
  }
}

int Main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  Flags flags = TakeFlags(arguments);
  if (!Initialize(argv[0], arguments)) return 2;
  if (flags.shapes.empty()) flags.shapes = FindShapeFile("layers.txt", "--shapes");
  if (flags.pools.empty()) flags.pools = FindShapeFile("pools.txt", "--pools");
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
  const int code = arena.execute([&] { return RunAll(arguments, std::move(display)); });
  benchmark::Shutdown();
  return code;
}

}  // namespace
}  // namespace windrow::bench

int main(int argc, char** argv) {
  try {
    return windrow::bench::Main(argc, argv);
  } catch (const std::invalid_argument& e) {
    std::fprintf(stderr, "windrow_bench: %s\n", e.what());
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "windrow_bench: %s\n", e.what());
    return 1;
  }
}
