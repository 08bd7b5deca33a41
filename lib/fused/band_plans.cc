#include "lib/fused/band_plans.h"

#include "lib/conv/registry.h"
#include "lib/pool/strategies.h"

namespace windrow::internal {
namespace {

Shape MiddleOf(const FusedShape& shape, const Band& band, const BandView& view) {
  const Shape m = shape.middle();
  return Shape(band.images, m.c(), view.first.out, m.w());
}

ConvShape FirstCall(const FusedShape& shape, const Band& band, const BandView& view,
                    const Strides& middle, int threads) {
  const ConvLayer& layer = shape.pair->first;
  return {.op = layer.op,
          .weights = layer.weights,
          .n = band.images,
          .h = view.first,
          .w = shape.first.w,
          .xs = shape.xs,
          .x_group = static_cast<ptrdiff_t>(layer.op->group_in() * shape.xs.c),
          .ys = middle,
          .rs = {},
          .residual = ResidualPlace::kNone,
          .threads = threads};
}

ConvShape SecondCall(const FusedShape& shape, const ConvLayer& layer, const Geometry& g,
                     const Band& band, const BandView& view, const Strides& middle, int threads) {
  return {.op = layer.op,
          .weights = layer.weights,
          .n = band.images,
          .h = std::get<Axis>(view.second),
          .w = g.w,
          .xs = middle,
          .x_group = static_cast<ptrdiff_t>(layer.op->group_in() * middle.c),
          .ys = shape.ys,
          .rs = shape.rs,
          .residual = shape.residual,
          .threads = threads};
}

PoolShape SecondCall(const FusedShape& shape, const PoolLayer& layer, const PoolGeometry& g,
                     const Band& band, const BandView& view, const Strides& middle, int threads) {
  return {.op = layer.op,
          .n = band.images,
          .c = shape.pair->first.op->out_channels,
          .h = std::get<WindowAxis>(view.second),
          .w = g.w,
          .xs = middle,
          .ys = shape.ys,
          .is = {},
          .with_indices = false,
          .threads = threads};
}

// A forced plan that a band does not have gives way to the best of its strategy.
template <class Call, class Buffers>
const char* PlanLayer(const Registry<Call, Buffers>& registry,
                      typename Registry<Call, Buffers>::Which forced, const Call& call,
                      Plan<Buffers>& plan, const char*& name) {
  if (forced.row == nullptr) {
    const auto choice = registry.Choose(forced, call);
    plan = choice.plan;
    name = choice.which.row->name;
    return nullptr;
  }
  name = forced.row->name;
  const char* reason = registry.Consider(forced, call, plan);
  if (reason != nullptr && forced.variant != 0) {
    forced.variant = 0;
    reason = registry.Consider(forced, call, plan);
  }
  return reason;
}

}  // namespace

const char* PlanBand(const FusedShape& shape, const Band& band, Layout layout, int threads,
                     bool reference, BandPlans& plans, Shape& middle) {
  const BandView view(shape, band);
  middle = MiddleOf(shape, band, view);
  const Strides strides = DenseStrides(middle, layout);
  const auto forced = [&](const auto& registry, const auto& layer) {
    return reference ? registry.Find("reference") : layer.forced;
  };
  const auto& convolutions = ConvRegistry();
  const char* reason =
      PlanLayer(convolutions, forced(convolutions, shape.pair->first),
                FirstCall(shape, band, view, strides, threads), plans.first, plans.first_name);
  if (reason != nullptr) return reason;
  return shape.OfSecond([&](const auto& layer, const auto& g) {
    const auto call = SecondCall(shape, layer, g, band, view, strides, threads);
    if constexpr (requires { layer.weights; }) {
      return PlanLayer(convolutions, forced(convolutions, layer), call,
                       plans.second.template emplace<ConvPlan>(), plans.second_name);
    } else {
      return PlanLayer(PoolRegistry(), forced(PoolRegistry(), layer), call,
                       plans.second.template emplace<PoolPlan>(), plans.second_name);
    }
  });
}

}  // namespace windrow::internal
