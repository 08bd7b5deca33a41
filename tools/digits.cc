#include "tools/digits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace windrow::tool {
namespace {

constexpr int64_t kSide = 28;

struct Point {
  double x, y;  // in a box of 1 x 1, y downwards
};
using Stroke = std::vector<Point>;
using Glyph = std::vector<Stroke>;

// Part of an ellipse, in sixteenths of a turn: 0 is right, 4 down, 8 left, 12 up.
Stroke Arc(Point centre, double rx, double ry, int from, int to) {
  constexpr std::array kCosines = {1.0, 0.9238795325112867, 0.7071067811865476, 0.3826834323650898,
                                   0.0};
  const auto cosine = [&](int turn) {
    const int t = (turn % 16 + 16) % 16, half = t <= 8 ? t : 16 - t;
    return half <= 4 ? kCosines[static_cast<size_t>(half)]
                     : -kCosines[static_cast<size_t>(8 - half)];
  };
  Stroke stroke;
  for (int t = from; t <= to; ++t) {
    stroke.push_back({centre.x + rx * cosine(t), centre.y + ry * cosine(t - 4)});
  }
  return stroke;
}

Stroke Then(Stroke stroke, const Stroke& more) {
  stroke.insert(stroke.end(), more.begin(), more.end());
  return stroke;
}

// The ways to write a digit.
std::vector<Glyph> Hands(int digit) {
  switch (digit) {
    case 0:
      return {{Arc({.5, .5}, .32, .45, 0, 16)}, {Arc({.5, .5}, .24, .45, 0, 16)}};
    case 1:
      return {{{{.5, .05}, {.5, .95}}},
              {{{.3, .28}, {.52, .05}, {.52, .95}}},
              {{{.32, .25}, {.5, .05}, {.5, .95}}, {{.28, .95}, {.72, .95}}}};
    case 2:
      return {
          {Then(Arc({.5, .3}, .3, .25, 8, 17), {{.62, .6}, {.2, .95}, {.82, .95}})},
          {Then(Arc({.48, .32}, .28, .27, 9, 18), {{.3, .8}, {.2, .95}, {.5, .88}, {.8, .95}})}};
    case 3:
      return {{Arc({.45, .28}, .28, .23, 9, 20), Arc({.45, .73}, .32, .23, 12, 23)},
              {{{.22, .07}, {.75, .07}, {.45, .42}}, Arc({.45, .68}, .32, .27, 12, 23)}};
    case 4:
      return {{{{.66, .95}, {.66, .05}, {.15, .66}, {.88, .66}}},
              {{{.25, .05}, {.2, .55}, {.82, .55}}, {{.7, .25}, {.7, .95}}}};
    case 5:
      return {
          {Then({{.78, .07}, {.32, .07}, {.26, .46}}, Arc({.48, .66}, .3, .28, 11, 23))},
          {Then({{.3, .1}, {.28, .45}}, Arc({.46, .67}, .3, .27, 11, 22)), {{.3, .08}, {.8, .06}}}};
    case 6:
      return {{Then({{.66, .05}, {.42, .22}, {.26, .46}, {.2, .7}}, Arc({.5, .7}, .3, .25, 8, 24))},
              {Then({{.5, .05}, {.3, .35}, {.24, .7}}, Arc({.48, .73}, .24, .21, 8, 24))}};
    case 7:
      return {{{{.18, .07}, {.82, .07}, {.4, .95}}},
              {{{.18, .1}, {.82, .07}, {.45, .95}}, {{.35, .5}, {.75, .5}}}};
    case 8:
      return {{Arc({.5, .28}, .25, .22, 0, 16), Arc({.5, .73}, .31, .23, 0, 16)},
              {Then(Arc({.5, .27}, .24, .22, 4, 20), Arc({.5, .72}, .27, .23, -4, 12))}};
    default:
      return {{Then(Arc({.5, .3}, .28, .25, 0, 16), {{.74, .65}, {.6, .95}})},
              {Arc({.48, .3}, .27, .25, 0, 16), {{.75, .15}, {.75, .95}}}};
  }
}

double SquaredDistance(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double along = length == 0 ? 0 : ((p.x - a.x) * dx + (p.y - a.y) * dy) / length;
  const double t = std::clamp(along, 0.0, 1.0);
  const double x = p.x - a.x - t * dx, y = p.y - a.y - t * dy;
  return x * x + y * y;
}

bool Near(double v, double a, double b, double distance) {
  return v > std::min(a, b) - distance && v < std::max(a, b) + distance;
}

// Numbers for one picture, one after the other.
class Numbers {
 public:
  Numbers(uint64_t seed, int64_t picture) : random_(seed, 1, picture) {}
  double Within(double low, double high) {
    return low + (high - low) * static_cast<double>(random_.Bits(next_++)) * 0x1p-32;
  }
  size_t Below(size_t count) {
    return static_cast<size_t>(random_.Bits(next_++) * static_cast<uint64_t>(count) >> 32);
  }

