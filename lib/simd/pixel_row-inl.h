// A long row of pixels of one output channel, a few steps of the reduction at a time:
//
//   for each vector of pixels: acc = y; for k: acc += weight[k] * x[k]; y = acc
//
// For few output channels, where memory is the limit: it reads a few planes from one end to the
// other, which is what prefetchers like, instead of a little of every plane.
#if defined(WINDROW_LIB_SIMD_PIXEL_ROW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_PIXEL_ROW_INL_H_
#undef WINDROW_LIB_SIMD_PIXEL_ROW_INL_H_
#else
#define WINDROW_LIB_SIMD_PIXEL_ROW_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "lib/simd/epilogue-inl.h"
#include "lib/simd/kernels.h"
#include "lib/simd/tile-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

static_assert(kMaxPixelRowSteps == 8, "the macro below names every weight");
#define WINDROW_FOR_STEPS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

template <int kSteps, bool kFused>
HWY_NOINLINE void PixelRow(const PixelRowArgs& t) {
  const KernelScope scope;
  const TileD d;
  using V = hn::Vec<TileD>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const V bias = hn::Add(hn::Set(d, t.bias), hn::Zero(d));
  const V min = hn::Set(d, t.clamp_min), max = hn::Set(d, t.clamp_max);
#define WINDROW_WEIGHT(k)                                                 \
  const float* HWY_RESTRICT x##k = kSteps > k ? t.x + k * t.x_step : t.x; \
  [[maybe_unused]] const V w##k = hn::Set(d, kSteps > k ? t.weights[k * t.weight_step] : 0.0f);
  WINDROW_FOR_STEPS(WINDROW_WEIGHT)
#undef WINDROW_WEIGHT
  for (int64_t i = 0; i < t.pixels; i += lanes) {
    V sum = t.first ? bias : hn::LoadU(d, t.y + i);
#define WINDROW_STEP(k) \
  if constexpr (kSteps > k) sum = MultiplyAdd<kFused>(w##k, hn::LoadU(d, x##k + i), sum);
    WINDROW_FOR_STEPS(WINDROW_STEP)
#undef WINDROW_STEP
    if (t.last) {
      if (t.residual != nullptr) sum = hn::Add(sum, hn::LoadU(d, t.residual + i));
      sum = t.clamp ? Finish<true>(d, sum, min, max) : Finish<false>(d, sum, min, max);
    }
    hn::StoreU(sum, d, t.y + i);
  }
}
#undef WINDROW_FOR_STEPS

template <bool kFused, size_t... kStep>
constexpr void FillPixelRows(PixelRowFn (&table)[kMaxPixelRowSteps + 1],
                             std::index_sequence<kStep...>) {
  ((table[kStep + 1] = &PixelRow<static_cast<int>(kStep) + 1, kFused>), ...);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
