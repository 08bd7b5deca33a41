// What a PNG says besides its samples: what stays, and what is said of the rest.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <png.h>

#include <string>
#include <vector>

#include "tests/tools/tool_call.h"
#include "tests/tools/tool_folder.h"

namespace windrow::tool {
namespace {

using PngTest = FolderTest;

PngChunk Animation(char frames) {
  std::string bytes(8, '\0');
  bytes[3] = frames;
  return {"acTL", bytes};
}

TEST_F(PngTest, WhatStaysTrueIsKept) {
  Image image = TestImage(5, 5, 3, 8);
  image.chunks = {{"gAMA", std::string("\0\0\xB1\x8F", 4)},
                  {"cHRM", std::string(32, '\1')},
                  {"sRGB", std::string(1, '\0')},
                  {"iCCP", "any profile is copied as it is"},
                  {"cICP", std::string("\1\x0D\0\1", 4)},
                  {"mDCV", std::string(24, '\2')},
                  {"cLLI", std::string(8, '\3')},
                  {"pHYs", std::string("\0\0\x0B\x13\0\0\x0B\x13\1", 9)},
                  {"sBIT", std::string(3, '\5')},
                  {"bKGD", std::string(6, '\0')},
                  {"eXIf", "MM\0*"},
                  {"tEXt", std::string("Title\0A title", 13)},
                  {"zTXt", std::string("Title\0\0x", 8)},
                  {"iTXt", std::string("XML:com.adobe.xmp\0\0\0\0\0<x/>", 26)},
                  {"prVt", ""},  // some program's, marked safe to copy
                  {"tEXt", std::string("Author\0Nobody", 13), true},
                  {"eXIf", "II*\0", true}};
  Save(image);
  ASSERT_EQ(Filter({"--kernel", "box3"}), 0) << err_;
  EXPECT_EQ(err_, "");
  EXPECT_EQ(Result().chunks, image.chunks);
}

// libpng's own word for it: a photograph stays turned as it was.
TEST_F(PngTest, OtherProgramsFindTheRotation) {
  const std::string exif("MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0", 26);
  Image image = TestImage(5, 4, 3, 16);
  image.chunks = {{"eXIf", exif}};
  Save(image);
  ASSERT_EQ(Filter({"--kernel", "box3"}), 0) << err_;
  std::string bytes = ReadFile(Path("out.png"));
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  std::string_view rest = bytes;
  png_set_read_fn(png, &rest, [](png_structp p, png_bytep to, size_t count) {
    auto* from = static_cast<std::string_view*>(png_get_io_ptr(p));
    from->copy(reinterpret_cast<char*>(to), count);
    from->remove_prefix(count);
  });
  png_read_info(png, info);
  png_uint_32 size = 0;
  png_bytep found = nullptr;
  ASSERT_NE(png_get_eXIf_1(png, info, &size, &found), 0u);
  EXPECT_EQ(std::string(reinterpret_cast<char*>(found), size), exif);
  png_destroy_read_struct(&png, &info, nullptr);
}

TEST_F(PngTest, WhatIsLostIsSaid) {
  Image image = TestImage(5, 5, 3, 8);
  const std::vector<PngChunk> kept = {{"sRGB", std::string(1, '\0')}};
  image.chunks = {kept[0],
                  {"tIME", std::string(7, '\1')},
                  {"prVT", "some program's, not marked safe to copy"},
                  Animation(3),
                  {"fcTL", std::string(26, '\0')},
                  {"fdAT", std::string(30, '\0'), true}};
  WriteFile(Path("in.png"), EncodePng(image) + "more");
  ASSERT_EQ(Filter({"--kernel", "box3"}), 0) << err_;
  EXPECT_EQ(Result().chunks, kept);
  EXPECT_EQ(Result().warnings, std::vector<std::string>());
  const std::string name = "windrow: " + Path("in.png") + ": ";
  EXPECT_EQ(err_, name + "only the first picture of an animation of 3 frames is kept\n" + name +
                      "not kept, since not true of another picture: prVT\n" + name +
                      "4 bytes after the picture are not kept\n");
  image.chunks = {Animation(1)};
  Save(image);
  ASSERT_EQ(Filter({"--kernel", "box3"}), 0);
  EXPECT_EQ(err_, "");
}

// A background that is an index means nothing without the palette.
TEST_F(PngTest, WhatIsTrueOfOneFormGoesWithIt) {
  const auto png = [](int color_type, int bit_depth) {
    return RawPng(color_type, bit_depth, PNG_INTERLACE_NONE, 2, {{0, 0, 0, 0, 0, 0, 0, 0}}, true);
  };
  for (const int color_type : {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA}) {
    const Image image = DecodePng(png(color_type, 8), "it");
    ASSERT_EQ(image.chunks.size(), 1u);
    EXPECT_EQ(image.chunks[0].name, "bKGD");
    EXPECT_EQ(image.warnings.size(), 0u);
  }
  for (const std::string& bytes : {png(PNG_COLOR_TYPE_PALETTE, 8), png(PNG_COLOR_TYPE_GRAY, 4)}) {
    const Image image = DecodePng(bytes, "it");
    EXPECT_EQ(image.chunks.size(), 0u);
    EXPECT_EQ(image.warnings,
              std::vector<std::string>{"not kept, since not true of another picture: bKGD"});
  }
}

TEST_F(PngTest, ManyAndLargeChunksAreKept) {
  Image image = TestImage(5, 5, 1, 8);
  for (int i = 0; i < 1200; ++i) image.chunks.push_back({"tEXt", fmt::format("n{}", i)});
  image.chunks.push_back({"eXIf", std::string(9'000'000, 'x')});
  EXPECT_EQ(DecodePng(EncodePng(image), "it"), image);
}

TEST_F(PngTest, WhatLibpngFindsOddIsSaid) {
  Image image = TestImage(5, 5, 1, 8);
  image.chunks = {{"tEXt", "abc"}};
  std::string bytes = EncodePng(image);
  bytes[bytes.find("abc")] = 'x';
  WriteFile(Path("in.png"), bytes);
  ASSERT_EQ(Filter({"--kernel", "box3"}), 0) << err_;
  EXPECT_TRUE(Has(err_, "tEXt: CRC error")) << err_;
}

}  // namespace
}  // namespace windrow::tool
