// The pixels added around an image.
#ifndef WINDROW_PADDING_H_
#define WINDROW_PADDING_H_

#include <cstdint>

#include "windrow/export.h"

namespace windrow {
inline namespace v0 {

// The pixels added around an input: the same on facing sides, each side its own, or "same". (How
// many pooling takes depends on which of the first two it is: pool2d.h.)
class WINDROW_API Padding {
 public:
  constexpr Padding(int64_t all)  // NOLINT(google-explicit-constructor)
      : top_(all), bottom_(all), left_(all), right_(all) {}
  constexpr Padding(int64_t h, int64_t w) : top_(h), bottom_(h), left_(w), right_(w) {}
  static constexpr Padding Sides(int64_t top, int64_t bottom, int64_t left, int64_t right) {
    Padding p(0);
    p.top_ = top, p.bottom_ = bottom, p.left_ = left, p.right_ = right;
    p.sides_ = true;
    return p;
  }
  // As much as gives ceil(input / stride) outputs; an odd pixel goes to the bottom or right
  // (PyTorch's padding='same' at stride 1, TensorFlow's SAME at any).
  static constexpr Padding Same() {
    Padding p(0);
    p.same_ = true;
    return p;
  }

  constexpr bool is_same() const { return same_; }
  constexpr bool is_sides() const { return sides_; }  // made by Sides()
  constexpr int64_t top() const { return top_; }
  constexpr int64_t bottom() const { return bottom_; }
  constexpr int64_t left() const { return left_; }
  constexpr int64_t right() const { return right_; }

 private:
  int64_t top_, bottom_, left_, right_;
  bool same_ = false, sides_ = false;
};

}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_PADDING_H_
