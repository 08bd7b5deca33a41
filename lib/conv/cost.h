// What things cost, in cycles, that no record of a machine has (lib/base/machine.h): rough, but the
// same for all strategies, so that the cheapest can be chosen. The steps of the register tile are
// in tile_cut.h.
#ifndef WINDROW_LIB_CONV_COST_H_
#define WINDROW_LIB_CONV_COST_H_

#include <algorithm>
#include <cstdint>

#include "lib/base/math.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

// The outputs with the same taps inside the input, besides their tiles.
inline constexpr double kRectangleCycles = 300;

// A strategy besides all its tiles and copies: planning, and handing out scratch memory.
inline constexpr double kStrategyCycles = 300;

// Copies of `floats` elements.
inline double CopyCycles(const ConvOp& op, int64_t floats, bool transposed) {
  const double vectors = static_cast<double>(floats) / op.lanes;
  // Without vectors a change of order is only another order of loads.
  return vectors * (transposed && op.lanes > 1 ? op.machine->transpose : op.machine->copy);
}

// The input (in the part that the outputs see) and the output, in floats.
inline int64_t InputFloats(const ConvShape& c) {
  return SaturatedProduct({c.n, c.op->in_channels, c.h.in, c.w.in});
}
inline int64_t OutputFloats(const ConvShape& c) {
  return SaturatedProduct({c.n, c.op->out_channels, c.h.out, c.w.out});
}

// From so many bytes on an output is written past the caches.
inline int64_t StreamBytes(const Machine& m) {
  constexpr int64_t kMax = int64_t{32} << 20;  // a share of the largest caches
  return std::clamp(m.l3 / 2, m.l2, std::max(m.l2, kMax));
}

// Whether the outputs would only push useful things out of the caches.
inline bool AreFarOutputs(const ConvShape& c) {
  return OutputFloats(c) >= StreamBytes(*c.op->machine) / static_cast<int64_t>(sizeof(float));
}

// So few steps that storing an output that is in no cache takes longer.
inline constexpr int64_t kShortReduction = 128;

// Whether outputs should be stored past the caches, which does not read them first.
inline bool StoresPastCaches(const ConvShape& c) {
  return c.h.kernel * c.w.kernel * c.op->group_in() <= kShortReduction && !c.has_residual() &&
         AreFarOutputs(c);
}

// Outputs that tiles write to many planes, if those are far larger than the caches: a line of
// each is read and written by itself.
inline double FarOutputCycles(const ConvShape& c) {
  constexpr double kLine = 50;
  constexpr int64_t kManyPlanes = 32, kLineFloats = 16;
  if (c.ys.w != 1 || c.op->group_out() < kManyPlanes || !AreFarOutputs(c)) return 0;
  return kLine * static_cast<double>(OutputFloats(c) / kLineFloats);
}

// Depthwise convolution by the register tile, which loads an input for each multiply-add: for each
// vector of outputs, and for one that is partial.
inline double DepthwiseCycles(const ConvShape& c) {
  const auto taps = static_cast<double>(c.h.kernel * c.w.kernel);
  const int64_t whole = c.op->out_channels / c.op->lanes;
  const double partial = c.op->out_channels % c.op->lanes == 0 ? 0 : 3 * taps + 4;
  return static_cast<double>(SaturatedProduct({c.n, c.h.out, c.w.out})) *
         (static_cast<double>(whole) * (0.9 * taps + 3) + partial);
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_COST_H_
