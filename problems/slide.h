// One direction of an image and the window that slides along it: by arithmetic of its own, not the
// library's.
#ifndef WINDROW_PROBLEMS_SLIDE_H_
#define WINDROW_PROBLEMS_SLIDE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace windrow::problems {

// Padding before and after.
struct Sides {
  int64_t before = 0, after = 0;
};

struct Slide {
  int64_t in, kernel, stride, dilation = 1;
  Sides pad{};
  bool ceil = false;  // as MaxPool2dOptions::ceil_mode

  int64_t Span() const { return dilation * (kernel - 1) + 1; }
  int64_t Padded() const { return in + pad.before + pad.after; }

  // 0 if no window fits.
  int64_t Outputs() const {
    const int64_t room = Padded() - Span();
    if (room < (ceil ? 1 - stride : 0)) return 0;
    const int64_t outputs = (room + (ceil ? stride - 1 : 0)) / stride + 1;
    // No window starts past the image.
    return ceil && (outputs - 1) * stride >= in + pad.before ? outputs - 1 : outputs;
  }

  // Calls f(position) for every tap of every output that is not on padding.
  template <typename F>
  void ForEachTap(const F& f) const {
    for (int64_t out = 0; out < Outputs(); ++out) {
      for (int64_t k = 0; k < kernel; ++k) {
        const int64_t position = out * stride - pad.before + k * dilation;
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

// Padding::Same().
constexpr Sides SamePadding(int64_t in, int64_t kernel, int64_t stride, int64_t dilation) {
  const int64_t out = in / stride + (in % stride != 0 ? 1 : 0);
  const int64_t needed = (out - 1) * stride + (kernel - 1) * dilation + 1;
  const int64_t total = needed > in ? needed - in : 0;
  return {total / 2, (total + 1) / 2};
}

}  // namespace windrow::problems

#endif  // WINDROW_PROBLEMS_SLIDE_H_
