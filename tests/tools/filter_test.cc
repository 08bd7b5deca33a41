// windrow filter and draw: PNG files of every kind, filters, and files that are broken.
#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/tools/tool_folder.h"
#include "tools/image_kernels.h"
#include "windrow/cpu.h"

namespace windrow::tool {
namespace {

using FilterTest = FolderTest;

TEST_F(FilterTest, RoundTripsEveryKind) {
  for (const int channels : {1, 2, 3, 4}) {
    for (const int bit_depth : {8, 16}) {
      const Image image = TestImage(13, 7, channels, bit_depth);
      EXPECT_EQ(DecodePng(EncodePng(image), "it"), image) << channels << " " << bit_depth;
    }
  }
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
  EXPECT_TRUE(err_.find("these work: --border replicate, --border zeros, --border circular") !=
              std::string::npos)
      << err_;
  EXPECT_EQ(ReadFile(Path("out.png")), "old");
  EXPECT_EQ(Filter({"--kernel", "box3"}, "in.png", "no_folder/out.png"), 1);
  EXPECT_EQ(FileCount(), 2u);
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
