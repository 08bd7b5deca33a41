// Lanes are output channels, the input is broadcast (of depthwise convolution each lane has its
// own): pixels (NHWC) in place, everything else by way of bands of pixels.
#include "lib/conv/pixels.h"
#include "lib/conv/staged.h"
#include "lib/conv/strategies.h"

namespace windrow::internal {
namespace {

const char* PlanDirect(const ConvShape& shape, ConvPlan& plan) {
  const ConvShape flat = Flattened(shape);
  if (flat.must_skip_padding()) {  // which the register tile does, in place
    if (!flat.pixels()) return kMultipliesPadding;
    plan = ConvPlan(PlanTiles(flat, /*skip_padding=*/true));
    return nullptr;
  }
  const PixelsPlan in_place = PlanPixels(flat, /*skip_padding=*/true);
  if (in_place.tiles()) {
    if (const auto staged = PlanStaged(flat)) {
      plan = ConvPlan(*staged);
      return nullptr;
    }
  }
  plan = ConvPlan(in_place);
  return nullptr;
}

}  // namespace

const char* ConsiderDirect(const ConvShape& shape, ConvPlan& plan) {
  if (shape.op->depthwise()) return "each group has one channel: depthwise does this";
  return PlanDirect(shape, plan);
}

const char* ConsiderDepthwise(const ConvShape& shape, ConvPlan& plan) {
  if (!shape.op->depthwise()) return "groups have more than one input and output channel";
  return PlanDirect(shape, plan);
}

}  // namespace windrow::internal
