#include "lib/simd/leave.h"

#include "lib/simd/cpu_features.h"

namespace windrow::internal {

bool g_kernels_leave_together = false;

void DecideHowKernelsLeave() {
  [[maybe_unused]] static const bool decided = g_kernels_leave_together = IsZen5OrLater();
}

}  // namespace windrow::internal
