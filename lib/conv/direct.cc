// Lanes are output channels, the input is broadcast (of depthwise convolution each lane has its
// own): pixels (NHWC) in place, everything else by way of bands of pixels.
#include "lib/conv/pixels.h"
#include "lib/conv/staged.h"
#include "lib/conv/strategies.h"

namespace windrow::internal {
namespace {

// The variant, if it is one.
const char* Offer(const ConvShape& shape, bool varied, const ConvPlan& decided, ConvPlan& plan) {
  if (!shape.is(PlanVariant::kBest) && !varied) return kNoVariant;
  plan = decided;
  return nullptr;
}

const char* PlanDirect(const ConvShape& shape, ConvPlan& plan) {
  ConvShape flat = Flattened(shape);
  if (flat.must_skip_padding()) {  // which the register tile does, in place
    if (!flat.pixels()) return kMultipliesPadding;
    const TilesPlan tiles = PlanTiles(flat, /*skip_padding=*/true);
    return Offer(shape, tiles.varied, ConvPlan(tiles), plan);
  }
  const PixelsPlan in_place = PlanPixels(flat, /*skip_padding=*/true);
  if (in_place.tiles()) {
    // Not by the kernel that suits it best is a variant already, in place or not.
    const bool other_kernel = flat.is(PlanVariant::kSource) && in_place.varied;
    if (other_kernel) flat.variant = PlanVariant::kBest;
    if (const auto staged = PlanStaged(flat)) {
      // (What tiles do best is done by way of bands without the variant, too.)
      const bool in_bands = other_kernel && !PlanPixels(flat, /*skip_padding=*/true).tiles();
      return Offer(shape, in_bands || staged->varied, ConvPlan(*staged), plan);
    }
  }
  const bool in_place_instead = flat.is(PlanVariant::kSource) && CopiesByChoice(flat);
  return Offer(shape, in_place.varied || in_place_instead, in_place.plan(), plan);
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
