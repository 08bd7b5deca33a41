// The limit of some work from this moment's peak and bandwidth.
#include "bench/limit.h"

#include <algorithm>

#include "bench/all_threads.h"

namespace windrow::bench {
namespace {

// As large as the work's data, but enough for a probe, and in physical memory of its own.
Tensor Buffer(const Work& work, int threads) {
  const int64_t least = threads * static_cast<int64_t>(2 * kMinBandwidthBytes);
  const int64_t bytes = std::max(static_cast<int64_t>(work.bytes()), least);
  Tensor buffer(Shape(1, 1, 1, bytes / static_cast<int64_t>(sizeof(float))));
  std::fill_n(buffer.data(), buffer.shape().elements(), 1.0F);
  return buffer;
}

template <typename F>
double BestOfThree(const F& rate) {
  const double first = rate(), second = rate();
  return std::max({first, second, rate()});
}

}  // namespace

Limit::Limit(const Work& work, std::string target, bool fused, int threads)
    : work_(work),
      target_(std::move(target)),
      fused_(fused),
      threads_(threads),
      buffer_(Buffer(work, threads)) {}

void Limit::AddProbes(Rounds& rounds) {
  if (work_.flops > 0) compute_probe_ = rounds.Add([this] { return ComputeSeconds(); });
  if (!compute_probe_ || MemorySeconds() > ComputeSeconds() / 2) {
    memory_probe_ = rounds.Add([this] { return MemorySeconds(); });
  }
}

bool Limit::MemoryBound(const Rounds& rounds) const {
  if (!compute_probe_) return true;
  return memory_probe_ &&
         MedianRatio(rounds.samples(*memory_probe_), rounds.samples(*compute_probe_)) > 1;
}

const Samples& Limit::Seconds(const Rounds& rounds) const {
  return rounds.samples(MemoryBound(rounds) ? *memory_probe_ : *compute_probe_);
}

double Limit::ComputeSeconds() const {
  return work_.flops / BestOfThree([&] { return PeakFlops(threads_, target_, fused_); });
}

double Limit::MemorySeconds() {
  const size_t bytes = static_cast<size_t>(buffer_.shape().elements()) * sizeof(float);
  const auto rate = [&](Access access) {
    return BestOfThree([&] { return Bandwidth(threads_, access, buffer_.data(), bytes); });
  };
  const double copy = std::max(rate(Access::kCopy), rate(Access::kNonTemporalCopy));
  const double read = std::max(rate(Access::kRead), copy);
  const double paired = std::min(work_.bytes_read, work_.bytes_written);
  return (work_.bytes_read - paired) / read + (work_.bytes_written + paired) / copy;
}

}  // namespace windrow::bench
