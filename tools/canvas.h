// Lines, rectangles and a few words on a white picture: what diagrams need.
#ifndef WINDROW_TOOLS_CANVAS_H_
#define WINDROW_TOOLS_CANVAS_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "tools/png_image.h"

namespace windrow::tool {

using Color = std::array<uint16_t, 3>;
inline constexpr Color kBlack{30, 30, 30}, kLightGray{225, 225, 225}, kBlue{31, 119, 180},
    kOrange{214, 96, 20}, kGreen{20, 130, 60}, kRed{190, 30, 30};

// What lies outside the picture is not drawn.
class Canvas {
 public:
  Canvas(int64_t width, int64_t height);

  const Image& image() const { return image_; }
  void Fill(int64_t x, int64_t y, int64_t width, int64_t height, const Color& color);
  void Line(double x0, double y0, double x1, double y1, const Color& color);
  // Digits, capital letters, '.' and '%', each kCharWidth by kCharHeight; others are blank.
  void Text(int64_t x, int64_t y, std::string_view text, const Color& color);

  static constexpr int64_t kCharWidth = 8, kCharHeight = 10;
  static int64_t TextWidth(std::string_view text) {
    return static_cast<int64_t>(text.size()) * kCharWidth;
  }

 private:
  // So much of the colour, from 0 to 1.
  void Blend(int64_t x, int64_t y, const Color& color, double part);

  Image image_;
};

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_CANVAS_H_
