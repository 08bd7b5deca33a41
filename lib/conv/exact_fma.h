// fma(a, b, c) of floats, correctly rounded, by doubles: the same bits as a hardware FMA,
// denormals, infinities and signed zeros included, on any machine with IEEE doubles. (libm's fmaf
// is not used: its result depends on the C library and the CPU.)
//
// The product of two floats is exact in a double. The sum is rounded to odd: if it is inexact, its
// last bit is made 1, so that rounding once more, to a float, cannot go wrong (Boldo and Melquiond,
// "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd", 2008).
#ifndef WINDROW_LIB_CONV_EXACT_FMA_H_
#define WINDROW_LIB_CONV_EXACT_FMA_H_

#include <bit>
#include <cfloat>
#include <cstdint>

namespace windrow::internal {

static_assert(FLT_EVAL_METHOD == 0, "floats must be computed as floats");

inline float ExactFma(float a, float b, float c) {
  const double product = static_cast<double>(a) * static_cast<double>(b), addend = c;
  double sum = product + addend;
  // The error of the sum (Knuth's TwoSum). It is NaN, and compares unequal to nothing below, if
  // the sum is not finite.
  const double part = sum - product;
  const double error = (product - (sum - part)) + (addend - part);
  if (error > 0.0 || error < 0.0) {
    auto bits = std::bit_cast<uint64_t>(sum);
    if ((bits & 1) == 0) {  // step to the odd neighbour on the exact sum's side
      bits += (error > 0.0) == (sum > 0.0) ? uint64_t{1} : ~uint64_t{0};
      sum = std::bit_cast<double>(bits);
    }
  }
  return static_cast<float>(sum);
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_EXACT_FMA_H_
