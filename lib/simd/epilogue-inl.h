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

// A whole vector, or, if this may be the last of a panel, its first `tail` lanes. Through a buffer,
// since masked memory accesses touch the lanes behind the tail on some targets.
template <bool kMayBePartial, class D>
HWY_INLINE hn::Vec<D> LoadLanes(D d, const float* from, int tail) {
  if constexpr (kMayBePartial) {
    if (static_cast<size_t>(tail) != hn::Lanes(d)) [[unlikely]] {
      HWY_ALIGN float buffer[HWY_MAX_BYTES / sizeof(float)] = {};
      std::memcpy(buffer, from, static_cast<size_t>(tail) * sizeof(float));
      return hn::Load(d, buffer);
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
      std::memcpy(to, buffer, static_cast<size_t>(tail) * sizeof(float));
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
