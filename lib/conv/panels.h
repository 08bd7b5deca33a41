// Convolution in place with one output pixel, as of fully connected layers: tiles whose rows are
// panels of output channels.
#ifndef WINDROW_LIB_CONV_PANELS_H_
#define WINDROW_LIB_CONV_PANELS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/math.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

struct PanelsPlan {
  ConvShape shape;
  double cycles;
  bool merged;               // the taps of a kernel row lie side by side in x: one run
  Axis::Taps rows, columns;  // that fall inside the input
  int64_t first_panel;       // of a group's
  EvenSplit parts;           // of its panels from there on. A task is one of them for one image

  int64_t ScratchBytes() const { return 0; }
  std::string Describe() const;
  void Prepare() const { shape.weights->NeedPanels(); }
  void Run(const ConvBuffers& buffers) const;
};

// Of a shape whose channels are contiguous, and whose padding, if any, may be skipped. Nothing
// unless an image has one output pixel.
std::optional<PanelsPlan> PlanPanels(const ConvShape& shape);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PANELS_H_
