// What becomes of an accumulator: v += residual; v += +0; clamp; canonical NaN; store.
//
// Adding +0 turns a sum of -0 into +0, so that a tap on zero padding may be skipped or multiplied.
// The clamp is compare-and-select because Max and Min treat NaN differently from target to target,
// and the NaN is made canonical because its payload differs between CPUs and compilers.
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

template <class D>
HWY_INLINE hn::Vec<D> Finish(D d, hn::Vec<D> v, float clamp_min, float clamp_max) {
  const auto min = hn::Set(d, clamp_min), max = hn::Set(d, clamp_max);
  v = hn::Add(v, hn::Zero(d));
  v = hn::IfThenElse(hn::Lt(v, min), min, v);
  v = hn::IfThenElse(hn::Gt(v, max), max, v);
  const auto nan = hn::BitCast(d, hn::Set(hn::RebindToUnsigned<D>(), 0x7FC00000u));
  return hn::IfThenElse(hn::Eq(v, v), v, nan);
}

// Stores the accumulator of (row, first lane) as TileArgs says: raw, or finished.
template <bool kMayBePartial, class D>
HWY_INLINE void StoreTile(D d, hn::Vec<D> v, const TileArgs& t, ptrdiff_t row, ptrdiff_t lane) {
  if (t.last) {
    if (t.residual != nullptr) {
      v = hn::Add(v, LoadLanes<kMayBePartial>(d, t.residual + row * t.residual_row + lane, t.tail));
    }
    v = Finish(d, v, t.clamp_min, t.clamp_max);
  }
  StoreLanes<kMayBePartial>(d, v, t.y + row * t.y_row + lane, t.tail);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
