// Which inputs of one direction a block copies, and in which order they lie in its band.
//
// The outputs of a block see the positions o * stride + t * dilation past its first. As a rule all
// from the first to the last are copied:
//
//   dense     position p is at index p: the band has the axis' own stride and dilation
//
// Where taps or outputs lie far apart most of those would be inputs that no tap sees, and the band
// of a dilated kernel would grow with its dilation. Then each tap has its own copy of what it sees:
//
//   by taps   output o at tap t is at index t * outputs + o: stride 1, dilation `outputs`
//
// So a band is never longer than outputs * kernel, and a dense one has a stride below 2 * kernel.
#ifndef WINDROW_LIB_CONV_BAND_AXIS_H_
#define WINDROW_LIB_CONV_BAND_AXIS_H_

#include <algorithm>
#include <cstdint>

#include "lib/base/math.h"
#include "lib/conv/axis.h"

namespace windrow::internal {

// The inputs from the first to the last that so many outputs in a line see.
inline int64_t Covered(const Axis& axis, int64_t outputs) {
  return (outputs - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
}

struct BandAxis {
  bool by_taps;
  int64_t length;            // of the band of a whole block
  int64_t stride, dilation;  // in the band

  // For blocks of at most so many outputs.
  BandAxis(const Axis& axis, int64_t outputs)
      : by_taps(SaturatedProduct({axis.kernel, outputs}) <= Covered(axis, outputs)),
        length(by_taps ? axis.kernel * outputs : Covered(axis, outputs)),
        stride(by_taps ? 1 : axis.stride),
        dilation(by_taps ? outputs : axis.dilation) {}
};

// The inputs themselves: runs of positions `step` apart. Run r begins at position
// first + r * run_step, and at index r * pitch of the band.
struct BandRuns {
  int64_t first, limit;  // no position is past the limit
  int64_t runs, run_step;
  int64_t count, step;  // of a run; those that would pass the limit are shorter
  int64_t pitch;

  int64_t Begin(int64_t run) const { return first + run * run_step; }
  int64_t Count(int64_t run) const {
    return std::min(count, CeilDiv(std::max<int64_t>(limit - Begin(run), 0), step));
  }
  // How many positions of a run are before this one.
  int64_t Before(int64_t run, int64_t position) const {
    return std::min(Count(run), CeilDiv(std::max<int64_t>(position - Begin(run), 0), step));
  }
};

// All positions [first, first + count).
inline BandRuns DenseRun(int64_t first, int64_t count) {
  return {.first = first,
          .limit = first + count,
          .runs = 1,
          .run_step = 0,
          .count = count,
          .step = 1,
          .pitch = count};
}

// What `outputs` outputs from `output` on see at these taps, a run for each tap.
inline BandRuns TapRuns(const Axis& axis, int64_t output, int64_t outputs, Axis::Taps taps,
                        int64_t pitch) {
  return {.first = axis.Position(output, taps.begin),
          .limit = axis.Position(output + outputs - 1, taps.end - 1) + 1,
          .runs = taps.end - taps.begin,
          .run_step = axis.dilation,
          .count = outputs,
          .step = axis.stride,
          .pitch = pitch};
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_BAND_AXIS_H_
