// One direction of an image and the window that slides along it: which pixels it touches.
#ifndef WINDROW_BENCH_SLIDE_H_
#define WINDROW_BENCH_SLIDE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace windrow::bench {

struct Slide {
  int64_t in, kernel, stride, padding, dilation = 1;
  bool ceil = false;  // as MaxPool2dOptions::ceil_mode

  int64_t Span() const { return dilation * (kernel - 1) + 1; }
  int64_t Outputs() const {
    const int64_t room = in + 2 * padding - Span();
    const int64_t outputs = (room + (ceil ? stride - 1 : 0)) / stride + 1;
    return ceil && (outputs - 1) * stride - padding >= in ? outputs - 1 : outputs;
  }

  // Calls f(position) for every tap of every output that is not on padding.
  template <typename F>
  void ForEachTap(const F& f) const {
    for (int64_t out = 0; out < Outputs(); ++out) {
      for (int64_t k = 0; k < kernel; ++k) {
        const int64_t position = out * stride - padding + k * dilation;
        if (position >= 0 && position < in) f(position);
      }
    }
  }

  int64_t Taps() const {
    int64_t taps = 0;
    ForEachTap([&](int64_t) { ++taps; });
    return taps;
  }

  int64_t PositionsRead() const {
    std::vector<bool> read(static_cast<size_t>(in));
    ForEachTap([&](int64_t position) { read[static_cast<size_t>(position)] = true; });
    int64_t positions = 0;
    for (const bool r : read) positions += r ? 1 : 0;
    return positions;
  }
};

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_SLIDE_H_
