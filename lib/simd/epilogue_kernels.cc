// Compiles the kernels of the epilogue once a target.
#include "lib/simd/epilogue_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/epilogue_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/activations-inl.h"
#include "lib/simd/elementary-inl.h"
#include "lib/simd/epilogue-inl.h"
#include "lib/simd/for_vectors-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using RowD = hn::ScalableTag<float>;
using RowV = hn::Vec<RowD>;

struct NoActivation {
  static HWY_INLINE RowV Of(RowD, RowV x, RowV) { return x; }
};
struct SigmoidActivation {
  static HWY_INLINE RowV Of(RowD d, RowV x, RowV) { return Sigmoid(d, x); }
};
struct SiluActivation {
  static HWY_INLINE RowV Of(RowD d, RowV x, RowV) { return Silu(d, x); }
};
struct HardSwishActivation {
  static HWY_INLINE RowV Of(RowD d, RowV x, RowV) { return HardSwish(d, x); }
};
struct LeakyReluActivation {
  static HWY_INLINE RowV Of(RowD d, RowV x, RowV slope) { return LeakyRelu(d, x, slope); }
};
struct GeluTanhActivation {
  static HWY_INLINE RowV Of(RowD d, RowV x, RowV) { return GeluTanh(d, x); }
};

template <class Activation, bool kScaled>
void FinishRows(const EpilogueArgs& args) {
  const KernelScope scope;
  const RowD d;
  const RowV slope = hn::Set(d, args.slope);
  const RowV min = hn::Set(d, args.clamp_min), max = hn::Set(d, args.clamp_max);
  const RowV one_scale = hn::Set(d, kScaled ? *args.scale : 1.0f);
  for (int64_t row = 0; row < args.rows; ++row) {
    const float* const from = args.from + row * args.from_row;
    float* const y = args.y + row * args.y_row;
    ForVectors(d, args.count, [&](auto lanes, int64_t i) HWY_ATTR {
      RowV v = lanes.Load(d, from + i);
      if constexpr (kScaled) {
        v = hn::Mul(v, args.scale_each ? lanes.Load(d, args.scale + i) : one_scale);
        if (args.residual != nullptr) {
          v = hn::Add(v, lanes.Load(d, args.residual + row * args.residual_row + i));
        }
        v = Finish<true>(d, v, min, max);
      }
      v = Activation::Of(d, v, slope);
      lanes.Store(d, OneNaN(d, v, v), y + i);
    });
  }
}

const EpilogueKernels* GetEpilogueKernels() {
  static constexpr EpilogueKernels kKernels = {
      .activation = {&FinishRows<NoActivation, false>, &FinishRows<SigmoidActivation, false>,
                     &FinishRows<SiluActivation, false>, &FinishRows<HardSwishActivation, false>,
                     &FinishRows<LeakyReluActivation, false>,
                     &FinishRows<GeluTanhActivation, false>},
      .scaled = {&FinishRows<NoActivation, true>, &FinishRows<SigmoidActivation, true>,
                 &FinishRows<SiluActivation, true>, &FinishRows<HardSwishActivation, true>,
                 &FinishRows<LeakyReluActivation, true>, &FinishRows<GeluTanhActivation, true>}};
  return &kKernels;
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace windrow::internal {

HWY_EXPORT(GetEpilogueKernels);

const EpilogueKernels& EpilogueKernelsOf(size_t index) {
  return *HWY_DISPATCH_TABLE(GetEpilogueKernels)[index]();
}

}  // namespace windrow::internal
#endif  // HWY_ONCE
