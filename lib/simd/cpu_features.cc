#include "lib/simd/cpu_features.h"

#include <hwy/highway.h>

#include <cstring>

#if HWY_ARCH_X86
#include <cpuid.h>
#endif

namespace windrow::internal {
namespace {

#if HWY_ARCH_X86

enum Register { kEax, kEbx, kEcx, kEdx };

struct Feature {
  const char* name;
  int64_t first_target;  // needed by this target and every better one
  uint32_t leaf;
  Register reg;
  int bit;
};

// The bits of CPUID, Intel SDM volume 2A and AMD APM volume 3.
constexpr Feature kFeatures[] = {
    {"ssse3", HWY_SSSE3, 1, kEcx, 9},    {"sse4_1", HWY_SSE4, 1, kEcx, 19},
    {"sse4_2", HWY_SSE4, 1, kEcx, 20},   {"pclmulqdq", HWY_SSE4, 1, kEcx, 1},
    {"aes", HWY_SSE4, 1, kEcx, 25},      {"avx", HWY_AVX2, 1, kEcx, 28},
    {"avx2", HWY_AVX2, 7, kEbx, 5},      {"fma", HWY_AVX2, 1, kEcx, 12},
    {"f16c", HWY_AVX2, 1, kEcx, 29},     {"lzcnt", HWY_AVX2, 0x80000001u, kEcx, 5},
    {"bmi1", HWY_AVX2, 7, kEbx, 3},      {"bmi2", HWY_AVX2, 7, kEbx, 8},
    {"avx512f", HWY_AVX3, 7, kEbx, 16},  {"avx512vl", HWY_AVX3, 7, kEbx, 31},
    {"avx512dq", HWY_AVX3, 7, kEbx, 17}, {"avx512bw", HWY_AVX3, 7, kEbx, 30},
    {"avx512cd", HWY_AVX3, 7, kEbx, 28},
};

// What the operating system must save on a context switch: bits of XCR0.
struct SavedState {
  const char* name;
  int64_t first_target;
  uint64_t mask;
};
constexpr SavedState kSavedStates[] = {
    {"ymm registers saved by the operating system", HWY_AVX2, 0x6},
    {"zmm registers saved by the operating system", HWY_AVX3, 0xE6},
};

uint32_t Cpuid(uint32_t leaf, Register reg) {
  uint32_t r[4] = {0, 0, 0, 0};
  if (!__get_cpuid_count(leaf, 0, &r[0], &r[1], &r[2], &r[3])) return 0;
  return r[reg];
}

uint64_t Xcr0() {
  if ((Cpuid(1, kEcx) >> 27 & 1) == 0) return 0;  // OSXSAVE: xgetbv exists
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

bool ReadIsZen5OrLater() {
  if (Cpuid(0, kEbx) != signature_AMD_ebx) return false;
  const uint32_t eax = Cpuid(1, kEax);
  const uint32_t family = (eax >> 8 & 0xF) + (eax >> 20 & 0xFF);  // base and extended
  return family >= 0x1A;
}

#endif  // HWY_ARCH_X86

}  // namespace

bool IsZen5OrLater() {
#if HWY_ARCH_X86
  static const bool is = ReadIsZen5OrLater();  // CPUID is slow in a virtual machine
  return is;
#else
  return false;
#endif
}

bool CpuHas([[maybe_unused]] const char* feature) {
#if HWY_ARCH_X86
  for (const Feature& f : kFeatures) {
    if (std::strcmp(f.name, feature) == 0) return (Cpuid(f.leaf, f.reg) >> f.bit & 1) != 0;
  }
  for (const SavedState& s : kSavedStates) {
    if (std::strcmp(s.name, feature) == 0) return (Xcr0() & s.mask) == s.mask;
  }
#endif
  return false;
}

std::string MissingFeatures([[maybe_unused]] int64_t target,
                            [[maybe_unused]] const std::function<bool(const char*)>& has) {
  std::string missing;
#if HWY_ARCH_X86
  const auto check = [&](const char* name, int64_t first_target) {
    // Better targets have smaller bits.
    if (target > first_target || has(name)) return;
    missing += (missing.empty() ? "" : ", ") + std::string(name);
  };
  for (const Feature& f : kFeatures) check(f.name, f.first_target);
  for (const SavedState& s : kSavedStates) check(s.name, s.first_target);
#endif
  return missing;
}

}  // namespace windrow::internal
