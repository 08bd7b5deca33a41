#include "tools/machine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>

#if defined(__linux__)
#include <sched.h>
#endif

namespace windrow::tool {
namespace {

// The first line of a file, or nothing.
std::optional<std::string> Line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

std::string CpuModel() {
  std::ifstream file("/proc/cpuinfo");
  // x86 has the first of these, PowerPC and some Arm kernels the others.
  for (std::string line; std::getline(file, line);) {
    for (const std::string_view key : {"model name", "cpu\t", "Model"}) {
      const size_t colon = line.find(": ");
      if (line.starts_with(key) && colon != std::string::npos) return line.substr(colon + 2);
    }
  }
  // Boards of Arm name themselves here, with a zero byte at the end.
  std::string board = Line("/proc/device-tree/model").value_or("unknown");
  std::erase(board, '\0');
  return board;
}

std::vector<int> Cpus() {
  std::vector<int> cpus;
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (int i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(i, &set)) cpus.push_back(i);
    }
  }
#endif
  if (cpus.empty()) {
    for (int i = 0; i < std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)); ++i) cpus.push_back(i);
  }
  return cpus;
}

int Cores(const std::vector<int>& cpus) {
  std::set<std::string> cores;
  for (const int cpu : cpus) {
    // Hardware threads of a core have the same list.
    const auto siblings =
        Line(fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
    cores.insert(siblings.value_or(std::to_string(cpu)));
  }
  return static_cast<int>(cores.size());
}

std::vector<Cache> CachesOf(int cpu) {
  std::vector<Cache> caches;
  for (int index = 0;; ++index) {
    const std::string folder =
        fmt::format("/sys/devices/system/cpu/cpu{}/cache/index{}/", cpu, index);
    const auto level = Line(folder + "level"), type = Line(folder + "type");
    const auto size = Line(folder + "size");  // "48K"
    if (!level || !type || !size) break;
    if (*type == "Instruction") continue;
    int64_t bytes = std::stoll(*size);
    if (size->back() == 'K') bytes <<= 10;
    if (size->back() == 'M') bytes <<= 20;
    caches.push_back({std::stoi(*level), bytes});
  }
#if defined(_SC_LEVEL1_DCACHE_SIZE)
  if (caches.empty()) {
    const int names[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
    for (int level = 1; level <= 3; ++level) {
      const long bytes = sysconf(names[level - 1]);
      if (bytes > 0) caches.push_back({level, bytes});
    }
  }
#endif
  return caches;
}

}  // namespace

Machine ThisMachine() {
  const std::vector<int> cpus = Cpus();
  return {.cpu = CpuModel(),
          .threads = static_cast<int>(cpus.size()),
          .cores = Cores(cpus),
          .caches = CachesOf(cpus.front())};
}

std::string BytesText(int64_t bytes) {
  if (bytes >= 1 << 20) return fmt::format("{:.4g} MiB", static_cast<double>(bytes) / (1 << 20));
  return fmt::format("{:.4g} KiB", static_cast<double>(bytes) / (1 << 10));
}

}  // namespace windrow::tool
