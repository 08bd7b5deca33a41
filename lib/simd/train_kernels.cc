// Compiles training's kernels once a target.
#include "lib/simd/train_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/simd/train_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "lib/simd/activations-inl.h"
#include "lib/simd/elementary-inl.h"
#include "lib/simd/for_vectors-inl.h"
#include "lib/simd/lanes-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using MapD = hn::ScalableTag<float>;
using MapV = hn::Vec<MapD>;
// Of sums: the lanes are some of the chains.
using ChainD = hn::CappedTag<float, kChains>;
using ChainV = hn::Vec<ChainD>;

// Formulas of one or two operands; p is set in all lanes.
struct Relu {
  static constexpr bool kBinary = false;
  static HWY_INLINE MapV Of(MapD d, MapV x, MapV, MapV) {
    return hn::IfThenZeroElse(hn::Le(x, hn::Zero(d)), x);
  }
};
struct ReluBackward {
  static constexpr bool kBinary = true;
  static HWY_INLINE MapV Of(MapD d, MapV y, MapV dy, MapV) {
    return hn::IfThenZeroElse(hn::Le(y, hn::Zero(d)), dy);
  }
};
struct LeakyReluForward {
  static constexpr bool kBinary = false;
  static HWY_INLINE MapV Of(MapD d, MapV x, MapV, MapV p) { return LeakyRelu(d, x, p); }
};
struct LeakyReluBackward {
  static constexpr bool kBinary = true;
  static HWY_INLINE MapV Of(MapD d, MapV x, MapV dy, MapV p) {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), dy, hn::Mul(p, dy));
  }
};
struct SigmoidForward {
  static constexpr bool kBinary = false;
  static HWY_INLINE MapV Of(MapD d, MapV x, MapV, MapV) { return Sigmoid(d, x); }
};
struct SigmoidBackward {
  static constexpr bool kBinary = true;
  static HWY_INLINE MapV Of(MapD d, MapV y, MapV dy, MapV) {
    return hn::Mul(dy, hn::Mul(y, hn::Sub(hn::Set(d, 1.0f), y)));
  }
};
struct TanhForward {
  static constexpr bool kBinary = false;
  static HWY_INLINE MapV Of(MapD d, MapV x, MapV, MapV) { return Tanh(d, x); }
};
struct TanhBackward {
  static constexpr bool kBinary = true;
  static HWY_INLINE MapV Of(MapD d, MapV y, MapV dy, MapV) {
    return hn::Mul(dy, hn::Sub(hn::Set(d, 1.0f), hn::Mul(y, y)));
  }
};
struct SiluForward {
  static constexpr bool kBinary = false;
  static HWY_INLINE MapV Of(MapD d, MapV x, MapV, MapV) { return Silu(d, x); }
};
struct SiluBackward {
  static constexpr bool kBinary = true;
  static HWY_INLINE MapV Of(MapD d, MapV x, MapV dy, MapV) {
    const MapV one = hn::Set(d, 1.0f), s = Sigmoid(d, x);
    return hn::Mul(dy, hn::Mul(s, hn::Add(one, hn::Mul(x, hn::Sub(one, s)))));
  }
};
struct Sum {
  static constexpr bool kBinary = true;
  static HWY_INLINE MapV Of(MapD, MapV a, MapV b, MapV) { return hn::Add(a, b); }
};
struct Product {
  static constexpr bool kBinary = true;
  static HWY_INLINE MapV Of(MapD, MapV a, MapV b, MapV) { return hn::Mul(a, b); }
};
struct Scaled {
  static constexpr bool kBinary = false;
  static HWY_INLINE MapV Of(MapD, MapV a, MapV, MapV p) { return hn::Mul(a, p); }
};
struct Exponential {
  static constexpr bool kBinary = false;
  static HWY_INLINE MapV Of(MapD d, MapV a, MapV, MapV) { return Exp(d, a); }
};

template <class Formula>
void Map(const MapArgs& args) {
  const KernelScope scope;
  const MapD d;
  const MapV p = hn::Set(d, args.p);
  ForVectors(d, args.count, [&](auto lanes, int64_t i) HWY_ATTR {
    const MapV a = lanes.Load(d, args.a + i);
    const MapV b = Formula::kBinary ? lanes.Load(d, args.b + i) : a;
    const MapV y = Formula::Of(d, a, b, p);
    lanes.Store(d, OneNaN(d, y, y), args.y + i);
  });
}

