// windrow draw: a test picture with what filters are judged by: edges in all directions, gradients,
// fine detail and flat areas; or a digit to read. The same on every machine.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>

#include "tools/cli.h"
#include "tools/digits.h"
#include "tools/file.h"
#include "tools/mnist.h"
#include "tools/png_image.h"

namespace windrow::tool {
namespace {

constexpr int64_t kWidth = 1024, kHeight = 768;
constexpr int64_t kSub = 4;  // sub-pixels in each direction, for smooth edges

using Color = std::array<int64_t, 3>;

struct Circle {
  int64_t x, y, radius;  // pixels
  Color color;
};

constexpr std::array kCircles = {
    Circle{250, 250, 150, {226, 60, 52}},  Circle{390, 320, 130, {250, 190, 40}},
    Circle{300, 420, 110, {40, 120, 220}}, Circle{800, 190, 90, {250, 245, 225}},
    Circle{830, 175, 80, {52, 92, 160}},   Circle{620, 430, 60, {90, 190, 110}},
};

// Evening sky over a field.
Color Background(int64_t x, int64_t y) {
  if (y < 520)
    return {40 + y * 200 / 520, 70 + y * 110 / 520, 150 - y * 60 / 520 + x * 40 / kWidth};
  return {40 + x * 60 / kWidth, 110 - (y - 520) / 4, 50};
}

// A circle lit from the upper left.
bool Inside(const Circle& c, int64_t sx, int64_t sy, Color& color) {
  const int64_t dx = sx - c.x * kSub, dy = sy - c.y * kSub, r = c.radius * kSub;
  if (dx * dx + dy * dy > r * r) return false;
  const int64_t light = std::clamp<int64_t>(256 - (dx + dy) * 90 / r, 150, 350);
  for (size_t i = 0; i < 3; ++i) color[i] = std::min<int64_t>(c.color[i] * light / 256, 255);
  return true;
}

// Lines of words, as bars of irregular lengths.
bool Text(int64_t x, int64_t y) {
  const int64_t left = 540, top = 545, line = (y - top) / 22, column = (x - left) / 9;
  if (x < left || y < top || line > 8 || column > 48 || (y - top) % 22 > 11) return false;
  const int64_t hash = (column / 4 * 7 + line * 13 + column / 4 * line * 5) % 11;
  return column % 4 < hash % 4 + 1 && (x - left) % 9 < 6 && column < 44 - line * 3 % 7;
}

Color At(int64_t sx, int64_t sy) {
  const int64_t x = sx / kSub, y = sy / kSub;
  if (x >= 40 && x < 240 && y >= 560 && y < 740) {  // a checkerboard, finer to the right
    const int64_t cell = x < 140 ? 25 : x < 200 ? 10 : 3;
    const int64_t v = (x / cell + y / cell) % 2 == 0 ? 235 : 25;
    return {v, v, v};
  }
  if (x >= 280 && x < 500 && y >= 560 && y < 740) {  // rays from a corner
    const int64_t dx = sx - 280 * kSub + 1, dy = sy - 560 * kSub + 1;
    const int64_t v = (dx > dy ? dy * 24 / dx : 48 - dx * 24 / dy) % 2 == 0 ? 240 : 70;
    return {v, v / 2, 200 - v / 2};
  }
  if (Text(x, y)) return {245, 240, 230};
  Color color = Background(x, y);
  for (const Circle& circle : kCircles) Inside(circle, sx, sy, color);
  return color;
}

Image Draw() {
  Image image{.width = kWidth, .height = kHeight, .channels = 3, .bit_depth = 8, .samples = {}};
  image.samples.reserve(static_cast<size_t>(kWidth * kHeight * 3));
  for (int64_t y = 0; y < kHeight; ++y) {
    for (int64_t x = 0; x < kWidth; ++x) {
      Color sum{};
      for (int64_t s = 0; s < kSub * kSub; ++s) {
        const Color color = At(x * kSub + s % kSub, y * kSub + s / kSub);
        for (size_t i = 0; i < 3; ++i) sum[i] += color[i];
      }
      for (const int64_t v : sum) {
        image.samples.push_back(static_cast<uint16_t>(v / (kSub * kSub)));
      }
    }
  }
  return image;
}

// One that no training of the program has seen, white on black.
Image DrawDigit(int64_t digit) {
  constexpr int64_t kScale = 8;
  constexpr uint64_t kSeed = 3;
  const train::Dataset digits = DrawDigits(10, kSeed);
  const uint8_t* const pixels = digits.pixels.data() + digit * kMnistSide * kMnistSide;
  const int64_t side = kMnistSide * kScale;
  Image image{.width = side, .height = side, .channels = 1, .bit_depth = 8, .samples = {}};
  for (int64_t i = 0; i < side * side; ++i) {
    image.samples.push_back(pixels[i / side / kScale * kMnistSide + i % side / kScale]);
  }
  return image;
}

struct DrawOptions {
  std::string path, digit;
};

}  // namespace

Command DrawCommand() {
  const auto o = std::make_shared<DrawOptions>();
  return {"draw",
          "[--digit D] OUT.png",
          "Draw a picture to try filters on (1024 x 768), or a digit to read",
          {{"--digit",
            "This one, for windrow predict",
            &o->digit,
            false,
            {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
           {"output", "The PNG to write; -: to standard output", &o->path, true}},
          [o](std::ostream& out, std::ostream&) {
            WriteOutput(o->path,
                        EncodePng(o->digit.empty() ? Draw() : DrawDigit(o->digit[0] - '0')), out);
            return 0;
          }};
}

}  // namespace windrow::tool
