// The loops that the probes time, once a SIMD target.
//
//   fused peak:    for each step: for i < 12: c[i] = c[i] * x + y
//   unfused peak:  for each step: for i < 6: a = p[i]; c[i] += a * x; e[i] += a * y
//   read:          for each pass: for each vector: one of 8 sums += buffer[i]
//   copy:          for each pass: for each vector: to[i] = from[i]
//
// 12 chains hide the latency of a multiply-add (4 to 5 cycles on 2 ports) and fit the 16 vector
// registers of the smaller targets. A sum that waits for its own product would need twice as many
// chains, so the unfused products come from other values, which differ from step to step so that
// none can be hoisted. Named variables instead of an array: GCC keeps an array in memory, and SVE
// and RVV forbid it.
#if defined(WINDROW_BENCH_PROBE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_BENCH_PROBE_INL_H_
#undef WINDROW_BENCH_PROBE_INL_H_
#else
#define WINDROW_BENCH_PROBE_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace windrow::bench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using ProbeD = hn::ScalableTag<float>;

#define WINDROW_FOR_CHAINS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
inline constexpr int kChains = 12;
inline constexpr int kSteps = 16;

float FusedPeak([[maybe_unused]] const float* values, [[maybe_unused]] int64_t passes) {
#if HWY_NATIVE_FMA
  const ProbeD d;
  const auto x = hn::Set(d, values[0]), y = hn::Set(d, values[1]);
#define WINDROW_DECLARE(i) auto c##i = hn::Set(d, values[2 + i]);
  WINDROW_FOR_CHAINS(WINDROW_DECLARE)
  for (int64_t steps = passes * kSteps; steps != 0; --steps) {
#define WINDROW_STEP(i) c##i = hn::MulAdd(c##i, x, y);
    WINDROW_FOR_CHAINS(WINDROW_STEP)
  }
  auto sum = hn::Zero(d);
#define WINDROW_SUM(i) sum = hn::Add(sum, c##i);
  WINDROW_FOR_CHAINS(WINDROW_SUM)
  return hn::GetLane(sum);
#undef WINDROW_DECLARE
#undef WINDROW_STEP
#undef WINDROW_SUM
#else
  return 0;  // never asked for
#endif
}
#undef WINDROW_FOR_CHAINS

float UnfusedPeak(const float* values, int64_t passes) {
  const ProbeD d;
  const size_t n = hn::Lanes(d);
  const auto x = hn::Set(d, values[0]), y = hn::Set(d, values[1]);
  auto sum = hn::Zero(d);
#define WINDROW_FOR_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5)
#define WINDROW_DECLARE(i) auto c##i = sum, e##i = sum;
  WINDROW_FOR_ROWS(WINDROW_DECLARE)
  for (; passes != 0; --passes) {
    const float* p = values;
    for (int step = 0; step < kSteps; ++step, p += kChains / 2 * n) {
#define WINDROW_STEP(i)                    \
  {                                        \
    const auto a = hn::Load(d, p + i * n); \
    c##i = hn::Add(c##i, hn::Mul(a, x));   \
    e##i = hn::Add(e##i, hn::Mul(a, y));   \
  }
      WINDROW_FOR_ROWS(WINDROW_STEP)
    }
  }
#define WINDROW_SUM(i) sum = hn::Add(sum, hn::Add(c##i, e##i));
  WINDROW_FOR_ROWS(WINDROW_SUM)
#undef WINDROW_FOR_ROWS
#undef WINDROW_DECLARE
#undef WINDROW_STEP
#undef WINDROW_SUM
  return hn::GetLane(sum);
}

// How many values the peaks are given.
size_t PeakValues() { return kSteps * kChains / 2 * hn::Lanes(ProbeD()); }

double PassFlops() { return 2.0 * kSteps * kChains * static_cast<double>(hn::Lanes(ProbeD())); }

float RunPeak(bool fused, const float* values, int64_t passes) {
  return fused ? FusedPeak(values, passes) : UnfusedPeak(values, passes);
}

// How many floats the loops below move at a time; counts are rounded down to a multiple of it.
size_t Block() { return 8 * hn::Lanes(ProbeD()); }

float ReadLoop(const float* from, size_t count, int64_t passes) {
  const ProbeD d;
  const size_t n = hn::Lanes(d);
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (; passes != 0; --passes) {
    for (const float *p = from, *end = from + count; p != end; p += 8 * n) {
      s0 = hn::Add(s0, hn::Load(d, p));
      s1 = hn::Add(s1, hn::Load(d, p + n));
      s2 = hn::Add(s2, hn::Load(d, p + 2 * n));
      s3 = hn::Add(s3, hn::Load(d, p + 3 * n));
      s4 = hn::Add(s4, hn::Load(d, p + 4 * n));
      s5 = hn::Add(s5, hn::Load(d, p + 5 * n));
      s6 = hn::Add(s6, hn::Load(d, p + 6 * n));
      s7 = hn::Add(s7, hn::Load(d, p + 7 * n));
    }
  }
  const auto low = hn::Add(hn::Add(s0, s1), hn::Add(s2, s3));
  return hn::GetLane(hn::Add(low, hn::Add(hn::Add(s4, s5), hn::Add(s6, s7))));
}

template <bool kNonTemporal>
void CopyLoop(const float* from, float* to, size_t count, int64_t passes) {
  const ProbeD d;
  const size_t n = hn::Lanes(d);
  const auto move = [&](size_t i) HWY_ATTR {
    const auto v = hn::Load(d, from + i);
    if constexpr (kNonTemporal) {
      hn::Stream(v, d, to + i);
    } else {
      hn::Store(v, d, to + i);
    }
  };
  for (; passes != 0; --passes) {
    for (size_t i = 0; i != count; i += 8 * n) {
      move(i), move(i + n), move(i + 2 * n), move(i + 3 * n);
      move(i + 4 * n), move(i + 5 * n), move(i + 6 * n), move(i + 7 * n);
    }
  }
  if constexpr (kNonTemporal) hwy::FlushStream();
}

void RunCopy(bool non_temporal, const float* from, float* to, size_t count, int64_t passes) {
  return non_temporal ? CopyLoop<true>(from, to, count, passes)
                      : CopyLoop<false>(from, to, count, passes);
}

}  // namespace windrow::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
