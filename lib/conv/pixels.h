// Convolution in place of pixels whose channels are contiguous (NHWC), by the micro-kernel that
// suits them: rolling tiles, blocks of depthwise pixels, panels of a single pixel, or the register
// tile.
#ifndef WINDROW_LIB_CONV_PIXELS_H_
#define WINDROW_LIB_CONV_PIXELS_H_

#include <string>
#include <variant>

#include "lib/conv/depthwise_blocks.h"
#include "lib/conv/direct_tiles.h"
#include "lib/conv/panels.h"
#include "lib/conv/problem.h"
#include "lib/conv/rolling.h"

namespace windrow::internal {

struct PixelsPlan {
  std::variant<TilesPlan, RollingPlan, DepthwiseBlocksPlan, PanelsPlan> kernel;
  double cycles;
  bool varied;  // the shape's variant differs from the best plan

  ConvPlan plan() const {  // of the kernel alone
    return std::visit([](const auto& k) { return ConvPlan(k); }, kernel);
  }
  // Of the register tile padding is left out, of others multiplied or read where it comes from.
  bool tiles() const {
    return std::holds_alternative<TilesPlan>(kernel) || std::holds_alternative<PanelsPlan>(kernel);
  }
  std::string Describe() const {
    return std::visit([](const auto& k) { return k.Describe(); }, kernel);
  }
  void Run(const ConvBuffers& buffers) const {
    std::visit([&](const auto& k) { k.Run(buffers); }, kernel);
  }
  // Of the output channels of some panels only, which tiles can do.
  void RunPanels(const ConvBuffers& buffers, int64_t first, int64_t count) const {
    if (const auto* const panels = std::get_if<PanelsPlan>(&kernel)) {
      PanelsPlan part = *panels;
      part.first_panel = first;
      part.parts = EvenSplit(count, count);
      return part.Run(buffers);
    }
    TilesPlan part = std::get<TilesPlan>(kernel);
    part.first_panel = first;
    part.panels = count;
    part.Run(buffers);
  }
};

// Of a shape whose channels are contiguous. Tiles are only for padding that may be skipped.
PixelsPlan PlanPixels(const ConvShape& shape, bool skip_padding);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PIXELS_H_
