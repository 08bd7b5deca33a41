// Rounds of measurements and their statistics.
#include "bench/rounds.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "bench/thread_clock.h"

namespace windrow::bench {
namespace {

constexpr double kBatchSeconds = 2e-3;
// Beyond this a call warms itself up.
constexpr double kSlowCallSeconds = 2e-2;

// The sample below which the part q of all samples lies, interpolated.
double Quantile(Samples& samples, double q) {
  std::sort(samples.begin(), samples.end());
  const double position = q * static_cast<double>(samples.size() - 1);
  const size_t below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, samples.size() - 1);
  const double part = position - static_cast<double>(below);
  return samples[below] + part * (samples[above] - samples[below]);
}

template <class Clock>
double SecondsOf(const std::function<void()>& call, int calls) {
  const auto start = Clock::now();
  for (int i = 0; i < calls; ++i) call();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

size_t Rounds::Add(std::function<double()> measure) {
  measures_.push_back(std::move(measure));
  samples_.emplace_back();
  return measures_.size() - 1;
}

void Rounds::Run(int rounds, double pause_seconds) {
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < measures_.size(); ++i) {
      const size_t competitor = (i + static_cast<size_t>(round)) % measures_.size();
      if (pause_seconds > 0) {
        std::this_thread::sleep_for(std::chrono::duration<double>(pause_seconds));
      }
      samples_[competitor].push_back(measures_[competitor]());
    }
  }
}

Batch::Batch(std::function<void()> call, bool one_thread)
    : call_(std::move(call)), one_thread_(one_thread) {
  estimate_ = Time(1);
  if (estimate_ > kSlowCallSeconds) return;
  // The first call is slower than the others; a batch too short for the clock says little.
  while (estimate_ * calls_ < kBatchSeconds) {
    estimate_ = Time(calls_);
    if (estimate_ * calls_ > kBatchSeconds / 2) break;
    calls_ *= 2;
  }
  calls_ = std::max(1, static_cast<int>(kBatchSeconds / estimate_));
}

double Batch::operator()() const {
  if (estimate_ <= kSlowCallSeconds) call_();
  return Time(calls_);
}

double Batch::Time(int calls) const {
  return (one_thread_ ? SecondsOf<ThreadClock>(call_, calls)
                      : SecondsOf<std::chrono::steady_clock>(call_, calls)) /
         calls;
}

double Median(Samples samples) { return Quantile(samples, 0.5); }

double MedianRatio(const Samples& a, const Samples& b) {
  Samples ratios;
  for (size_t round = 0; round < a.size(); ++round) ratios.push_back(a[round] / b[round]);
  return Median(std::move(ratios));
}

double Spread(Samples samples) {
  const double low = Quantile(samples, 0.25), high = Quantile(samples, 0.75);
  return (high - low) / Quantile(samples, 0.5);
}

}  // namespace windrow::bench
