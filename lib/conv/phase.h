// One direction of a convolution turned round (transposed.h): the inputs that see the same taps.
#ifndef WINDROW_LIB_CONV_PHASE_H_
#define WINDROW_LIB_CONV_PHASE_H_

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "lib/conv/axis.h"

namespace windrow::internal {

// The taps first, first + step, ... of the forward kernel. Outputs that see the same input by two
// neighbouring ones are `dilation` apart.
struct PhaseTaps {
  int64_t first, step, count, dilation;
  int64_t last() const { return first + (count - 1) * step; }
};

// All phases that have taps: as many as the stride has remainders, if there is a tap for each.
inline std::vector<PhaseTaps> PhasesOf(int64_t kernel, int64_t stride, int64_t dilation) {
  const int64_t common = std::gcd(stride, dilation), step = stride / common;
  std::vector<PhaseTaps> all;
  for (int64_t k = 0; k < std::min(kernel, step); ++k) {
    all.push_back({k, step, (kernel - 1 - k) / step + 1, dilation / common});
  }
  return all;
}

// Where the phase lies in one call: its inputs are first, first + stride, ..., and the convolution
// begins at output `offset`.
struct PhaseAxis {
  Axis axis;
  int64_t first, offset;

  PhaseAxis(const PhaseTaps& taps, const Axis& forward)
      : first(FirstInput(taps, forward)), offset(0) {
    const int64_t stride = forward.stride;
    // The output of the first input and the last tap, which comes first when they are flipped.
    const int64_t output = (first + forward.before - taps.last() * forward.dilation) / stride;
    axis = {.in = forward.out,
            .out = first < forward.in ? (forward.in - 1 - first) / stride + 1 : 0,
            .kernel = taps.count,
            .stride = 1,
            .dilation = taps.dilation,
            .before = -output};
    if (output > 0) {  // those before it are not seen
      axis.before = 0;
      offset = output;
      axis.in -= output;
    }
    // Nor are those past the last input's: a convolution of stride 1 leaves nothing over.
    axis.in = std::min(axis.in, axis.Position(axis.out - 1, axis.kernel - 1) + 1);
    if (axis.in <= 0) {  // none is
      axis.in = forward.out;
      axis.before = axis.out + (taps.count - 1) * taps.dilation;
      offset = 0;
    }
  }

  // All inputs, as if each saw only what is before the first output.
  static PhaseAxis Nothing(int64_t kernel, const Axis& forward) {
    PhaseAxis p;
    p.axis = {.in = forward.out,
              .out = forward.in,
              .kernel = kernel,
              .stride = 1,
              .dilation = 1,
              .before = forward.in + kernel};
    return p;
  }

 private:
  PhaseAxis() : first(0), offset(0) {}

  // i + before leaves the same remainder as a tap's distance.
  static int64_t FirstInput(const PhaseTaps& taps, const Axis& forward) {
    const int64_t stride = forward.stride;
    const int64_t distance = taps.first * forward.dilation - forward.before;
    return (distance % stride + stride) % stride;
  }
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PHASE_H_
