// What pooling's kernels are made of: the reductions, the end of sums, and indices.
//
// A maximum has its index in a vector beside it, which compilers leave out where nobody wants it.
// It is that of two vectors for each tap, as long as no tap is NaN, which would be lost: the taps
// are added up as well, and where that gives NaN (also for infinities of both signs) a kernel says
// so, and its caller does the block again on the reference.
#if defined(WINDROW_LIB_SIMD_POOL_OPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_POOL_OPS_INL_H_
#undef WINDROW_LIB_SIMD_POOL_OPS_INL_H_
#else
#define WINDROW_LIB_SIMD_POOL_OPS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "lib/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using PoolD = hn::ScalableTag<float>;
using PoolDI = hn::RebindToSigned<PoolD>;
using PoolV = hn::Vec<PoolD>;
using PoolVI = hn::Vec<PoolDI>;

inline constexpr float kLowest = -std::numeric_limits<float>::infinity();

HWY_INLINE int64_t PoolLanes() { return static_cast<int64_t>(hn::Lanes(PoolD())); }

// Where a lambda is called several times, and must be inlined all the same.
#define WINDROW_INLINE_LAMBDA HWY_ATTR __attribute__((always_inline))

// Calls run<n>(i, access) for n vectors of items from item i on, as many at a time as possible, of
// at most kVecs. The last vector, if it is not whole, begins inside the one before.
template <int kVecs, class Run>
HWY_INLINE void ForVectors(int64_t items, const Run& run, int64_t i = 0) {
  const int64_t lanes = PoolLanes();
  for (; i + kVecs * lanes <= items; i += kVecs * lanes) {
    run.template operator()<kVecs>(i, AllLanes());
  }
  if constexpr (kVecs > 1) return ForVectors<kVecs / 2>(items, run, i);
  if (i == items) return;
  if (i == 0) return run.template operator()<1>(i, FirstLanes{static_cast<size_t>(items)});
  run.template operator()<1>(items - lanes, AllLanes());
}

// 1, which no compiler knows. What is multiplied by it is flushed to zero if it is denormal and the
// caller wants that: a maximum as it is stored, and not what an earlier pass compares.
HWY_INLINE float UnknownOne() {
  float one = 1;
  asm volatile("" : "+m"(one));
  return one;
}

// Stands in a branch that compilers would otherwise turn into operations that are done in any case.
HWY_INLINE void OnlyHere() { asm volatile(""); }

HWY_INLINE PoolV CanonicalNaN(PoolV v) {
  const PoolD d;
  const hn::RebindToUnsigned<PoolD> du;
  return hn::IfThenElse(hn::Eq(v, v), v, hn::BitCast(d, hn::Set(du, 0x7FC00000u)));
}

// `max` becomes the maximum of it and x, which comes later, where none is NaN: of equal ones, and
// of zeros of both signs, the first stays, with its index.
template <bool kIndices>
HWY_INLINE void TakeMax(PoolV x, [[maybe_unused]] PoolVI x_index, PoolV& max,
                        [[maybe_unused]] PoolVI& index) {
  if constexpr (kIndices) {
    const auto greater = hn::Gt(x, max);
    index = hn::IfThenElse(hn::RebindMask(PoolDI(), greater), x_index, index);
    max = hn::IfThenElse(greater, x, max);
    return;
  }
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  max = hn::Max(x, max);  // one instruction that is defined so
#else
  max = hn::IfThenElse(hn::Gt(x, max), x, max);
#endif
}

// sum + x. As a multiply-add where that rounds once: it is the same, and runs beside additions and
// maxima on pipes of its own. `one` is UnknownOne().
HWY_INLINE PoolV AddBeside(PoolV sum, PoolV x, PoolV one) {
  if constexpr (HWY_NATIVE_FMA) return hn::MulAdd(x, one, sum);
  return hn::Add(sum, x);
}

// Of a sum in which a NaN shows.
HWY_INLINE bool IsNumber(PoolV seen) { return hn::AllTrue(PoolD(), hn::Eq(seen, seen)); }

// 1 / divisor if that is exact, for powers of two; else 0.
HWY_INLINE float ExactFactor(float divisor) {
  constexpr uint32_t kMantissa = (1u << 23) - 1, kOne = 127u << 23;
  uint32_t bits;
  std::memcpy(&bits, &divisor, sizeof bits);
  const uint32_t factor_bits = 2 * kOne - bits;
  // Neither zero, denormal nor negative, both of them.
  const bool normal = bits > kMantissa && factor_bits > kMantissa && bits < 2 * kOne;
  if ((bits & kMantissa) != 0 || !normal) return 0;
  float factor;
  std::memcpy(&factor, &factor_bits, sizeof factor);
  return factor;
}

// How sums become averages: by an exact factor, which gives the same bits as the division in a
// tenth of the time, by division, or not at all.
class Averages {
 public:
  explicit HWY_INLINE Averages(float divisor) : divisor_(divisor), factor_(ExactFactor(divisor)) {}

  HWY_INLINE PoolV Of(PoolV sum) const {
    const PoolD d;
    if (factor_ != 0) {
      OnlyHere();
      return CanonicalNaN(hn::Mul(WithoutSign(sum), hn::Set(d, factor_)));
    }
    if (divisor_ == 0) return sum;
    OnlyHere();
    return CanonicalNaN(hn::Div(WithoutSign(sum), hn::Set(d, divisor_)));
  }

 private:
  // A sum may be -0, but only if a denormal was flushed to that, here or there. (No compiler may
  // see that the last operation was to add 0, too: it would leave this out.)
  static HWY_INLINE PoolV WithoutSign(PoolV sum) { return hn::Add(sum, hn::Zero(PoolD())); }

  float divisor_, factor_;
};

// As int64.
template <class Access>
HWY_INLINE void StoreIndices(PoolVI index, int64_t* to, Access access) {
  const PoolDI di;
#if HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE
  const hn::Repartition<int64_t, PoolDI> d64;
  const hn::Half<PoolDI> half;
  const auto low = hn::PromoteTo(d64, hn::LowerHalf(half, index));
  const auto high = hn::PromoteTo(d64, hn::UpperHalf(half, index));
  if constexpr (std::is_same_v<Access, AllLanes>) {
    hn::StoreU(low, d64, to);
    hn::StoreU(high, d64, to + hn::Lanes(d64));
    return;
  }
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2  // others have no store of some lanes, as FirstLanes
  const size_t stored = access.Count(di), lanes = hn::Lanes(d64);
  hn::BlendedStore(low, hn::FirstN(d64, std::min(stored, lanes)), d64, to);
  if (stored > lanes) hn::BlendedStore(high, hn::FirstN(d64, stored - lanes), d64, to + lanes);
  return;
#endif
#endif
  HWY_ALIGN int32_t buffer[HWY_MAX_BYTES / sizeof(int32_t)] = {};
  hn::Store(index, di, buffer);
  const size_t count = access.Count(di);
  for (size_t i = 0; i < count; ++i) to[i] = buffer[i];
}

// A vector of them is twice as long as one of floats.
HWY_INLINE void PrefetchIndices(const int64_t* to, ptrdiff_t ahead) {
  PrefetchStore(to, ahead);
  if (hn::Lanes(PoolD()) > 8) PrefetchStore(to, ahead + kLine);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
