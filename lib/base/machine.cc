// The library's only file that asks the operating system, and which CPU this is.
#include "lib/base/machine.h"

#if defined(__linux__)
#include <unistd.h>
#endif
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

namespace windrow::internal {
namespace {

// Clearing upper halves after every kernel costs (lib/simd/zero_upper.h).
constexpr Machine Zen5() {
  Machine m{.name = "AMD Zen 5 or later"};
  m.kernels_zero_upper = false;
  return m;
}

constexpr int kAny = 0x7FFFFFFF;

// The first row that fits is a CPU's.
struct Row {
  Vendor vendor;
  int first_family, last_family, first_model, last_model;
  Machine machine;

  bool Fits(const CpuId& cpu) const {
    return cpu.vendor == vendor && cpu.family >= first_family && cpu.family <= last_family &&
           cpu.model >= first_model && cpu.model <= last_model;
  }
};

// The defaults were measured on Intel's Emerald Rapids.
constexpr Row kRows[] = {
    {Vendor::kAmd, 0x1A, kAny, 0, kAny, Zen5()},
    {Vendor::kAmd, 0, kAny, 0, kAny, {.name = "AMD"}},
    {Vendor::kIntel, 0, kAny, 0, kAny, {.name = "Intel"}},
};
constexpr Machine kOther{.name = "other"};

#if defined(_SC_LEVEL1_DCACHE_SIZE)  // glibc

int64_t Ask(int name, int64_t otherwise) {
  const long bytes = sysconf(name);
  return bytes > 0 ? bytes : otherwise;
}

void AskForCaches(Machine& m) {
  m.l1d = Ask(_SC_LEVEL1_DCACHE_SIZE, m.l1d);
  m.l2 = Ask(_SC_LEVEL2_CACHE_SIZE, m.l2);
  m.l3 = Ask(_SC_LEVEL3_CACHE_SIZE, m.l3);
}

#else

void AskForCaches(Machine&) {}

#endif

Machine& Record() {
  static Machine machine = [] {
    Machine m = MachineOf(ThisCpu());
    AskForCaches(m);
    return m;
  }();
  return machine;
}

}  // namespace

CpuId ThisCpu() {
  CpuId cpu;
#if defined(__x86_64__) || defined(__i386__)
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(0, &eax, &ebx, &ecx, &edx) == 0) return cpu;
  if (ebx == signature_INTEL_ebx) cpu.vendor = Vendor::kIntel;
  if (ebx == signature_AMD_ebx) cpu.vendor = Vendor::kAmd;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return cpu;
  cpu.family = static_cast<int>((eax >> 8 & 0xF) + (eax >> 20 & 0xFF));
  cpu.model = static_cast<int>((eax >> 4 & 0xF) + (eax >> 12 & 0xF0));
#endif
  return cpu;
}

const Machine& MachineOf(const CpuId& cpu) {
  for (const Row& row : kRows) {
    if (row.Fits(cpu)) return row.machine;
  }
  return kOther;
}

const Machine& ThisMachine() { return Record(); }

void SetMachineForTest(const Machine& machine) { Record() = machine; }

}  // namespace windrow::internal
