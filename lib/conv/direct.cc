// Lanes are output channels, the input is broadcast (of depthwise convolution each lane has its
// own): pixels (NHWC) in place, everything else by way of bands of pixels.
#include "lib/conv/pixels.h"
#include "lib/conv/staged.h"
#include "lib/conv/strategies.h"

namespace windrow::internal {
namespace {

ConvPlan PlanDirect(const ConvShape& shape) {
  const ConvShape flat = Flattened(shape);
  const PixelsPlan in_place = PlanPixels(flat, /*skip_padding=*/true);
  if (in_place.tiles()) {
    if (const auto staged = PlanStaged(flat)) return ConvPlan(*staged);
  }
  return ConvPlan(in_place);
}

}  // namespace

const char* ConsiderDirect(const ConvShape& shape, ConvPlan& plan) {
  if (shape.op->depthwise()) return "each group has one channel: depthwise does this";
  plan = PlanDirect(shape);
  return nullptr;
}

const char* ConsiderDepthwise(const ConvShape& shape, ConvPlan& plan) {
  if (!shape.op->depthwise()) return "groups have more than one input and output channel";
  plan = PlanDirect(shape);
  return nullptr;
}

}  // namespace windrow::internal