 private:
  train::Random random_;
  int64_t next_ = 0;
};

// The digit's strokes in pixels: turned, slanted, stretched, shifted, each point a little off.
Glyph Written(int digit, Numbers& numbers) {
  const std::vector<Glyph> hands = Hands(digit);
  Glyph glyph = hands[numbers.Below(hands.size())];
  // Of the turn the half tangent: the sine and cosine are quotients of it.
  const double half = numbers.Within(-0.11, 0.11), slant = numbers.Within(-0.25, 0.25);
  const double cosine = (1 - half * half) / (1 + half * half), sine = 2 * half / (1 + half * half);
  const double width = numbers.Within(12, 19), height = numbers.Within(16, 20.5);
  const double right = 14 + numbers.Within(-2.2, 2.2), down = 14 + numbers.Within(-2.2, 2.2);
  for (Stroke& stroke : glyph) {
    for (Point& p : stroke) {
      const double y = (p.y - 0.5 + numbers.Within(-.025, .025)) * height;
      const double x = (p.x - 0.5 + numbers.Within(-.025, .025)) * width - slant * y;
      p = {right + cosine * x - sine * y, down + sine * x + cosine * y};
    }
  }
  return glyph;
}

void Draw(const Glyph& glyph, Numbers& numbers, uint8_t* pixels) {
  const double radius = numbers.Within(0.7, 1.6), ink = numbers.Within(200, 255);
  const double noise = numbers.Within(0, 14);
  for (int64_t i = 0; i < kSide * kSide; ++i) {
    const Point p{static_cast<double>(i % kSide) + 0.5, static_cast<double>(i / kSide) + 0.5};
    double nearest = kSide * kSide;  // squared
    for (const Stroke& s : glyph) {
      for (size_t k = 1; k < s.size(); ++k) {
        const Point a = s[k - 1], b = s[k];
        // Farther ones leave no ink.
        if (!Near(p.x, a.x, b.x, radius + 1) || !Near(p.y, a.y, b.y, radius + 1)) continue;
        nearest = std::min(nearest, SquaredDistance(p, a, b));
      }
    }
    const double value = ink * std::clamp(radius + 0.5 - std::sqrt(nearest), 0.0, 1.0);
    pixels[i] = static_cast<uint8_t>(std::clamp(value + noise * numbers.Within(-1, 1), 0.0, 255.0));
  }
}

}  // namespace

train::Dataset DrawDigits(int64_t count, uint64_t seed) {
  train::Dataset data{.image = Shape(1, 1, kSide, kSide)};
  data.pixels.resize(static_cast<size_t>(count * kSide * kSide));
  for (int64_t i = 0; i < count; ++i) {
    const auto digit = static_cast<uint8_t>(i % 10);
    Numbers numbers(seed, i);
    data.labels.push_back(digit);
    Draw(Written(digit, numbers), numbers, data.pixels.data() + i * kSide * kSide);
  }
  return data;
}

}  // namespace windrow::tool
