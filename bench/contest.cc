// Rounds of Windrow and its peers, and what is reported of them.
#include "bench/contest.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "bench/reporter.h"
#include "windrow/cpu.h"

namespace windrow::bench {
namespace {

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

}  // namespace

void FillRandom(std::span<float> values, float scale, uint64_t seed) {
  for (float& value : values) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    value = scale * (static_cast<float>(seed >> 40) * 0x1p-23F - 1);
  }
}

Contest::Contest(const Work& work, const std::string& target, const Flags& flags,
                 std::function<void()> windrow)
    : work_(work), flags_(flags), limit_(work, target, IsFused(target), flags.threads) {
  windrow_ = Add(std::move(windrow));
}

size_t Contest::Add(std::function<void()> run) {
  const Batch batch(std::move(run), flags_.threads == 1);
  slowest_seconds_ = std::max(slowest_seconds_, batch.estimated_seconds());
  return rounds_.Add(batch);
}

void Contest::AddPeers(const std::vector<Peer>& peers, Layout layout, const Tensor& expected,
                       const Make& make) {
  for (const Peer& peer : peers) {
    peer.set_threads(flags_.threads);
    for (const PeerFormat& format : peer.formats) {
      auto operation = make(format);
      if (operation == nullptr) continue;
      const size_t samples = Add([runs = operation.get()] { runs->Run(); });
      RequireEqual(expected, operation->Output(), format.name);
      const bool same_layout = std::count(format.layouts.begin(), format.layouts.end(), layout) > 0;
      competitors_.push_back({format.name, same_layout, std::move(operation), samples});
    }
  }
}

void Contest::Measure() {
  limit_.AddProbes(rounds_);
  // A peer's threads spin for a while after their work, on CPUs the next one needs: OpenMP's for
  // some milliseconds, XNNPACK's for twenty.
  const double pause_seconds = flags_.threads > 1 && !competitors_.empty() ? 3e-2 : 0;
  rounds_.Run(RoundsFor(slowest_seconds_, flags_.rounds), pause_seconds);
}

void Contest::Report(benchmark::State& state, const Explanation& why) const {
  const Samples& own = rounds_.samples(windrow_);
  for (auto _ : state) state.SetIterationTime(Median(own));
  auto& counters = state.counters;
  counters["windrow_us"] = 1e6 * Median(own);
  for (const Explanation::Candidate& c : why.candidates) {
    if (c.algorithm == why.algorithm) counters["estimated_cycles"] = c.cycles;
  }
  std::string text = why.algorithm + " " + why.target;
  ReportPeers(counters, text);
  state.SetLabel(text);
  counters["pct_of_limit"] = 100 * MedianRatio(limit_.Seconds(rounds_), own);
  counters["memory_bound"] = limit_.MemoryBound(rounds_) ? 1 : 0;
  if (work_.flops > 0) counters["flops"] = work_.flops;
  counters["bytes"] = work_.bytes();
  counters["spread"] = Spread(own);
  if (flags_.samples) ReportSamples(counters);
}

void Contest::ReportSamples(benchmark::UserCounters& counters) const {
  const auto report = [&](const std::string& name, const Samples& samples) {
    for (size_t round = 0; round < samples.size(); ++round) {
      counters[name + "_us[" + std::to_string(round) + "]"] = 1e6 * samples[round];
    }
  };
  report("windrow", rounds_.samples(windrow_));
  report("limit", limit_.Seconds(rounds_));
  for (const Competitor& c : competitors_) report(c.name, rounds_.samples(c.samples));
}

void Contest::ReportPeers(benchmark::UserCounters& counters, std::string& label) const {
  const Samples& own = rounds_.samples(windrow_);
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
  if (!best_name.empty()) label += ", best peer " + best_name;
}

double Contest::TimesLongerThan(size_t added) const {
  return MedianRatio(rounds_.samples(windrow_), rounds_.samples(added));
}

void RegisterContest(const std::string& name, std::function<void(benchmark::State&)> run) {
  Register(name, benchmark::kMicrosecond, std::move(run));
}

}  // namespace windrow::bench
