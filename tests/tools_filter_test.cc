// windrow filter and draw: PNG files of every kind, filters, and files that are broken.
#include <gtest/gtest.h>
#include <png.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tools/cli.h"
#include "tools/file.h"
#include "tools/image_kernels.h"
#include "tools/png_image.h"
#include "windrow/cpu.h"

namespace windrow::tool {
namespace {

namespace fs = std::filesystem;

Image TestImage(int64_t width, int64_t height, int channels, int bit_depth) {
  Image image{width, height, channels, bit_depth, {}, {}};
  uint32_t seed = 7;
  for (int64_t i = 0; i < width * height * channels; ++i) {
    seed = seed * 1664525u + 1013904223u;
    image.samples.push_back(
        static_cast<uint16_t>((seed >> 8) % (static_cast<uint32_t>(image.max()) + 1)));
  }
  return image;
}

// A PNG of a kind that EncodePng does not write, from libpng itself: rows of packed samples.
std::string RawPng(int color_type, int bit_depth, int interlace, int64_t width,
                   std::vector<std::vector<png_byte>> rows) {
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
  std::vector<png_bytep> pointers;
  for (auto& row : rows) pointers.push_back(row.data());
  png_write_info(png, info);
  png_write_image(png, pointers.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

// A folder of its own for each test, and the program run in it.
class FilterTest : public testing::Test {
 protected:
  FilterTest()
      : folder_(fs::path(testing::TempDir()) /
                ("windrow_" + std::to_string(getpid()) + "_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~FilterTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }

  int Filter(const std::vector<std::string>& options, const std::string& in = "in.png",
             const std::string& out = "out.png") {
    std::vector<std::string> arguments = {"filter"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(), {Path(in), Path(out)});
    std::ostringstream output, errors;
    const int code = Main(arguments, output, errors);
    out_ = output.str();
    err_ = errors.str();
    return code;
  }

  void Save(const Image& image) { WriteFile(Path("in.png"), EncodePng(image)); }
  Image Result() { return DecodePng(ReadFile(Path("out.png")), "out.png"); }
  size_t FileCount() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  fs::path folder_;
  std::string out_, err_;
};

TEST_F(FilterTest, RoundTripsEveryKind) {
  for (const int channels : {1, 2, 3, 4}) {
    for (const int bit_depth : {8, 16}) {
      const Image image = TestImage(13, 7, channels, bit_depth);
      EXPECT_EQ(DecodePng(EncodePng(image), "it"), image) << channels << " " << bit_depth;
    }
  }
}

TEST_F(FilterTest, KeepsTheColorSpace) {
  Image image = TestImage(5, 5, 3, 8);
  image.chunks = {{"gAMA", std::string("\0\0\xB1\x8F", 4)}, {"sRGB", std::string(1, '\0')}};
  Save(image);
  ASSERT_EQ(Filter({"--kernel", "box3"}), 0) << err_;
  EXPECT_EQ(Result().chunks, image.chunks);
}

TEST_F(FilterTest, IdentityKeepsThePictureExactly) {
  for (const int channels : {1, 2, 3, 4}) {
    for (const int bit_depth : {8, 16}) {
      const Image image = TestImage(9, 11, channels, bit_depth);
      Save(image);
      ASSERT_EQ(Filter({"--kernel", "identity"}), 0) << err_;
      EXPECT_EQ(Result(), image);
    }
  }
}

TEST_F(FilterTest, AlphaAndBitDepthAreKept) {
  for (const int channels : {2, 4}) {
    for (const int bit_depth : {8, 16}) {
      const Image image = TestImage(16, 16, channels, bit_depth);
      Save(image);
      ASSERT_EQ(Filter({"--kernel", "gauss5"}), 0) << err_;
      const Image result = Result();
      ASSERT_EQ(result.channels, channels);
      ASSERT_EQ(result.bit_depth, bit_depth);
      EXPECT_NE(result, image);
      const size_t step = static_cast<size_t>(channels);
      for (size_t i = step - 1; i < image.samples.size(); i += step) {
        ASSERT_EQ(result.samples[i], image.samples[i]);
      }
    }
  }
}

TEST_F(FilterTest, ExpandsPalettesLowDepthsAndInterlacing) {
  const Image palette =
      DecodePng(RawPng(PNG_COLOR_TYPE_PALETTE, 8, PNG_INTERLACE_NONE, 3, {{0, 1, 2}}), "it");
  EXPECT_EQ(palette, (Image{3, 1, 4, 8, {10, 20, 30, 255, 200, 100, 0, 128, 1, 2, 3, 255}}));
  const Image bits =
      DecodePng(RawPng(PNG_COLOR_TYPE_GRAY, 1, PNG_INTERLACE_NONE, 4, {{0b10110000}}), "it");
  EXPECT_EQ(bits, (Image{4, 1, 1, 8, {255, 0, 255, 255}}));
  const Image interlaced = DecodePng(
      RawPng(PNG_COLOR_TYPE_GRAY, 8, PNG_INTERLACE_ADAM7, 3, {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}),
      "it");
  EXPECT_EQ(interlaced, (Image{3, 3, 1, 8, {1, 2, 3, 4, 5, 6, 7, 8, 9}}));
}

// Each filter on each pixel of a picture, by its definition, in double precision.
TEST_F(FilterTest, ComputesEveryNamedFilterWithReflectedBorders) {
  const Image image = TestImage(12, 10, 3, 8);
  Save(image);
  for (const std::string& name : ImageFilterNames()) {
    ASSERT_EQ(Filter({"--kernel", name}), 0) << err_;
    const Image result = Result();
    const ImageFilter filter = ParseImageFilter(name);
    const auto reflect = [](int64_t i, int64_t size) {
      return i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
    };
    for (int64_t i = 0; i < std::ssize(image.samples); ++i) {
      const int64_t c = i % 3, x = i / 3 % 12, y = i / 36;
      double squares = 0, sum = 0;
      for (const ImageKernel& k : filter) {
        sum = 0;
        for (int64_t t = 0; t < std::ssize(k.weights); ++t) {
          const int64_t ty = reflect(y + t / k.width - k.height / 2, 10);
          const int64_t tx = reflect(x + t % k.width - k.width / 2, 12);
          sum += double{k.weights[static_cast<size_t>(t)]} *
                 image.samples[static_cast<size_t>((ty * 12 + tx) * 3 + c)];
        }
        squares += sum * sum;
      }
      const double expected = std::clamp(filter.size() > 1 ? std::sqrt(squares) : sum, 0.0, 255.0);
      ASSERT_LE(std::abs(result.samples[static_cast<size_t>(i)] - expected), 0.501)
          << name << " at " << x << " " << y;
    }
  }
}

TEST_F(FilterTest, RoundsToEvenScalesAndClamps) {
  Save({4, 1, 1, 8, {1, 3, 100, 200}});
  ASSERT_EQ(Filter({"--kernel", "0.5"}), 0) << err_;
  EXPECT_EQ(Result().samples, (std::vector<uint16_t>{0, 2, 50, 100}));
  ASSERT_EQ(Filter({"--kernel", "-2", "--scale", "0.5", "--offset", "128"}), 0) << err_;
  EXPECT_EQ(Result().samples, (std::vector<uint16_t>{127, 125, 28, 0}));
  ASSERT_EQ(Filter({"--kernel", "2"}), 0) << err_;
  EXPECT_EQ(Result().samples, (std::vector<uint16_t>{2, 6, 200, 255}));
}

TEST_F(FilterTest, BordersAreWhatTheySay) {
  Save({3, 1, 1, 8, {10, 20, 30}});
  const std::map<std::string, std::vector<uint16_t>> left = {{"reflect", {20, 10, 20}},
                                                             {"replicate", {10, 10, 20}},
                                                             {"zeros", {0, 10, 20}},
                                                             {"circular", {30, 10, 20}}};
  for (const auto& [border, expected] : left) {
    ASSERT_EQ(Filter({"--kernel", "1 0 0", "--border", border}), 0) << err_;
    EXPECT_EQ(Result().samples, expected) << border;
  }
}

TEST_F(FilterTest, TheDigestIsTheSameOnEveryTargetOfAClass) {
  Save(TestImage(40, 30, 3, 16));
  std::map<bool, std::string> digests;
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (!t.usable) continue;
    ASSERT_EQ(Filter({"--kernel", "box3", "--digest", "--target", t.name}), 0) << err_;
    ASSERT_EQ(out_.size(), 65u);
    const auto [first, is_first] = digests.emplace(t.fused, out_);
    EXPECT_EQ(out_, first->second) << t.name;
  }
  ASSERT_FALSE(digests.empty());
}

TEST_F(FilterTest, BrokenPicturesAreErrorsAndNothingIsWritten) {
  const std::string good = EncodePng(TestImage(20, 20, 3, 8));
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(~flipped[good.size() / 2]);
  std::string huge = good;  // 2^31 - 1 pixels wide; the header's checksum then is wrong as well
  huge.replace(16, 4, "\x7F\xFF\xFF\xFF", 4);
  const std::vector<std::string> broken = {
      "", "not a picture", good.substr(0, 4), good.substr(0, 20), flipped, huge};
  for (const std::string& bytes : broken) {
    WriteFile(Path("in.png"), bytes);
    EXPECT_EQ(Filter({"--kernel", "box3"}), 1) << bytes.size();
    EXPECT_TRUE(err_.find("in.png") != std::string::npos) << err_;
    EXPECT_EQ(FileCount(), 1u);
  }
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_THROW(DecodePng(good.substr(0, size), "it"), std::runtime_error) << size;
  }
  EXPECT_EQ(Filter({"--kernel", "box3"}, "missing.png"), 1);
  EXPECT_TRUE(err_.find("missing.png") != std::string::npos) << err_;
}

TEST_F(FilterTest, AbsurdSizesAreRefusedBeforeMemoryIsTaken) {
  // A true header and no pixels.
  std::string bytes = EncodePng(TestImage(1, 1, 1, 8)).substr(0, 33);
  const unsigned char size[] = {0, 16, 0, 0, 0, 16, 0, 0};  // 2^20 x 2^20
  std::copy(std::begin(size), std::end(size), bytes.begin() + 16);
  const auto* type = reinterpret_cast<const unsigned char*>(bytes.data()) + 12;
  uint32_t crc = 0xFFFFFFFF;
  for (int i = 0; i < 17 * 8; ++i) {
    const uint32_t bit = (crc ^ static_cast<uint32_t>(type[i / 8] >> (i % 8))) & 1;
    crc = crc >> 1 ^ (bit ? 0xEDB88320u : 0);
  }
  for (size_t i = 0; i < 4; ++i) bytes[29 + i] = static_cast<char>(~crc >> (24 - 8 * i) & 255);
  const std::string nothing("\0\0\0\0IDAT\x35\xAF\x06\x1E", 12);
  WriteFile(Path("in.png"), bytes + nothing);
  EXPECT_EQ(Filter({"--kernel", "box3"}), 1);
  EXPECT_TRUE(err_.find("1048576 x 1048576") != std::string::npos) << err_;
}

TEST_F(FilterTest, AFailureLeavesTheOldResult) {
  Save(TestImage(3, 3, 1, 8));
  WriteFile(Path("out.png"), "old");
  EXPECT_EQ(Filter({"--kernel", "gauss7"}), 2);  // reflects 3 of 3 pixels
  EXPECT_TRUE(err_.find("reflect padding of 3") != std::string::npos) << err_;
  EXPECT_EQ(ReadFile(Path("out.png")), "old");
  EXPECT_EQ(Filter({"--kernel", "box3"}, "in.png", "no_folder/out.png"), 1);
  EXPECT_EQ(FileCount(), 2u);
}

TEST_F(FilterTest, BadKernelsAreMisuse) {
  Save(TestImage(3, 3, 1, 8));
  for (const char* kernel : {"", ";", "1 2; 3", "blur", "1 x", "1;;1", "nan", "1e99"}) {
    EXPECT_EQ(Filter({"--kernel", kernel}), 2) << kernel;
    EXPECT_TRUE(err_.find("kernel") != std::string::npos) << err_;
  }
  EXPECT_EQ(Filter({"--kernel", "box3", "--border", "none"}), 2);
}

TEST_F(FilterTest, WritingReplacesTheFileBehindALink) {
  WriteFile(Path("real"), "old");
  ASSERT_EQ(chmod(Path("real").c_str(), 0640), 0);
  fs::create_symlink("real", folder_ / "link");
  WriteFile(Path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(ReadFile(Path("real")), "new");
  EXPECT_EQ(fs::status(folder_ / "real").permissions(), fs::perms{0640});
  EXPECT_EQ(FileCount(), 2u);
  WriteFile("/dev/null", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(FilterTest, DrawsThePictureOfTheDemo) {
  std::ostringstream out, err;
  ASSERT_EQ(Main({"draw", Path("in.png")}, out, err), 0) << err.str();
  const Image image = DecodePng(ReadFile(Path("in.png")), "in.png");
  EXPECT_EQ(image.width, 1024);
  EXPECT_EQ(image.height, 768);
  EXPECT_EQ(image.channels, 3);
  ASSERT_EQ(Filter({"--kernel", "sobel"}), 0) << err_;
  EXPECT_NE(Result(), image);
}

}  // namespace
}  // namespace windrow::tool