template <class Forward, class Backward>
constexpr ActivationKernels Activation() {
  return {.forward = &Map<Forward>, .backward = &Map<Backward>};
}

// Adds to the chains of elements from i on, whose first is a multiple of the lanes. Lanes that do
// not exist have zeros.
HWY_INLINE void AddToChains(ChainD d, ChainV v, int64_t i, float* HWY_RESTRICT chains) {
  float* const to = chains + i % kChains;
  hn::StoreU(hn::Add(hn::LoadU(d, to), v), d, to);
}

HWY_INLINE void ClearChains(float* chains) {
  const ChainD d;
  for (size_t i = 0; i < kChains; i += hn::Lanes(d)) hn::StoreU(hn::Zero(d), d, chains + i);
}

HWY_INLINE void FinishChains(float* chains) {
  const ChainD d;
  for (size_t i = 0; i < kChains; i += hn::Lanes(d)) {
    const ChainV v = hn::LoadU(d, chains + i);
    hn::StoreU(OneNaN(d, v, v), d, chains + i);
  }
}

void SquaredError(const SquaredErrorArgs& args) {
  const KernelScope scope;
  const ChainD d;
  const ChainV p = hn::Set(d, args.p);
  ClearChains(args.chains);
  ForVectors(d, args.count, [&](auto lanes, int64_t i) HWY_ATTR {
    const ChainV difference = hn::Sub(lanes.Load(d, args.y + i), lanes.Load(d, args.target + i));
    AddToChains(d, hn::Mul(difference, difference), i, args.chains);
    if (args.dy == nullptr) return;
    const ChainV dy = hn::Mul(p, difference);
    lanes.Store(d, OneNaN(d, dy, dy), args.dy + i);
  });
  FinishChains(args.chains);
}

void SumOfSquares(const float* x, int64_t count, float* chains) {
  const KernelScope scope;
  const ChainD d;
  ClearChains(chains);
  ForVectors(d, count, [&](auto lanes, int64_t i) HWY_ATTR {
    const ChainV v = lanes.Load(d, x + i);
    AddToChains(d, hn::Mul(v, v), i, chains);
  });
  FinishChains(chains);
}

void Softmax(SoftmaxArgs& args) {
  const KernelScope scope;
  const ChainD d;
  const ChainV lowest = hn::Neg(hn::Inf(d));
  ChainV max = lowest;
  bool numbers = true;
  ForVectors(d, args.count, [&](auto lanes, int64_t i) HWY_ATTR {
    const ChainV x = lanes.Load(d, args.x + i);
    numbers &= hn::AllTrue(d, hn::Eq(x, x));
    max = hn::Max(max, hn::IfThenElse(lanes.There(d), x, lowest));
  });
  // A NaN here makes every e[i] and the sum NaN, which is as it should be.
  max = numbers ? hn::MaxOfLanes(d, max) : hn::NaN(d);
  HWY_ALIGN float chains[kChains];
  ClearChains(chains);
  ForVectors(d, args.count, [&](auto lanes, int64_t i) HWY_ATTR {
    const ChainV e = Exp(d, hn::Sub(lanes.Load(d, args.x + i), max));
    AddToChains(d, hn::IfThenElseZero(lanes.There(d), e), i, chains);
    if (args.y != nullptr) lanes.Store(d, e, args.y + i);
  });
  float sum = 0;
  for (const float chain : chains) sum += chain;
  args.max = hn::GetLane(max);
  args.sum = sum;
  if (args.y == nullptr) return;
  const ChainV all = hn::Set(d, sum), p = hn::Set(d, args.p);
  ForVectors(d, args.count, [&](auto lanes, int64_t i) HWY_ATTR {
    const ChainV y = hn::Mul(hn::Div(lanes.Load(d, args.y + i), all), p);
    lanes.Store(d, OneNaN(d, y, y), args.y + i);
  });
}

