// Pooling of any layouts by way of pixels: blocks of channels are transposed, reduced as pixels
// are, and transposed back, as far as need be.
#include "lib/pool/separable.h"
#include "lib/pool/strategies.h"

namespace windrow::internal {

const char* ConsiderTransposed(const PoolShape& shape, PoolPlan& plan) {
  return Offer<SeparablePlan>(shape.with_indices ? RefuseLargePlanes(shape) : nullptr, shape, plan,
                              PoolLanesAre::kChannels);
}

}  // namespace windrow::internal
