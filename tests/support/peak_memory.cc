#include "tests/support/peak_memory.h"

#include <cstdlib>
#include <fstream>

#include "lib/base/aligned.h"
#include "lib/base/machine.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace windrow::test {

int64_t Status(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;) {
    int64_t kib = 0;
    if (key == name + ":" && status >> kib) return kib << 10;
    status.ignore(1 << 10, '\n');
  }
  return -1;
}

bool ResetPeak() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
  std::ofstream clear("/proc/self/clear_refs");
  clear << "5" << std::flush;
  return clear.good() && Status("VmHWM") >= 0;
}

int64_t MaxWorkspace(int threads) {
  return internal::ThisMachine().l2 * threads + int64_t{internal::kAlignment};
}

int64_t ImageSide(int64_t otherwise) {
  const char* side = std::getenv("WINDROW_IMAGE_SIDE");
  return side == nullptr ? otherwise : std::atoll(side);
}

}  // namespace windrow::test
