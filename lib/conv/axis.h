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
    Segment s{begin, begin + 1, FirstTap(begin), TapEnd(begin)};
    if (s.tap_begin >= s.tap_end) s.tap_begin = s.tap_end = 0;  // nothing but padding
    if (s.tap_begin == 0 && s.tap_end == kernel) {
      // The interior reaches to the last output whose last tap is still inside.
      s.end = std::min((in - 1 + before - (kernel - 1) * dilation) / stride + 1, limit);
      return s;
    }
    while (s.end < limit && SameTaps(s)) ++s.end;
    return s;
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
  bool SameTaps(const Segment& s) const {
    const int64_t first = FirstTap(s.end), end = TapEnd(s.end);
    return first >= end ? s.tap_end == 0 : first == s.tap_begin && end == s.tap_end;
  }
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_AXIS_H_
