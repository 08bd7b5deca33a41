// A folder of its own for each test of files, and pictures to put into it.
#ifndef WINDROW_TESTS_TOOLS_TOOL_FOLDER_H_
#define WINDROW_TESTS_TOOLS_TOOL_FOLDER_H_

#include <gtest/gtest.h>
#include <png.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tools/cli.h"
#include "tools/file.h"
#include "tools/png_image.h"

namespace windrow::tool {

class FolderTest : public testing::Test {
 protected:
  FolderTest()
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("windrow_" + std::to_string(getpid()) + "_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~FolderTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }
  size_t FileCount() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

  // windrow filter of in.png to out.png, unless these are others.
  int Filter(const std::vector<std::string>& options, const std::string& in = "in.png",
             const std::string& out = "out.png") {
    std::vector<std::string> arguments = {"filter"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    for (const std::string& file : {in, out}) arguments.push_back(file == "-" ? file : Path(file));
    std::ostringstream output, errors;
    const int code = Main(arguments, output, errors);
    out_ = output.str();
    err_ = errors.str();
    return code;
  }
  void Save(const Image& image) { WriteFile(Path("in.png"), EncodePng(image)); }
  Image Result() { return DecodePng(ReadFile(Path("out.png")), "out.png"); }

  std::filesystem::path folder_;
  std::string out_, err_;
};

inline Image TestImage(int64_t width, int64_t height, int channels, int bit_depth) {
  Image image{width, height, channels, bit_depth, {}};
  uint32_t seed = 7;
  for (int64_t i = 0; i < width * height * channels; ++i) {
    seed = seed * 1664525u + 1013904223u;
    image.samples.push_back(
        static_cast<uint16_t>((seed >> 8) % (static_cast<uint32_t>(image.max()) + 1)));
  }
  return image;
}

// A PNG of a kind that EncodePng does not write, from libpng itself: rows of packed samples.
inline std::string RawPng(int color_type, int bit_depth, int interlace, int64_t width,
                          std::vector<std::vector<png_byte>> rows, bool background = false) {
  std::string bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &bytes,
      [](png_structp p, png_bytep from, size_t count) {
        static_cast<std::string*>(png_get_io_ptr(p))->append(reinterpret_cast<char*>(from), count);
      },
      nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(rows.size()),
               bit_depth, color_type, interlace, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
  const png_color palette[] = {{10, 20, 30}, {200, 100, 0}, {1, 2, 3}};
  const png_byte alpha[] = {255, 128};
  if (color_type == PNG_COLOR_TYPE_PALETTE) {
    png_set_PLTE(png, info, palette, 3);
    png_set_tRNS(png, info, alpha, 2, nullptr);
  }
  if (background) {
    png_color_16 color{};  // the first of the palette, or black
    png_set_bKGD(png, info, &color);
  }
  std::vector<png_bytep> pointers;
  for (auto& row : rows) pointers.push_back(row.data());
  png_write_info(png, info);
  png_write_image(png, pointers.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

}  // namespace windrow::tool

#endif  // WINDROW_TESTS_TOOLS_TOOL_FOLDER_H_
