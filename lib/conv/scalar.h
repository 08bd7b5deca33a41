// The steps of an output's chain, one float at a time, as every micro-kernel must round them.
#ifndef WINDROW_LIB_CONV_SCALAR_H_
#define WINDROW_LIB_CONV_SCALAR_H_

#include <bit>

#include "lib/conv/exact_fma.h"

namespace windrow::internal {

// The class of the multiply-add. U rounds the product, then the sum (-ffp-contract=off keeps it
// so).
template <bool kFused>
float MultiplyAdd(float x, float w, float acc) {
  if constexpr (kFused) {
    return ExactFma(x, w, acc);
  } else {
    const float product = x * w;
    return acc + product;
  }
}

// Of a NaN's payload too, which differs between CPUs and compilers.
inline float Finish(float v) {
  v += 0.0f;
  return v != v ? std::bit_cast<float>(0x7FC00000u) : v;
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_SCALAR_H_
