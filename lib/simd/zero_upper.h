// Who clears the upper halves of the x86 vector registers (vzeroupper), in which legacy SSE
// instructions, of which ordinary C++ has some, must not find anything.
//
// - On Intel's Emerald Rapids the way there and back costs 350 cycles then, and vzeroupper nothing:
//   each kernel ends with one. So it is on all CPUs that were not measured.
// - On AMD's Zen 5 it is the other way round, vzeroupper after a tile costs 40 cycles: the caller
//   of a series of kernels ends it with one: RunTasks does (lib/base/parallel.h).
#ifndef WINDROW_LIB_SIMD_ZERO_UPPER_H_
#define WINDROW_LIB_SIMD_ZERO_UPPER_H_

namespace windrow::internal {

// Whether that is the caller of a series of kernels.
[[gnu::visibility("hidden")]] extern bool g_caller_zeros_upper;

// After the last of a series of kernels: vzeroupper, where that is the caller's part.
void EndKernels();

// Sets it for this CPU, once. Before the first kernel runs.
void DecideWhoZerosUpper();

}  // namespace windrow::internal

#endif  // WINDROW_LIB_SIMD_ZERO_UPPER_H_
