#include "lib/simd/leave.h"

#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

namespace windrow::internal {
namespace {

bool IsZen5OrLater() {
#if defined(__x86_64__) || defined(__i386__)
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(0, &eax, &ebx, &ecx, &edx) || ebx != signature_AMD_ebx) return false;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return false;
  const uint32_t family = (eax >> 8 & 0xF) + (eax >> 20 & 0xFF);  // base and extended
  return family >= 0x1A;
#else
  return false;
#endif
}

}  // namespace

bool g_kernels_leave_together = false;

void DecideHowKernelsLeave() {
  [[maybe_unused]] static const bool decided = g_kernels_leave_together = IsZen5OrLater();
}

}  // namespace windrow::internal
