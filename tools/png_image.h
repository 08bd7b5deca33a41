// PNG pictures of 8 and 16 bits: gray, gray + alpha, RGB, RGBA. Palettes and depths below 8 bits
// are expanded when read, transparency chunks become an alpha channel.
#ifndef WINDROW_TOOLS_PNG_IMAGE_H_
#define WINDROW_TOOLS_PNG_IMAGE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace windrow::tool {

// What a file says besides its samples (colour space, pixel size, rotation, texts), copied from
// file to file.
struct PngChunk {
  std::string name, bytes;
  bool after_pixels = false;
  friend bool operator==(const PngChunk&, const PngChunk&) = default;
};

struct Image {
  int64_t width = 0, height = 0;
  int channels = 0;               // 1 gray, 2 gray + alpha, 3 RGB, 4 RGBA
  int bit_depth = 8;              // 8 or 16
  std::vector<uint16_t> samples;  // [height][width][channels]

  std::vector<PngChunk> chunks{};
  std::vector<std::string> warnings{};  // what of the file is lost, and what libpng found odd

  bool has_alpha() const { return channels % 2 == 0; }
  int color_channels() const { return has_alpha() ? channels - 1 : channels; }
  int max() const { return bit_depth == 16 ? 65535 : 255; }
  friend bool operator==(const Image&, const Image&) = default;
};

// More than any camera's; a limit, because a file of a few bytes can claim any size.
inline constexpr int64_t kMaxPixels = int64_t{1} << 28;

// Both throw std::runtime_error saying what libpng found wrong; `name` is the file's, for that.
Image DecodePng(std::string_view bytes, const std::string& name);
std::string EncodePng(const Image& image);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_PNG_IMAGE_H_
