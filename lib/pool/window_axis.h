// One spatial direction of a pooling: which inputs the window of each output covers.
//
// A regular axis has o * stride - before + t * dilation, 0 <= t < kernel, of which those in [0, in)
// count; an adaptive one [floor(o * in / out), ceil((o + 1) * in / out)).
#ifndef WINDROW_LIB_POOL_WINDOW_AXIS_H_
#define WINDROW_LIB_POOL_WINDOW_AXIS_H_

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "lib/base/math.h"

namespace windrow::internal {

// The taps of one output that are inside the input.
struct Window {
  int64_t begin;    // position of the first
  int64_t taps;     // how many; the next lies `dilation` further
  int64_t counted;  // what an average divides by: taps, and those on padding
  int64_t skipped;  // how many the window has before the first, on padding
};

// Outputs [begin, end) whose windows are alike, each `step` inputs further than the one before.
struct WindowRun {
  int64_t begin, end, step;
  Window first;
  int64_t size() const { return end - begin; }
};

struct WindowAxis {
  struct Range {  // [begin, end)
    int64_t begin, end;
  };

  int64_t in = 1, out = 1, kernel = 1, stride = 1, dilation = 1, before = 0, after = 0;
  bool adaptive = false;

  Window At(int64_t o) const {
    if (adaptive) {
      const int64_t begin = o * in / out, taps = CeilDiv((o + 1) * in, out) - begin;
      return {begin, taps, taps, 0};
    }
    const int64_t start = Start(o);
    const int64_t first = start >= 0 ? 0 : CeilDiv(-start, dilation);
    const int64_t end = start >= in ? 0 : std::min(kernel, CeilDiv(in - start, dilation));
    return {start + first * dilation, std::max<int64_t>(end - first, 0),
            std::min(kernel, CeilDiv(in + after - start, dilation)), first};
  }

  // Where the window of an output starts, on padding perhaps; of a regular axis.
  int64_t Start(int64_t o) const { return o * stride - before; }
  // From a window's first tap to its last, and one.
  int64_t extent() const { return (kernel - 1) * dilation + 1; }

  // The outputs whose windows lie inside the input.
  Range Inside() const {
    if (adaptive) return {0, 0};
    const int64_t begin = std::min(CeilDiv(std::max<int64_t>(before, 0), stride), out);
    const int64_t end = in + before < extent() ? 0 : (in + before - extent()) / stride + 1;
    return {begin, std::clamp(end, begin, out)};
  }

  // The inverse of At: the outputs begin, begin + step, ... before `end` whose windows hold input
  // i. (Those of dilated windows are apart.)
  struct Outputs {
    int64_t begin, end, step;
  };
  Outputs OutputsOf(int64_t i) const {
    auto [begin, end] = OutputsReaching(i, i + 1);
    if (dilation == 1) return {begin, end, 1};
    const int64_t position = i + before;  // from output 0's first tap on
    const int64_t step = dilation / std::gcd(dilation, stride);
    for (int64_t looked = 0; begin < end && (position - begin * stride) % dilation != 0; ++begin) {
      if (++looked == step) return {end, end, step};
    }
    return {begin, end, step};
  }
  // The outputs whose windows, from the first tap to the last, meet the inputs [first, last); and
  // an upper bound of their number for so many inputs.
  Range OutputsReaching(int64_t first, int64_t last) const {
    if (adaptive) return {first * out / in, CeilDiv(last * out, in)};
    const int64_t position = last - 1 + before;
    const int64_t end = position < 0 ? 0 : std::min(position / stride + 1, out);
    const int64_t begin = CeilDiv(std::max<int64_t>(first + before - (extent() - 1), 0), stride);
    return {std::min(begin, end), end};
  }
  int64_t MaxOutputsReaching(int64_t inputs) const {
    if (adaptive) return std::min(CeilDiv(inputs * out, in) + 1, out);
    return std::min((inputs + extent() - 2) / stride + 1, out);
  }

  // The longest run from output `begin` on, ending at `limit` at the latest: the inside is one, and
  // each output at an edge another.
  WindowRun RunFrom(int64_t begin, int64_t limit) const {
    const Range inside = Inside();
    const bool in_it = begin >= inside.begin && begin < inside.end;
    return {begin, in_it ? std::min(inside.end, limit) : begin + 1, stride, At(begin)};
  }

  // The inputs from the first to the last that windows of outputs [begin, end) have.
  Range Reach(int64_t begin, int64_t end) const {
    if (adaptive) return {At(begin).begin, At(end - 1).begin + At(end - 1).taps};
    const int64_t first = std::clamp<int64_t>(Start(begin), 0, in);
    return {first, std::clamp(Start(end - 1) + extent(), first, in)};
  }

  // An upper bound of their number for so many outputs.
  int64_t MaxInputsSeen(int64_t outputs) const {
    if (adaptive) return std::min(in, CeilDiv(outputs * in, out) + 1);
    return std::min(in, (outputs - 1) * stride + extent());
  }

  // The taps of all windows, of very many about.
  double CountTaps() const {
    const Range inside = Inside();
    return static_cast<double>(inside.end - inside.begin) * static_cast<double>(kernel) +
           CountTaps(0, inside.begin) + CountTaps(inside.end, out);
  }

  // An upper bound of the inputs from a window's first tap to its last.
  int64_t MaxExtent() const { return adaptive ? MaxTaps() : std::min(extent(), in); }
  // An upper bound of the taps of a window inside the input.
  int64_t MaxTaps() const {
    return adaptive ? std::min(CeilDiv(in, out) + 1, in) : std::min(kernel, CeilDiv(in, dilation));
  }

  // Whether there may be a window that has no tap. (Each reaches into the input, and one that
  // begins there has a tap where it does.)
  bool MayHaveEmptyWindow() const { return !adaptive && dilation > in && before > 0; }

 private:
  double CountTaps(int64_t begin, int64_t end) const {
    constexpr int64_t kMaxLookedAt = 1024;
    const int64_t step = std::max<int64_t>((end - begin) / kMaxLookedAt, 1);
    double taps = 0;
    for (int64_t o = begin; o < end; o += step) taps += static_cast<double>(At(o).taps);
    return taps * static_cast<double>(step);
  }
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_WINDOW_AXIS_H_
