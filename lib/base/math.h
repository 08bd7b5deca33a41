// Integer arithmetic on sizes, none of which is negative. What a user gives may be so large that a
// product or a sum of them does not fit: it is checked, where it stands for something that must
// exist, or saturated, where it is an estimate or is compared with what fits a cache.
#ifndef WINDROW_LIB_BASE_MATH_H_
#define WINDROW_LIB_BASE_MATH_H_

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <stdexcept>

namespace windrow::internal {

inline constexpr int64_t kMaxSize = std::numeric_limits<int64_t>::max();

constexpr int64_t CeilDiv(int64_t a, int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }

// At most the largest multiple of b that fits.
constexpr int64_t RoundUp(int64_t a, int64_t b) {
  return a <= kMaxSize - (b - 1) ? CeilDiv(a, b) * b : kMaxSize / b * b;
}

// The product; throws std::length_error(what) if it does not fit, counting a factor of 0 as 1, so
// that the product of some of the factors always fits too. No factor may be negative.
inline int64_t CheckedProduct(std::initializer_list<int64_t> factors, const char* what) {
  int64_t product = 1;
  bool zero = false;
  for (const int64_t f : factors) {
    zero |= f == 0;
    if (f != 0 && __builtin_mul_overflow(product, f, &product)) throw std::length_error(what);
  }
  return zero ? 0 : product;
}

// The sum, or INT64_MAX if it does not fit.
constexpr int64_t SaturatedSum(int64_t a, int64_t b) {
  return a <= kMaxSize - b ? a + b : kMaxSize;
}

// The product, or INT64_MAX if it does not fit. No factor may be negative.
constexpr int64_t SaturatedProduct(std::initializer_list<int64_t> factors) {
  int64_t product = 1;
  bool overflow = false, zero = false;
  for (const int64_t f : factors) {
    zero |= f == 0;
    overflow |= __builtin_mul_overflow(product, f, &product);
  }
  return zero ? 0 : overflow ? kMaxSize : product;
}

// The distance of `steps` strides. Where it does not fit, nothing is that far apart, and nobody
// uses it; the overflow must only do no harm.
constexpr int64_t WrappedProduct(int64_t steps, int64_t stride) {
  return static_cast<int64_t>(static_cast<uint64_t>(steps) * static_cast<uint64_t>(stride));
}

// Splits `total`, at least 1, into the fewest parts of at most `max` that differ by at most one,
// so that no part is a small remainder. Part i of n is [Begin(i), Begin(i + 1)).
struct EvenSplit {
  int64_t total, parts, smaller, larger;  // `larger` parts have one more than `smaller`

  EvenSplit(int64_t count, int64_t max)
      : total(count),
        parts(count <= max ? 1 : CeilDiv(count, max)),  // a division is slow
        smaller(parts == 1 ? count : count / parts),
        larger(count - smaller * parts) {}
  int64_t Begin(int64_t i) const { return i * smaller + (i < larger ? i : larger); }
  // The part that `position` is in.
  int64_t PartOf(int64_t position) const {
    const int64_t after = larger * (smaller + 1);
    return position < after ? position / (smaller + 1) : larger + (position - after) / smaller;
  }
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_MATH_H_
