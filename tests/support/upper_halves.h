// Whether the upper halves of the x86 vector registers are in use, which the CPU keeps track of.
#ifndef WINDROW_TESTS_SUPPORT_UPPER_HALVES_H_
#define WINDROW_TESTS_SUPPORT_UPPER_HALVES_H_

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace windrow::test {

#if defined(__x86_64__)
// XGETBV of what is in use, and not only of what the operating system saves.
inline bool CanSeeUpperHalves() {
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || (ecx >> 27 & 1) == 0) return false;
  return __get_cpuid_count(0xD, 1, &eax, &ebx, &ecx, &edx) && (eax >> 2 & 1) != 0;
}
inline bool UpperHalvesInUse() {
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
  return (low >> 2 & 1) != 0;
}
#else
inline bool CanSeeUpperHalves() { return false; }
inline bool UpperHalvesInUse() { return false; }
#endif

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_UPPER_HALVES_H_
