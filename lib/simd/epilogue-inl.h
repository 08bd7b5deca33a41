// What becomes of a sum before it is stored: v += +0; clamp; canonical NaN.
//
// Adding +0 turns a sum of -0 into +0, so that a tap on zero padding may be skipped or multiplied.
// The NaN is made canonical because its payload differs between CPUs and compilers.
#if defined(WINDROW_LIB_SIMD_EPILOGUE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_EPILOGUE_INL_H_
#undef WINDROW_LIB_SIMD_EPILOGUE_INL_H_
#else
#define WINDROW_LIB_SIMD_EPILOGUE_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lib/simd/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Copies less than a vector of 32-bit numbers in a few moves of fixed size: a call of memcpy for
// each row of a tile would cost as much as a reduction of twenty steps.
template <size_t kMax = HWY_MAX_BYTES / sizeof(float) / 2, typename T>
HWY_INLINE void CopyTail(const T* from, size_t count, T* to) {
  static_assert(sizeof(T) == sizeof(float));
  if (count & kMax) {
    std::memcpy(to, from, kMax * sizeof(T));
    from += kMax;
    to += kMax;
  }
  if constexpr (kMax > 1) CopyTail<kMax / 2>(from, count, to);
}

// A whole vector, or, if this may be the last of a panel, its first `tail` lanes. Through a buffer
// where masked memory accesses touch the lanes past the tail or, of stores, are slow on some CPUs.
template <bool kMayBePartial, class D>
HWY_INLINE hn::Vec<D> LoadLanes(D d, const float* from, int tail) {
  if constexpr (kMayBePartial) {
    if (static_cast<size_t>(tail) != hn::Lanes(d)) [[unlikely]] {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
      return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(tail)), d, from);
#else
      HWY_ALIGN float buffer[HWY_MAX_BYTES / sizeof(float)] = {};
      CopyTail(from, static_cast<size_t>(tail), buffer);
      return hn::Load(d, buffer);
#endif
    }
  }
  return hn::LoadU(d, from);
}

template <bool kMayBePartial, class D>
HWY_INLINE void StoreLanes(D d, hn::Vec<D> v, float* to, int tail) {
  if constexpr (kMayBePartial) {
    if (static_cast<size_t>(tail) != hn::Lanes(d)) [[unlikely]] {
      HWY_ALIGN float buffer[HWY_MAX_BYTES / sizeof(float)];
      hn::Store(v, d, buffer);
      CopyTail(buffer, static_cast<size_t>(tail), to);
      return;
    }
  }
  hn::StoreU(v, d, to);
}

// NaN is looked for before the clamp, whose Max and Min treat it differently from target to target.
// Neither v nor a bound is -0 there, so zeros have only one sign.
template <bool kClamp, class D>
HWY_INLINE hn::Vec<D> Finish(D d, hn::Vec<D> v, hn::Vec<D> min, hn::Vec<D> max) {
  v = hn::Add(v, hn::Zero(d));
  const auto number = hn::Eq(v, v);
  if constexpr (kClamp) v = hn::Min(max, hn::Max(min, v));
  return hn::IfThenElse(number, v, hn::BitCast(d, hn::Set(hn::RebindToUnsigned<D>(), 0x7FC00000u)));
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
