#include "lib/conv/pixels.h"

#include <optional>

namespace windrow::internal {
namespace {

template <class Kernel>
PixelsPlan With(const Kernel& kernel) {
  if constexpr (requires { kernel.varied; }) return {kernel, kernel.cycles, kernel.varied};
  return {kernel, kernel.cycles, /*varied=*/false};  // there is one such plan
}

}  // namespace

PixelsPlan PlanPixels(const ConvShape& shape, bool skip_padding) {
  const auto rolling = PlanRolling(shape);
  const auto blocks = rolling ? std::nullopt : PlanDepthwiseBlocks(shape);
  const auto panels = rolling || blocks ? std::nullopt : PlanPanels(shape);
  if (!shape.is(PlanVariant::kSource)) {
    if (rolling) return With(*rolling);
    if (blocks) return With(*blocks);
    if (panels) return With(*panels);
  }
  PixelsPlan tiles = With(PlanTiles(shape, skip_padding));
  if (rolling || blocks || panels) tiles.varied = true;
  return tiles;
}

}  // namespace windrow::internal
