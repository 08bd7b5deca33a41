// A pair of layers as the strategies see it: the layers (FusedPair), what a plan depends on besides
// (FusedShape), and what one Run adds (FusedBuffers). All checked.
#ifndef WINDROW_LIB_FUSED_PROBLEM_H_
#define WINDROW_LIB_FUSED_PROBLEM_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <variant>

#include "lib/base/machine.h"
#include "lib/base/math.h"
#include "lib/base/plan.h"
#include "lib/conv/layer.h"
#include "lib/conv/problem.h"
#include "lib/pool/layer.h"
#include "lib/pool/problem.h"
#include "windrow/tensor.h"

namespace windrow::internal {

struct FusedPair {
  ConvLayer first;
  std::variant<ConvLayer, PoolLayer> second;
  const Machine* machine = &ThisMachine();
};

// All that the planning of a call may look at. What lies between the layers is "the middle".
struct FusedShape {
  const FusedPair* pair;
  Geometry first;
  std::variant<Geometry, PoolGeometry> second;  // of the kind that the pair's second has
  Strides xs, ys, rs;
  ResidualPlace residual;
  int threads;  // that share the work

  // f(layer, geometry) of the second.
  template <typename F>
  auto OfSecond(const F& f) const {
    if (const auto* g = std::get_if<Geometry>(&second)) {
      return f(std::get<ConvLayer>(pair->second), *g);
    }
    return f(std::get<PoolLayer>(pair->second), std::get<PoolGeometry>(second));
  }

  int64_t n() const { return first.n; }
  int64_t images() const { return std::max<int64_t>(n(), 1); }  // an empty batch is planned as one
  Shape middle() const {
    return Shape(n(), pair->first.op->out_channels, first.h.out, first.w.out);
  }
  Shape output() const {
    const int64_t channels = OfSecond([&](const auto& layer, const auto&) {
      if constexpr (requires { layer.weights; }) return layer.op->out_channels;
      return pair->first.op->out_channels;
    });
    return OfSecond(
        [&](const auto&, const auto& g) { return Shape(n(), channels, g.h.out, g.w.out); });
  }
  // At most INT64_MAX.
  int64_t multiply_adds() const {
    const ConvOp& op = *pair->first.op;
    const int64_t of_first =
        SaturatedProduct({middle().elements(), op.group_in(), first.h.kernel, first.w.kernel});
    return SaturatedSum(of_first, OfSecond([&](const auto& layer, const auto& g) -> int64_t {
                          if constexpr (requires { layer.weights; }) {
                            return SaturatedProduct({output().elements(), layer.op->group_in(),
                                                     g.h.kernel, g.w.kernel});
                          }
                          return 0;
                        }));
  }
  bool WorthThreads() const { return multiply_adds() >= kMinParallelWork; }
};

// What a Run adds.
struct FusedBuffers {
  const float* x;
  float* y;
  const float* residual;  // null: none
  std::byte* scratch;     // of all threads
};

// They hold the plans of both layers for up to four kinds of bands (band_plans.h).
template <>
inline constexpr size_t kMaxPlanBytes<FusedBuffers> = 8 * std::max(sizeof(ConvPlan),
                                                                   sizeof(PoolPlan)) +
                                                      1024;

using FusedPlan = Plan<FusedBuffers>;

}  // namespace windrow::internal

#endif  // WINDROW_LIB_FUSED_PROBLEM_H_
