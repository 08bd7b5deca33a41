// Runs a probe on several threads, all starting together, and adds up their rates.
#include "bench/all_threads.h"

#include <barrier>
#include <functional>
#include <numeric>
#include <thread>
#include <vector>

namespace windrow::bench {
namespace {

double SumOverThreads(int threads, const std::function<double(int)>& probe) {
  if (threads == 1) return probe(0);
  std::vector<double> rates(static_cast<size_t>(threads));
  std::barrier start(threads);
  const auto run = [&](int thread) {
    start.arrive_and_wait();
    rates[static_cast<size_t>(thread)] = probe(thread);
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(run, thread);
  run(0);
  for (std::thread& other : others) other.join();
  return std::accumulate(rates.begin(), rates.end(), 0.0);
}

}  // namespace

double PeakFlops(int threads, std::string_view target, bool fused) {
  return SumOverThreads(threads, [&](int) { return PeakFlops(target, fused); });
}

double Bandwidth(int threads, Access access, float* buffer, size_t bytes) {
  const size_t count = bytes / sizeof(float) / static_cast<size_t>(threads);
  return SumOverThreads(threads, [&](int thread) {
    return Bandwidth(access, buffer + static_cast<size_t>(thread) * count, count * sizeof(float));
  });
}

}  // namespace windrow::bench
