// What is known about CPUs, as data: an operation is bound to the record of its machine when it is
// built, and what it costs and how it is cut into blocks depends on that record alone. A new CPU is
// one row of the table in machine.cc.
#ifndef WINDROW_LIB_BASE_MACHINE_H_
#define WINDROW_LIB_BASE_MACHINE_H_

#include <cstdint>

namespace windrow::internal {

// The defaults suit CPUs that nobody has measured.
struct Machine {
  const char* name;

  // Caches, in bytes: as the operating system reports them, or these where it does not. Of L3 all,
  // however many cores share it; 0: there is none.
  int64_t l1d = 32 << 10, l2 = 512 << 10, l3 = 0;

  // Whether each kernel clears the upper halves of vector registers, or the caller of a series of
  // kernels does (lib/simd/zero_upper.h).
  bool kernels_zero_upper = true;

  // What a cycle has room for.
  double multiply_adds = 2, loads = 2, instructions = 6;
  double l2_bytes = 32;  // read

  // What a byte takes, in cycles, that does not stay in the L2 cache but goes further and comes
  // back.
  double past_l2_byte = 0.15;

  // What takes how many cycles: a call of a register tile, its first and last loads and stores
  // included; a vector copied from one place in cache to another; a vector that changes between
  // planes and pixels on the way.
  double tile = 40, copy = 1.5, transpose = 6;
};

enum class Vendor : uint8_t { kOther, kIntel, kAmd };

// As CPUID gives it, with the extended numbers added; nothing where there is no CPUID.
struct CpuId {
  Vendor vendor = Vendor::kOther;
  int family = 0, model = 0;
};

CpuId ThisCpu();

// The row for such a CPU, or that of its vendor.
const Machine& MachineOf(const CpuId& cpu);

// The row of this CPU, with its caches.
const Machine& ThisMachine();

// For tests, before anything is built: ThisMachine() is this one.
void SetMachineForTest(const Machine& machine);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_MACHINE_H_
