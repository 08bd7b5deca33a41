// Times the loops of probe-inl.h on the target asked for.
#include "bench/probe.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/probe.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "bench/probe-inl.h"

#if HWY_ONCE

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>

#include "bench/thread_clock.h"
#include "windrow/cpu.h"

namespace windrow::bench {

HWY_EXPORT(RunPeak);
HWY_EXPORT(PassFlops);
HWY_EXPORT(PeakValues);
HWY_EXPORT(Block);
HWY_EXPORT(ReadLoop);
HWY_EXPORT(RunCopy);

namespace {

constexpr double kBurstSeconds = 5e-4;

// Results go here so that no loop is dead.
volatile float g_sink;

// The position of a target in the tables of HWY_EXPORT. A local ChosenTarget does the arithmetic;
// the global one belongs to the program.
size_t DispatchIndex([[maybe_unused]] std::string_view name) {
#if (HWY_TARGETS & (HWY_TARGETS - 1)) != 0
  for (uint64_t rest = static_cast<uint64_t>(HWY_TARGETS); rest != 0; rest &= rest - 1) {
    const int64_t bit = static_cast<int64_t>(rest & (~rest + 1));
    if (name != hwy::TargetName(bit)) continue;
    hwy::ChosenTarget chosen;
    chosen.Update(bit);
    return chosen.GetIndex();
  }
#endif
  return 0;  // a table of one
}

cpu::TargetInfo UsableTarget(std::string_view name) {
  for (const cpu::TargetInfo& target : cpu::Targets()) {
    if (target.name != name) continue;
    if (target.usable) return target;
    throw std::invalid_argument("the SIMD target " + target.name +
                                " cannot run here: " + target.why_not);
  }
  throw std::invalid_argument("there is no SIMD target \"" + std::string(name) + "\"");
}

size_t BestIndex() {
  static const size_t index = [] {
    for (const cpu::TargetInfo& target : cpu::Targets()) {
      if (target.usable) return DispatchIndex(target.name);
    }
    throw std::logic_error("no SIMD target is usable");
  }();
  return index;
}

// Calls `burst` again and again for about kBurstSeconds; returns calls a second.
template <typename F>
double Rate(const F& burst) {
  burst();  // wakes the wide units, and brings the data to where it fits
  int64_t calls = 0;
  double seconds = 0;
  const ThreadClock::time_point start = ThreadClock::now();
  do {
    burst();
    ++calls;
    seconds = (ThreadClock::now() - start).count();
  } while (seconds < kBurstSeconds);
  return static_cast<double>(calls) / seconds;
}

}  // namespace

double PeakFlops(std::string_view name, bool fused) {
  const cpu::TargetInfo target = UsableTarget(name);
  if (fused && !target.fused) {
    throw std::invalid_argument("the SIMD target " + target.name + " has no fused multiply-add");
  }
  const size_t index = DispatchIndex(name);
  // The fused chains tend to y / (1 - x), the unfused sums grow slowly: nothing is denormal or
  // infinite.
  const size_t count = HWY_DISPATCH_TABLE(PeakValues)[index]();
  const hwy::AlignedFreeUniquePtr<float[]> values = hwy::AllocateAligned<float>(count);
  if (values == nullptr) throw std::bad_alloc();
  for (size_t i = 0; i < count; ++i) values[i] = 0.3F + 0.005F * static_cast<float>(i % 89);
  constexpr int64_t kPasses = 1000;  // about 25 us: a clock reading is nothing beside it
  const auto run = HWY_DISPATCH_TABLE(RunPeak)[index];
  const double rate = Rate([&] { g_sink = run(fused, values.get(), kPasses); });
  return rate * static_cast<double>(kPasses) * HWY_DISPATCH_TABLE(PassFlops)[index]();
}

double Bandwidth(Access access, float* buffer, size_t bytes) {
  if (bytes < 4096) throw std::invalid_argument("a bandwidth probe needs at least 4 KiB");
  const size_t index = BestIndex();
  // Both halves aligned to the largest vector, so that no access crosses a cache line.
  const size_t block = HWY_DISPATCH_TABLE(Block)[index]();
  const size_t misaligned = reinterpret_cast<uintptr_t>(buffer) % HWY_ALIGNMENT;
  const size_t skip = misaligned == 0 ? 0 : (HWY_ALIGNMENT - misaligned) / sizeof(float);
  const size_t parts = access == Access::kRead ? 1 : 2;
  const size_t count = (bytes / sizeof(float) - skip) / parts / block * block;
  if (count == 0) throw std::invalid_argument("the buffer is smaller than a block of vectors");
  float* const from = buffer + skip;
  const double moved = static_cast<double>(parts * count * sizeof(float));
  // About a megabyte between two clock readings.
  const int64_t passes = std::max<int64_t>(1, static_cast<int64_t>(1e6 / moved));
  if (access == Access::kRead) {
    const auto run = HWY_DISPATCH_TABLE(ReadLoop)[index];
    return moved * static_cast<double>(passes) * Rate([&] { g_sink = run(from, count, passes); });
  }
  const bool non_temporal = access == Access::kNonTemporalCopy;
  const auto run = HWY_DISPATCH_TABLE(RunCopy)[index];
  return moved * static_cast<double>(passes) *
         Rate([&] { run(non_temporal, from, from + count, count, passes); });
}

}  // namespace windrow::bench
#endif  // HWY_ONCE
