#include "lib/simd/leave.h"

#include "lib/base/machine.h"

namespace windrow::internal {

bool g_kernels_leave_together = false;

void EndKernels() {
#if defined(__x86_64__) || defined(__i386__)
  if (g_kernels_leave_together) asm volatile("vzeroupper");
#endif
}

void DecideHowKernelsLeave() {
  [[maybe_unused]] static const bool decided = g_kernels_leave_together =
      !ThisMachine().kernels_zero_upper;
}

}  // namespace windrow::internal
