// One benchmark of an operation: Windrow, its peers and the machine's limit, in rounds.
//
// Before anything is timed, every peer's result is compared with Windrow's, so that unlike work is
// never compared. All counters are plain numbers; a ratio is the peer's time over Windrow's.
#ifndef WINDROW_BENCH_CONTEST_H_
#define WINDROW_BENCH_CONTEST_H_

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/flags.h"
#include "bench/limit.h"
#include "bench/peer.h"
#include "bench/rounds.h"
#include "bench/work.h"
#include "windrow/explanation.h"

namespace windrow::bench {

// Values in [-scale, scale), the same in every run.
void FillRandom(std::span<float> values, float scale, uint64_t seed);

class Contest {
 public:
  // `windrow` is called at once, and in the rounds. `target` is the one Windrow is bound to.
  Contest(const Work& work, const std::string& target, const Flags& flags,
          std::function<void()> windrow);

  // Of those that `make` can make, all whose output is as the expected one (in kNchw), in which
  // layout ever; throws std::runtime_error for any other.
  using Make = std::function<std::unique_ptr<PeerOperation>(const PeerFormat&)>;
  void AddPeers(const std::vector<Peer>& peers, Layout layout, const Tensor& expected,
                const Make& make);
  // Something else of Windrow's, to be timed in the same rounds.
  size_t Add(std::function<void()> run);

  void Measure();

  // `why` is Windrow's of what was measured: the label says algorithm and target, and the counter
  // estimated_cycles what the algorithm was chosen by.
  void Report(benchmark::State& state, const Explanation& why) const;
  // How much longer Windrow took than what was added.
  double TimesLongerThan(size_t added) const;

 private:
  struct Competitor {
    std::string name;
    bool same_layout;
    std::unique_ptr<PeerOperation> operation;
    size_t samples = 0;
  };
  void ReportPeers(benchmark::UserCounters& counters, std::string& label) const;
  // For statistics of pairs, which medians do not allow.
  void ReportSamples(benchmark::UserCounters& counters) const;

  const Work work_;
  const Flags& flags_;
  Limit limit_;
  std::vector<Competitor> competitors_;
  Rounds rounds_;
  double slowest_seconds_ = 0;
  size_t windrow_ = 0;
};

// Registers a benchmark that `run` does in one iteration; what it throws is the benchmark's error.
void RegisterContest(const std::string& name, std::function<void(benchmark::State&)> run);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_CONTEST_H_
