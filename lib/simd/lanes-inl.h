// What kernels know of vectors: how many registers there are, how one that works on whole vectors
// reads and writes its last, partial one, and what stores wait for.
#if defined(WINDROW_LIB_SIMD_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_LANES_INL_H_
#undef WINDROW_LIB_SIMD_LANES_INL_H_
#else
#define WINDROW_LIB_SIMD_LANES_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/epilogue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3) || HWY_ARCH_ARM_A64 || HWY_ARCH_RVV || HWY_ARCH_PPC
inline constexpr int kVectorRegisters = 32;
#else
inline constexpr int kVectorRegisters = 16;
#endif

inline constexpr ptrdiff_t kLine = 64;  // bytes of a cache line

// Prefetches what will be stored so many bytes past `to`, which may be anywhere. A store whose
// cache line is not in the L1 cache holds up all those after it.
HWY_INLINE void PrefetchStore(const void* to, ptrdiff_t ahead) {
  const auto address = reinterpret_cast<uintptr_t>(to) + static_cast<uintptr_t>(ahead);
  __builtin_prefetch(reinterpret_cast<const void*>(address));
}

// All lanes.
struct AllLanes {
  template <class D, typename T>
  HWY_INLINE hn::Vec<D> Load(D d, const T* from) const {
    return hn::LoadU(d, from);
  }
  template <class D, class V, typename T>
  HWY_INLINE void Store(D d, V v, T* to) const {
    hn::StoreU(v, d, to);
  }
  template <class D>
  HWY_INLINE size_t Count(D d) const {
    return hn::Lanes(d);
  }
  template <class D>
  HWY_INLINE hn::Mask<D> There(D d) const {
    return hn::FirstN(d, hn::Lanes(d));
  }
};

// The first `count`; memory past them is not touched. Masks do that on some targets only, the
// others go through a buffer.
struct FirstLanes {
  size_t count;

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  template <class D, typename T>
  HWY_INLINE hn::Vec<D> Load(D d, const T* from) const {
    return hn::MaskedLoad(hn::FirstN(d, count), d, from);
  }
  template <class D, class V, typename T>
  HWY_INLINE void Store(D d, V v, T* to) const {
    hn::BlendedStore(v, hn::FirstN(d, count), d, to);
  }
#else
  template <class D, typename T>
  HWY_INLINE hn::Vec<D> Load(D d, const T* from) const {
    HWY_ALIGN T buffer[HWY_MAX_BYTES / sizeof(T)] = {};
    CopyTail(from, count, buffer);
    return hn::Load(d, buffer);
  }
  template <class D, class V, typename T>
  HWY_INLINE void Store(D d, V v, T* to) const {
    HWY_ALIGN T buffer[HWY_MAX_BYTES / sizeof(T)];
    hn::Store(v, d, buffer);
    CopyTail(buffer, count, to);
  }
#endif
  template <class D>
  HWY_INLINE size_t Count(D) const {
    return count;
  }
  template <class D>
  HWY_INLINE hn::Mask<D> There(D d) const {
    return hn::FirstN(d, count);
  }
};

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