template <class Lanes>
HWY_INLINE bool AllFinite(MapD d, Lanes lanes, MapV v) {
  const auto finite = hn::Lt(hn::Abs(v), hn::Inf(d));
  return hn::AllTrue(d, hn::Or(finite, hn::Not(lanes.There(d))));
}

bool Sgd(const SgdArgs& args) {
  const KernelScope scope;
  const MapD d;
  const MapV lr = hn::Set(d, args.lr), momentum = hn::Set(d, args.momentum);
  const MapV undamped = hn::Set(d, args.undamped), decay = hn::Set(d, args.decay);
  bool finite = true;
  ForVectors(d, args.count, [&](auto lanes, int64_t i) HWY_ATTR {
    const MapV w = lanes.Load(d, args.w + i);
    MapV g = hn::Add(lanes.Load(d, args.g + i), hn::Mul(decay, w));
    if (args.m != nullptr) {
      const MapV before = lanes.Load(d, args.m + i);
      const MapV m = hn::Add(hn::Mul(momentum, before), hn::Mul(undamped, g));
      lanes.Store(d, OneNaN(d, m, m), args.m + i);
      g = args.nesterov ? hn::Add(g, hn::Mul(momentum, m)) : m;
    }
    const MapV after = hn::Sub(w, hn::Mul(lr, g));
    lanes.Store(d, OneNaN(d, after, after), args.w + i);
    finite &= AllFinite(d, lanes, after);
  });
  return finite;
}

bool Adam(const AdamArgs& args) {
  const KernelScope scope;
  const MapD d;
  const MapV keep = hn::Set(d, args.keep), decay = hn::Set(d, args.decay);
  const MapV beta1 = hn::Set(d, args.beta1), rest1 = hn::Set(d, args.rest1);
  const MapV beta2 = hn::Set(d, args.beta2), rest2 = hn::Set(d, args.rest2);
  const MapV root = hn::Set(d, args.root), eps = hn::Set(d, args.eps), lr = hn::Set(d, args.lr);
  bool finite = true;
  ForVectors(d, args.count, [&](auto lanes, int64_t i) HWY_ATTR {
    const MapV before = lanes.Load(d, args.w + i), w = hn::Mul(before, keep);
    const MapV g = hn::Add(lanes.Load(d, args.g + i), hn::Mul(decay, before));
    const MapV m = hn::Add(hn::Mul(beta1, lanes.Load(d, args.m + i)), hn::Mul(rest1, g));
    const MapV v =
        hn::Add(hn::Mul(beta2, lanes.Load(d, args.v + i)), hn::Mul(hn::Mul(rest2, g), g));
    lanes.Store(d, OneNaN(d, m, m), args.m + i);
    lanes.Store(d, OneNaN(d, v, v), args.v + i);
    const MapV length = hn::Add(hn::Div(hn::Sqrt(v), root), eps);
    const MapV after = hn::Sub(w, hn::Mul(lr, hn::Div(m, length)));
    lanes.Store(d, OneNaN(d, after, after), args.w + i);
    finite &= AllFinite(d, lanes, after);
  });
  return finite;
}

const TrainKernels* GetTrainKernels() {
  static constexpr TrainKernels kKernels = {
      .relu = Activation<Relu, ReluBackward>(),
      .leaky_relu = Activation<LeakyReluForward, LeakyReluBackward>(),
      .sigmoid = Activation<SigmoidForward, SigmoidBackward>(),
      .tanh = Activation<TanhForward, TanhBackward>(),
      .silu = Activation<SiluForward, SiluBackward>(),
      .add = &Map<Sum>,
      .multiply = &Map<Product>,
      .scale = &Map<Scaled>,
      .exp = &Map<Exponential>,
      .squared_error = &SquaredError,
      .sum_of_squares = &SumOfSquares,
      .softmax = &Softmax,
      .sgd = &Sgd,
      .adam = &Adam};
  return &kKernels;
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace windrow::internal {

HWY_EXPORT(GetTrainKernels);

const TrainKernels& TrainKernelsOf(size_t index) {
  return *HWY_DISPATCH_TABLE(GetTrainKernels)[index]();
}

}  // namespace windrow::internal
#endif  // HWY_ONCE
