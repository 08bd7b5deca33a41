#include "tools/cores.h"

#if defined(__linux__)
#include <sched.h>
#endif

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <system_error>
#include <thread>

namespace windrow::tool {

#if defined(__linux__)

namespace {

// More cores than a cpu_set_t has bits are left out.
constexpr int kMaxCores = CPU_SETSIZE;

}  // namespace

std::vector<int> UsableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) {
    throw std::system_error(errno, std::generic_category(), "the usable cores are not known");
  }
  std::vector<int> cores;
  for (int core = 0; core < kMaxCores; ++core) {
    if (CPU_ISSET(static_cast<size_t>(core), &set)) cores.push_back(core);
  }
  return cores;
}

bool PinTo(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(core), &set);
  return sched_setaffinity(0, sizeof(set), &set) == 0;
}

#else

// Where the system does not say, and no thread can be bound.
std::vector<int> UsableCores() {
  std::vector<int> cores(std::max(std::thread::hardware_concurrency(), 1u));
  std::iota(cores.begin(), cores.end(), 0);
  return cores;
}

bool PinTo(int) { return true; }

#endif

}  // namespace windrow::tool
