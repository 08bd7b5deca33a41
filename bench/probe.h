// Measures what this machine can do at this moment: the limits that times are compared with.
//
// The clock of a shared machine wanders, so a probe is one short burst (about 0.2 ms, or one pass
// over the buffer if that takes longer), to be run next to the work it judges, in the same round
// and on the same thread.
#ifndef WINDROW_BENCH_PROBE_H_
#define WINDROW_BENCH_PROBE_H_

#include <cstddef>
#include <string_view>

namespace windrow::bench {

// Floating-point operations a second of independent multiply-adds in registers on this SIMD target:
// fused (class F) or a product and a sum (class U). A multiply-add counts as two. Throws
// std::invalid_argument if the target is unknown, not usable, or has no fused multiply-add.
double PeakFlops(std::string_view target, bool fused);

// Bytes a second moved between the CPU and `buffer`, whose size decides which level of the
// memory hierarchy answers. Copies count the bytes read and the bytes written; from the first half
// of the buffer to the second. On the best usable target. The buffer must have been written before
// (or the operating system answers every read from one page of zeros) and is overwritten
// by copies. Throws std::invalid_argument if it is smaller than 4 KiB.
enum class Access { kRead, kCopy, kNonTemporalCopy };
double Bandwidth(Access access, float* buffer, size_t bytes);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_PROBE_H_
