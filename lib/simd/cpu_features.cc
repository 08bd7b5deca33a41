#include "lib/simd/cpu_features.h"

#include <hwy/highway.h>

#include <cstring>

#if HWY_ARCH_X86
#include <cpuid.h>
#endif

#include "lib/base/machine.h"

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
  uint32_t subleaf = 0;
};

// The bits of CPUID, Intel SDM volume 2A and AMD APM volume 3. Which targets there are depends on
// the version of Highway.
constexpr Feature kFeatures[] = {
#ifdef HWY_SSE2
    {"sse2", HWY_SSE2, 1, kEdx, 26},
#endif
    {"ssse3", HWY_SSSE3, 1, kEcx, 9},
    {"sse4_1", HWY_SSE4, 1, kEcx, 19},
    {"sse4_2", HWY_SSE4, 1, kEcx, 20},
    {"pclmulqdq", HWY_SSE4, 1, kEcx, 1},
    {"aes", HWY_SSE4, 1, kEcx, 25},
    {"avx", HWY_AVX2, 1, kEcx, 28},
    {"avx2", HWY_AVX2, 7, kEbx, 5},
    {"fma", HWY_AVX2, 1, kEcx, 12},
    {"f16c", HWY_AVX2, 1, kEcx, 29},
    {"lzcnt", HWY_AVX2, 0x80000001u, kEcx, 5},
    {"bmi1", HWY_AVX2, 7, kEbx, 3},
    {"bmi2", HWY_AVX2, 7, kEbx, 8},
    {"avx512f", HWY_AVX3, 7, kEbx, 16},
    {"avx512vl", HWY_AVX3, 7, kEbx, 31},
    {"avx512dq", HWY_AVX3, 7, kEbx, 17},
    {"avx512bw", HWY_AVX3, 7, kEbx, 30},
    {"avx512cd", HWY_AVX3, 7, kEbx, 28},
    {"avx512vbmi", HWY_AVX3_DL, 7, kEcx, 1},
    {"avx512_vbmi2", HWY_AVX3_DL, 7, kEcx, 6},
    {"gfni", HWY_AVX3_DL, 7, kEcx, 8},
    {"vaes", HWY_AVX3_DL, 7, kEcx, 9},
    {"vpclmulqdq", HWY_AVX3_DL, 7, kEcx, 10},
    {"avx512_vnni", HWY_AVX3_DL, 7, kEcx, 11},
    {"avx512_bitalg", HWY_AVX3_DL, 7, kEcx, 12},
    {"avx512_vpopcntdq", HWY_AVX3_DL, 7, kEcx, 14},
#ifdef HWY_AVX3_ZEN4
    {"avx512_bf16", HWY_AVX3_ZEN4, 7, kEax, 5, 1},
#endif
#ifdef HWY_AVX3_SPR
    {"avx512_fp16", HWY_AVX3_SPR, 7, kEdx, 23},
#endif
#ifdef HWY_AVX10_2
    {"avx10", HWY_AVX10_2, 7, kEdx, 19, 1},
    {"apx_f", HWY_AVX10_2, 7, kEdx, 21, 1},
    {"avx10 with 512 bits", HWY_AVX10_2, 0x24, kEbx, 18},
#endif
};

uint32_t Cpuid(uint32_t leaf, Register reg, uint32_t subleaf = 0) {
  uint32_t r[4] = {0, 0, 0, 0};
  if (!__get_cpuid_count(leaf, subleaf, &r[0], &r[1], &r[2], &r[3])) return 0;
  return r[reg];
}

uint64_t Xcr0() {
  if ((Cpuid(1, kEcx) >> 27 & 1) == 0) return 0;  // OSXSAVE: xgetbv exists
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

// What more than one bit says.
struct Condition {
  const char* name;
  int64_t first_target;
  bool (*holds)();
  bool of_better = true;  // needed by every better target too
};
constexpr Condition kConditions[] = {
    // The operating system must save on a context switch what these bits of XCR0 stand for.
    {"ymm registers saved by the operating system", HWY_AVX2, [] { return (Xcr0() & 6) == 6; }},
    {"zmm registers saved by the operating system", HWY_AVX3,
     [] { return (Xcr0() & 0xE6) == 0xE6; }},
#ifdef HWY_AVX3_ZEN4
    {"vendor_id AuthenticAMD", HWY_AVX3_ZEN4, [] { return ThisCpu().vendor == Vendor::kAmd; },
     false},
#endif
#ifdef HWY_AVX10_2
    {"avx10.2", HWY_AVX10_2, [] { return (Cpuid(0x24, kEbx) & 0xFF) >= 2; }},
#endif
};

#endif  // HWY_ARCH_X86

}  // namespace

bool CpuHas([[maybe_unused]] const char* feature) {
#if HWY_ARCH_X86
  for (const Feature& f : kFeatures) {
    if (std::strcmp(f.name, feature) == 0) {
      return (Cpuid(f.leaf, f.reg, f.subleaf) >> f.bit & 1) != 0;
    }
  }
  for (const Condition& c : kConditions) {
    if (std::strcmp(c.name, feature) == 0) return c.holds();
  }
#endif
  return false;
}

std::string MissingFeatures([[maybe_unused]] int64_t target,
                            [[maybe_unused]] const std::function<bool(const char*)>& has) {
  std::string missing;
#if HWY_ARCH_X86
  const auto check = [&](const char* name, int64_t first_target, bool of_better) {
    // Better targets have smaller bits.
    if (of_better ? target > first_target : target != first_target) return;
    if (!has(name)) missing += (missing.empty() ? "" : ", ") + std::string(name);
  };
  for (const Feature& f : kFeatures) check(f.name, f.first_target, true);
  for (const Condition& c : kConditions) check(c.name, c.first_target, c.of_better);
#endif
  return missing;
}

}  // namespace windrow::internal
