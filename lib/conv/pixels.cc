#include "lib/conv/pixels.h"

namespace windrow::internal {
namespace {

template <class Kernel>
PixelsPlan With(const Kernel& kernel) {
  return {kernel, kernel.cycles};
}

}  // namespace

PixelsPlan PlanPixels(const ConvShape& shape, bool skip_padding) {
  if (const auto rolling = PlanRolling(shape)) return With(*rolling);
  if (const auto blocks = PlanDepthwiseBlocks(shape)) return With(*blocks);
  return With(PlanTiles(shape, skip_padding));
}

}  // namespace windrow::internal
