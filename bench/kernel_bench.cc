// Measures each micro-kernel alone, on every usable target: by the lists of tests/kernels, on
// arguments that stay in the nearer caches.
//
//     windrow_kernel_bench --benchmark_filter=kernel/AVX2/fused/channels
#include <benchmark/benchmark.h>

#include <string>

#include "lib/simd/target.h"
#include "tests/kernels/list.h"
#include "windrow/cpu.h"

namespace windrow::bench {
namespace {

void Register(const internal::Target& target, const char* numerics, bool fused,
              const std::vector<test::Kernel>& kernels) {
  for (const test::Kernel& kernel : kernels) {
    const std::string name = "kernel/" + target.name + "/" + numerics + "/" + kernel.name;
    benchmark::RegisterBenchmark(
        name.c_str(), [kernel, fused, lanes = target.lanes](benchmark::State& state) {
          test::Fixture fixture(lanes, fused);
          fixture.BeginBenchmark();
          const test::Trial trial = kernel.trial(fixture);
          for ([[maybe_unused]] const auto _ : state) trial.kernel();
          // Multiply-adds, or what else a kernel does most of.
          const double work = trial.work * static_cast<double>(state.iterations());
          state.counters["work"] = benchmark::Counter(work, benchmark::Counter::kIsRate);
        });
  }
}

void RegisterAll() {
  for (const cpu::TargetInfo& info : cpu::Targets()) {
    if (!info.usable) continue;
    const internal::Target target = internal::FindTarget(info.name);
    if (target.fused) {
      Register(target, "fused", true, test::ConvKernels(internal::Tiles(target.index, true)));
    }
    Register(target, "unfused", false, test::ConvKernels(internal::Tiles(target.index, false)));
    Register(target, "pool", false,
             test::PoolKernelsWithTrials(internal::PoolKernelsOf(target.index)));
  }
}

}  // namespace
}  // namespace windrow::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  windrow::bench::RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
}
