// What the operating system says about this machine.
#ifndef WINDROW_TOOLS_MACHINE_H_
#define WINDROW_TOOLS_MACHINE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace windrow::tool {

struct Cache {
  int level = 0;
  int64_t bytes = 0;
};

struct Machine {
  std::string cpu;            // the model's name; "unknown" if there is none
  int threads = 0;            // that this process may use
  int cores = 0;              // physical ones that those threads belong to
  std::vector<Cache> caches;  // data or unified, of one core, ascending levels
};

Machine ThisMachine();

// 32 KiB, 1 MiB, 96 MiB ...
std::string BytesText(int64_t bytes);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_MACHINE_H_
