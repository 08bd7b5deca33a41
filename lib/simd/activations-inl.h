// Activations of more than a comparison, of products and sums that are each rounded, for the layers
// of training and the epilogue of a convolution. A NaN stays some NaN.
#if defined(WINDROW_LIB_SIMD_ACTIVATIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_ACTIVATIONS_INL_H_
#undef WINDROW_LIB_SIMD_ACTIVATIONS_INL_H_
#else
#define WINDROW_LIB_SIMD_ACTIVATIONS_INL_H_
#endif

#include <hwy/highway.h>

#include "lib/simd/elementary-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class D, class V = hn::Vec<D>>
HWY_INLINE V LeakyRelu(D d, V x, V slope) {
  return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Mul(slope, x));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Silu(D d, V x) {
  return hn::Mul(x, SigmoidOfNumber(d, x));  // NaN again
}

// A NaN may become a bound of the clamp, and is one again as its product with x.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V HardSwish(D d, V x) {
  const V six = hn::Set(d, 6.0f), moved = hn::Add(x, hn::Set(d, 3.0f));
  return hn::Div(hn::Mul(x, hn::Min(hn::Max(moved, hn::Zero(d)), six)), six);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V GeluTanh(D d, V x) {
  const V cube = hn::Mul(hn::Mul(x, x), x);
  const V inner = hn::Add(x, hn::Mul(hn::Set(d, 0.044715f), cube));
  const V tanh = Tanh(d, hn::Mul(hn::Set(d, 0.7978845608f), inner));  // sqrt(2 / pi)
  return hn::Mul(hn::Mul(hn::Set(d, 0.5f), x), hn::Add(hn::Set(d, 1.0f), tanh));
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
