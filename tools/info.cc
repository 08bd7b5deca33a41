// windrow info: the CPU, the SIMD targets, and the limits of one thread, measured.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "bench/probe.h"
#include "tools/cli.h"
#include "tools/json_output.h"
#include "tools/machine.h"
#include "tools/progress.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

// The best of several bursts, since others may be using the machine.
double Best(int bursts, const std::function<double()>& burst) {
  double best = 0;
  for (int i = 0; i < bursts; ++i) best = std::max(best, burst());
  return best;
}

struct Level {
  std::string name;
  int64_t bytes;  // that a probe touches
};

// Half of a cache, which may be shared, but more than the cache below it; and memory.
std::vector<Level> Levels(const Machine& machine) {
  std::vector<Level> levels;
  int64_t below = 0;
  for (const Cache& cache : machine.caches) {
    const int64_t bytes = std::clamp(cache.bytes / 2, std::min(2 * below, cache.bytes),
                                     std::max<int64_t>(2 * below, int64_t{16} << 20));
    levels.push_back({fmt::format("L{}", cache.level), bytes});
    below = cache.bytes;
  }
  levels.push_back({"DRAM", std::clamp<int64_t>(4 * below, int64_t{64} << 20, int64_t{512} << 20)});
  return levels;
}

Json MeasureTargets(Progress& progress) {
  Json targets = Json::array();
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    Json j = {{"name", t.name}, {"usable", t.usable}};
    if (t.usable) {
      const auto peak = [&](bool fused) {
        return Best(20, [&] { return bench::PeakFlops(t.name, fused); }) * 1e-9;
      };
      j["lanes"] = t.lanes;
      j["class"] = t.fused ? "fused" : "unfused";
      if (t.fused) j["fused_gflops"] = peak(true);
      j["unfused_gflops"] = peak(false);
    } else {
      j["why_not"] = t.why_not;
    }
    targets.push_back(j);
    progress.Step();
  }
  return targets;
}

Json MeasureMemory(const std::vector<Level>& wanted, Progress& progress) {
  Json levels = Json::array();
  const size_t count = static_cast<size_t>(wanted.back().bytes) / sizeof(float);
  const auto buffer = std::make_unique<float[]>(count);  // zeroed: the pages exist
  for (const Level& level : wanted) {
    const auto rate = [&](bench::Access access) {
      return Best(10,
                  [&] {
                    return bench::Bandwidth(access, buffer.get(), static_cast<size_t>(level.bytes));
                  }) *
             1e-9;
    };
    levels.push_back({{"name", level.name},
                      {"probe_bytes", level.bytes},
                      {"read_gb_per_s", rate(bench::Access::kRead)},
                      {"copy_gb_per_s", rate(bench::Access::kCopy)}});
    progress.Step();
  }
  return levels;
}

Json Measure(std::ostream* terminal) {
  const Machine machine = ThisMachine();
  const std::vector<Level> levels = Levels(machine);
  Progress progress(terminal, "info", cpu::Targets().size() + levels.size());
  Json caches = Json::array();
  for (const Cache& c : machine.caches) caches.push_back({{"level", c.level}, {"bytes", c.bytes}});
  return {{"version", Version()},
          {"cpu", machine.cpu},
          {"cores", machine.cores},
          {"threads", machine.threads},
          {"caches", caches},
          {"active_target", cpu::ActiveTarget()},
          {"targets", MeasureTargets(progress)},
          {"memory", MeasureMemory(levels, progress)}};
}

void Print(const Json& info, std::ostream& out) {
  out << fmt::format("windrow {}\nCPU: {}, {} cores, {} threads",
                     info["version"].get<std::string>(), info["cpu"].get<std::string>(),
                     info["cores"].get<int>(), info["threads"].get<int>());
  for (const Json& c : info["caches"]) {
    out << fmt::format(", L{} {}", c["level"].get<int>(), BytesText(c["bytes"].get<int64_t>()));
  }
  out << fmt::format("\n\nSIMD targets, best first (* is active), and the peak of one thread:\n");
  for (const Json& t : info["targets"]) {
    const std::string name = t["name"];
    out << fmt::format("  {} {:<9} ", info["active_target"] == name ? '*' : ' ', name);
    if (!t["usable"].get<bool>()) {
      out << fmt::format("not usable: {}\n", t["why_not"].get<std::string>());
      continue;
    }
    out << fmt::format("{:>2} lanes, {:<7} ", t["lanes"].get<int>(), t["class"].get<std::string>());
    if (t.contains("fused_gflops")) {
      out << fmt::format("{:7.1f} GFLOP/s fused, ", t["fused_gflops"].get<double>());
    } else {
      out << fmt::format("{:24}", "");
    }
    out << fmt::format("{:7.1f} GFLOP/s unfused\n", t["unfused_gflops"].get<double>());
  }
  out << fmt::format("\nMemory, one thread, GB/s (copy counts both directions):\n");
  for (const Json& m : info["memory"]) {
    out << fmt::format("  {:<4} read {:7.1f}, copy {:7.1f}   ({})\n", m["name"].get<std::string>(),
                       m["read_gb_per_s"].get<double>(), m["copy_gb_per_s"].get<double>(),
                       BytesText(m["probe_bytes"].get<int64_t>()));
  }
}

}  // namespace

Command InfoCommand() {
  const auto json = std::make_shared<std::string>();
  return {"info",
          "[--json FILE]",
          "Describe this machine: CPU, caches, SIMD targets, measured limits",
          {ResultsArgument("--json", "JSON", *json)},
          [json](std::ostream& out, std::ostream& err) {
            const Json info = Measure(Terminal(err));
            if (*json != "-") Print(info, out);
            WriteJson(*json, info, out);
            return 0;
          }};
}

}  // namespace windrow::tool
