// The multiply-add peaks of every usable target, and the bandwidth of every level of memory.
//
// Their time is that of 10^9 operations or bytes. The best of many bursts is what the machine can
// do, the median what it did.
#include "bench/probe_bench.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/all_threads.h"
#include "bench/reporter.h"
#include "bench/rounds.h"
#include "lib/base/machine.h"
#include "windrow/cpu.h"
#include "windrow/tensor.h"

namespace windrow::bench {
namespace {

constexpr int64_t kMiB = 1 << 20;

void RegisterRates(const std::string& name, const std::string& unit,
                   const std::function<Samples()>& measure) {
  Register(name, benchmark::kMillisecond, [unit, measure](benchmark::State& state) {
    const Samples rates = measure();
    for (auto _ : state) state.SetIterationTime(1e9 / Median(rates));
    state.counters[unit + "_per_second"] = Median(rates);
    state.counters["best"] = *std::max_element(rates.begin(), rates.end());
    state.counters["spread"] = Spread(rates);
  });
}

void RegisterPeak(const std::string& target, bool fused, const Flags& flags) {
  const std::string name = std::string("probe/peak_") + (fused ? "fused/" : "unfused/") + target;
  RegisterRates(name, "flops", [target, fused, flags] {
    Samples rates;
    const int bursts = std::max(flags.rounds, 100);
    for (int i = 0; i < bursts; ++i) rates.push_back(PeakFlops(flags.threads, target, fused));
    return rates;
  });
}

struct Level {
  std::string name;
  int64_t bytes;  // of all threads together
};

// Half a cache, or so much that no cache holds it. The last cache may be shared by more cores than
// these and virtual machines report what they like, hence the bounds.
std::vector<Level> Levels(int threads) {
  const internal::Machine& caches = internal::ThisMachine();
  const int64_t l1 = caches.l1d / 2 * threads, l2 = caches.l2 / 2 * threads;
  std::vector<Level> levels = {{"L1", l1}, {"L2", l2}};
  if (caches.l3 > 0) levels.push_back({"L3", std::max(2 * l2, std::min(caches.l3 / 2, 16 * l2))});
  levels.push_back({"DRAM", std::clamp(4 * caches.l3, 128 * kMiB, 512 * kMiB)});
  return levels;
}

void RegisterBandwidth(Access access, const std::string& access_name, const Level& level,
                       const Flags& flags) {
  RegisterRates("probe/" + access_name + "/" + level.name, "bytes", [access, level, flags] {
    Tensor buffer(Shape(1, 1, 1, level.bytes / static_cast<int64_t>(sizeof(float))));
    std::fill_n(buffer.data(), buffer.shape().elements(), 1.0F);
    Samples rates;
    const int bursts = std::max(flags.rounds, level.bytes < 16 * kMiB ? 100 : 1);
    for (int i = 0; i < bursts; ++i) {
      rates.push_back(
          Bandwidth(flags.threads, access, buffer.data(), static_cast<size_t>(level.bytes)));
    }
    return rates;
  });
}

}  // namespace

void RegisterProbes(const Flags& flags) {
  for (const cpu::TargetInfo& target : cpu::Targets()) {
    if (!target.usable) continue;
    if (target.fused) RegisterPeak(target.name, true, flags);
    RegisterPeak(target.name, false, flags);
  }
  for (const Level& level : Levels(flags.threads)) {
    RegisterBandwidth(Access::kRead, "read", level, flags);
    RegisterBandwidth(Access::kCopy, "copy", level, flags);
    RegisterBandwidth(Access::kNonTemporalCopy, "copy_non_temporal", level, flags);
  }
}

}  // namespace windrow::bench
