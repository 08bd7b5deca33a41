// Functions of doubles that libm has, too, but not the same bits everywhere.
#ifndef WINDROW_LIB_TRAIN_SCALAR_MATH_H_
#define WINDROW_LIB_TRAIN_SCALAR_MATH_H_

#include <bit>
#include <cstdint>
#include <limits>

namespace windrow::internal {

// ln x from 2^-1022 on, NaN and infinity as they are: x = 2^e m with sqrt(1/2) <= m < sqrt(2), z =
// (m - 1) / (m + 1), ln m = 2 (z + z^3 / 3 + z^5 / 5 + ...).
inline double Log(double x) {
  if (!(x <= std::numeric_limits<double>::max())) return x;
  const auto bits = std::bit_cast<uint64_t>(x);
  auto exponent = static_cast<int64_t>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u);
  if (m > 0x1.6a09e667f3bcdp0) m *= 0.5, ++exponent;
  const double z = (m - 1) / (m + 1), square = z * z;
  double series = 0;
  for (int k = 25; k >= 1; k -= 2) series = series * square + 1.0 / k;  // z^26 < 2^-66
  return 2 * z * series + static_cast<double>(exponent) * 0x1.62e42fefa39efp-1;
}

// cos(pi t) for 0 <= t <= 1, by Taylor's series up to a quarter turn.
inline double CosPi(double t) {
  if (t > 0.5) return -CosPi(1 - t);
  const double x = t * 0x1.921fb54442d18p1;
  double series = 1;
  for (int k = 22; k >= 2; k -= 2) series = 1 - x * x / (k * (k - 1)) * series;
  return series;
}

// base^exponent by squaring.
inline double Power(double base, int64_t exponent) {
  double power = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) power *= base;
    base *= base;
  }
  return power;
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_TRAIN_SCALAR_MATH_H_
