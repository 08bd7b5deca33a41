// One spatial direction of a convolution: which inputs the taps of an output fall on.
//
//   position(o, t) = o * stride - before + t * dilation,   0 <= o < out, 0 <= t < kernel
//
// A position outside [0, in) is padding.
#ifndef WINDROW_LIB_CONV_AXIS_H_
#define WINDROW_LIB_CONV_AXIS_H_

#include <algorithm>
#include <cstdint>

#include "lib/base/math.h"
#include "windrow/conv2d.h"

namespace windrow::internal {

// Outputs [begin, end) whose taps inside the input are the same [tap_begin, tap_end).
struct Segment {
  int64_t begin, end, tap_begin, tap_end;
  int64_t size() const { return end - begin; }
};

struct Axis {
  int64_t in = 1, out = 1, kernel = 1, stride = 1, dilation = 1, before = 0;

  int64_t Position(int64_t o, int64_t tap) const { return o * stride - before + tap * dilation; }

  // Whether any tap of any output falls on padding.
  bool padded() const { return before > 0 || Position(out - 1, kernel - 1) >= in; }

  // The longest segment from output `begin` on, ending at `limit` at the latest.
  Segment SegmentFrom(int64_t begin, int64_t limit) const {
    Segment s{begin, limit, FirstTap(begin), TapEnd(begin)};
    if (s.tap_begin >= s.tap_end) {  // nothing but padding: until a tap comes inside
      do {
        s.end = std::min(UntilBefore(std::min(s.tap_begin, kernel)), limit);
        s.tap_begin = FirstTap(s.end);
      } while (s.end < limit && s.tap_begin >= TapEnd(s.end));
      s.tap_begin = s.tap_end = 0;
    } else {  // until the tap before the first comes inside, or the last one is past it
      const int64_t leaves = CeilDiv(in + before - (s.tap_end - 1) * dilation, stride);
      s.end = std::min({UntilBefore(s.tap_begin), leaves, limit});
    }
    return s;
  }

  // The inverse: the output that sees input i at this tap, or -1.
  int64_t OutputAt(int64_t i, int64_t tap) const {
    const int64_t distance = i + before - tap * dilation;  // from output 0's first position
    if (distance < 0 || distance % stride != 0) return -1;
    return distance / stride < out ? distance / stride : -1;
  }

  // The outputs for which this tap falls inside the input.
  struct Outputs {
    int64_t begin, end;
  };
  Outputs OutputsOf(int64_t tap) const {
    const int64_t first = before - tap * dilation;  // of the inputs, from output 0's position on
    const int64_t begin = std::min(CeilDiv(std::max<int64_t>(first, 0), stride), out);
    const int64_t end = std::min(CeilDiv(std::max<int64_t>(first + in, 0), stride), out);
    return {begin, std::max(begin, end)};
  }

  // The taps that fall inside the input for some of `count` outputs from `first` on.
  struct Taps {
    int64_t begin, end;
  };
  Taps Visible(int64_t first, int64_t count) const {
    const int64_t begin = std::min(FirstTap(first + count - 1), kernel);
    return {begin, std::max(TapEnd(first), begin)};
  }

  // The taps of all outputs that fall inside the input, and the segments that have them.
  struct Inside {
    int64_t taps = 0, segments = 0;
  };
  Inside CountInside() const {
    Inside inside;
    for (int64_t o = 0; o < out;) {
      const Segment s = SegmentFrom(o, out);
      inside.taps += s.size() * (s.tap_end - s.tap_begin);
      ++inside.segments;
      o = s.end;
    }
    return inside;
  }

  // Where padding of this mode takes its value from, or -1 for a zero.
  int64_t Source(int64_t position, PaddingMode mode) const {
    if (position >= 0 && position < in) return position;
    switch (mode) {
      case PaddingMode::kZeros:
        return -1;
      case PaddingMode::kReflect:
        return position < 0 ? -position : 2 * (in - 1) - position;
      case PaddingMode::kReplicate:
        return position < 0 ? 0 : in - 1;
      case PaddingMode::kCircular:
        return position < 0 ? position + in : position - in;
    }
    return -1;
  }

 private:
  int64_t FirstTap(int64_t o) const {
    return CeilDiv(std::max<int64_t>(before - o * stride, 0), dilation);
  }
  int64_t TapEnd(int64_t o) const {
    return std::min(kernel, CeilDiv(std::max<int64_t>(in + before - o * stride, 0), dilation));
  }
  // The first output whose tap before this one is not before the input.
  int64_t UntilBefore(int64_t tap) const {
    return tap == 0 ? kMaxSize : CeilDiv(before - (tap - 1) * dilation, stride);
  }
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_AXIS_H_
