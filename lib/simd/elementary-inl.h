// exp and what is made of it, of products and sums that are each rounded: the same bits on every
// target. (Highway's contrib/math fuses where the target does, and its bits may change with its
// version, which those of a published training must not.) Within 2 units in the last place, tanh 3.
#if defined(WINDROW_LIB_SIMD_ELEMENTARY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_ELEMENTARY_INL_H_
#undef WINDROW_LIB_SIMD_ELEMENTARY_INL_H_
#else
#define WINDROW_LIB_SIMD_ELEMENTARY_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class D>
using IntegersOf = hn::Vec<hn::RebindToSigned<D>>;

// v where x is a number, elsewhere one NaN: payloads differ between CPUs and compilers.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V OneNaN(D d, V x, V v) {
  const V nan = hn::BitCast(d, hn::Set(hn::RebindToUnsigned<D>(), 0x7FC00000u));
  return hn::IfThenElse(hn::Eq(x, x), v, nan);
}

// n = x / ln 2 to the nearest, p = e^(x - n ln 2) - 1, for |x| <= 104.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void ReduceExp(D d, V x, V& p, IntegersOf<D>& n) {
  const hn::RebindToSigned<D> di;
  // At 1.5 * 2^23 neighbours are 1 apart: a sum there is rounded to an integer, its last bits.
  const V magic = hn::Set(d, 0x1.8p23f);
  const V rounded = hn::Add(hn::Mul(x, hn::Set(d, 0x1.715476p0f)), magic);
  n = hn::Sub(hn::BitCast(di, rounded), hn::BitCast(di, magic));
  const V whole = hn::Sub(rounded, magic);
  // The upper part of ln 2 has 15 bits: its product with n, which has 8, is exact.
  V r = hn::Sub(x, hn::Mul(whole, hn::Set(d, 0x1.62e4p-1f)));
  r = hn::Sub(r, hn::Mul(whole, hn::Set(d, 0x1.7f7d1cp-20f)));
  // Taylor's series up to r^7: what is left out is 2^-27.6 at |r| = ln 2 / 2.
  V q = hn::Set(d, 1.0f / 5040);
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0f / 720));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0f / 120));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0f / 24));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0f / 6));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 0.5f));
  p = hn::Add(hn::Mul(hn::Mul(r, r), q), r);
}

// v * 2^n for n from -252 to 254, in two steps: 2^n itself may be denormal or infinite.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V TimesPowerOf2(D d, V v, IntegersOf<D> n) {
  const hn::RebindToSigned<D> di;
  const auto power = [&](IntegersOf<D> e) HWY_ATTR {
    return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(e, hn::Set(di, 127))));
  };
  const IntegersOf<D> half = hn::ShiftRight<1>(n);
  return hn::Mul(hn::Mul(v, power(half)), power(hn::Sub(n, half)));
}

// The same for n from -126 to 127.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V TimesNormalPowerOf2(D d, V v, IntegersOf<D> n) {
  const hn::RebindToSigned<D> di;
  return hn::Mul(v, hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(n, hn::Set(di, 127)))));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Exp(D d, V x) {
  const V bounded = hn::Min(hn::Max(x, hn::Set(d, -104.0f)), hn::Set(d, 89.0f));
  V p = x;
  IntegersOf<D> n;
  ReduceExp(d, bounded, p, n);
  const V y = TimesPowerOf2(d, hn::Add(p, hn::Set(d, 1.0f)), n);
  return OneNaN(d, x, y);
}

// Of NaN some number. The bits are those of 1 / (1 + Exp(-x)): below -86 the power vanishes beside
// 1, whatever it is, and above it is twice one of an exponent less.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SigmoidOfNumber(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V one = hn::Set(d, 1.0f);
  const V bounded = hn::Min(hn::Max(hn::Neg(x), hn::Set(d, -86.0f)), hn::Set(d, 89.0f));
  V p = x;
  IntegersOf<D> n;
  ReduceExp(d, bounded, p, n);
  const V v = hn::Add(p, one);
  const V e = TimesNormalPowerOf2(d, hn::Add(v, v), hn::Sub(n, hn::Set(di, 1)));
  return hn::Div(one, hn::Add(one, e));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Sigmoid(D d, V x) {
  return OneNaN(d, x, SigmoidOfNumber(d, x));
}

// e / (e + 2) with e = exp(2 |x|) - 1, where it is not yet 1.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Tanh(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V bounded = hn::Min(hn::Abs(x), hn::Set(d, 10.0f));
  V p = x;
  IntegersOf<D> n;
  ReduceExp(d, hn::Add(bounded, bounded), p, n);
  const V one = hn::Set(d, 1.0f);
  const V scaled = hn::Sub(TimesNormalPowerOf2(d, hn::Add(p, one), n), one);
  const V e = hn::IfThenElse(hn::RebindMask(d, hn::Eq(n, hn::Zero(di))), p, scaled);
  const V y = hn::CopySign(hn::Div(e, hn::Add(e, hn::Set(d, 2.0f))), x);
  return OneNaN(d, x, y);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
