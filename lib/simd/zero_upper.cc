#include "lib/simd/zero_upper.h"

#include "lib/base/machine.h"

namespace windrow::internal {

bool g_caller_zeros_upper = false;

void EndKernels() {
#if defined(__x86_64__) || defined(__i386__)
  if (g_caller_zeros_upper) asm volatile("vzeroupper");
#endif
}

void DecideWhoZerosUpper() {
  [[maybe_unused]] static const bool decided = g_caller_zeros_upper =
      !ThisMachine().kernels_zero_upper;
}

}  // namespace windrow::internal
