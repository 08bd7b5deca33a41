#include "tools/canvas.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace windrow::tool {
namespace {

// Three pixels by five, an octal digit a row.
constexpr std::pair<char, uint16_t> kFont[] = {
    {'0', 075557}, {'1', 026227}, {'2', 071747}, {'3', 071717}, {'4', 055711}, {'5', 074717},
    {'6', 074757}, {'7', 071122}, {'8', 075757}, {'9', 075717}, {'.', 000002}, {'%', 051245},
    {'A', 025755}, {'B', 065656}, {'C', 034443}, {'D', 065556}, {'E', 074647}, {'F', 074644},
    {'G', 034553}, {'H', 055755}, {'I', 072227}, {'L', 044447}, {'N', 065555}, {'O', 025552},
    {'P', 065644}, {'R', 065655}, {'S', 034216}, {'T', 072222}, {'U', 055557}, {'Y', 055222},
};

uint16_t FontRows(char c) {
  for (const auto& [name, rows] : kFont) {
    if (name == c) return rows;
  }
  return 0;
}

}  // namespace

Canvas::Canvas(int64_t width, int64_t height)
    : image_{.width = width, .height = height, .channels = 3, .bit_depth = 8, .samples = {}} {
  image_.samples.assign(static_cast<size_t>(width * height * 3), 255);
}

void Canvas::Blend(int64_t x, int64_t y, const Color& color, double part) {
  if (x < 0 || y < 0 || x >= image_.width || y >= image_.height || part <= 0) return;
  uint16_t* const to = image_.samples.data() + (y * image_.width + x) * 3;
  for (size_t c = 0; c < 3; ++c) {
    to[c] = static_cast<uint16_t>(to[c] * (1 - part) + color[c] * part + 0.5);
  }
}

void Canvas::Fill(int64_t x, int64_t y, int64_t width, int64_t height, const Color& color) {
  for (int64_t i = 0; i < width * height; ++i) Blend(x + i % width, y + i / width, color, 1);
}

void Canvas::Line(double x0, double y0, double x1, double y1, const Color& color) {
  constexpr double kRadius = 1;
  const double dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy;
  const auto bound = [](double v) { return static_cast<int64_t>(std::floor(v)); };
  for (int64_t y = bound(std::min(y0, y1) - 2); y <= bound(std::max(y0, y1) + 2); ++y) {
    for (int64_t x = bound(std::min(x0, x1) - 2); x <= bound(std::max(x0, x1) + 2); ++x) {
      const double px = static_cast<double>(x) + 0.5 - x0, py = static_cast<double>(y) + 0.5 - y0;
      const double along = length == 0 ? 0 : std::clamp((px * dx + py * dy) / length, 0.0, 1.0);
      const double distance = std::hypot(px - along * dx, py - along * dy);
      Blend(x, y, color, std::clamp(kRadius + 0.5 - distance, 0.0, 1.0));
    }
  }
}

void Canvas::Text(int64_t x, int64_t y, std::string_view text, const Color& color) {
  constexpr int64_t kScale = 2;
  for (const char c : text) {
    const uint16_t rows = FontRows(c);
    for (int64_t i = 0; i < 15; ++i) {
      if ((rows >> (14 - i) & 1) == 0) continue;
      Fill(x + i % 3 * kScale, y + i / 3 * kScale, kScale, kScale, color);
    }
    x += kCharWidth;
  }
}

}  // namespace windrow::tool
