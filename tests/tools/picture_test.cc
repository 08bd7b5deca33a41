// windrow filter: kernels and numbers as people write them, borders, alpha, small stacks.
#include <gtest/gtest.h>
#include <pthread.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "tests/tools/tool_call.h"
#include "tests/tools/tool_folder.h"
#include "tools/image_filter.h"
#include "tools/image_kernels.h"

namespace windrow::tool {
namespace {

using PictureTest = FolderTest;

TEST_F(PictureTest, RoundsToEvenScalesAndClamps) {
  Save({4, 1, 1, 8, {1, 3, 100, 200}});
  ASSERT_EQ(Filter({"--kernel", "0.5"}), 0) << err_;
  EXPECT_EQ(Result().samples, (std::vector<uint16_t>{0, 2, 50, 100}));
  ASSERT_EQ(Filter({"--kernel", "-2", "--scale", "0.5", "--offset", "128"}), 0) << err_;
  EXPECT_EQ(Result().samples, (std::vector<uint16_t>{127, 125, 28, 0}));
  ASSERT_EQ(Filter({"--kernel", "2"}), 0) << err_;
  EXPECT_EQ(Result().samples, (std::vector<uint16_t>{2, 6, 200, 255}));
}

TEST_F(PictureTest, BordersAreWhatTheySay) {
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

TEST_F(PictureTest, BadKernelsAreMisuse) {
  Save(TestImage(3, 3, 1, 8));
  for (const char* kernel : {"", ";", "1 2; 3", "blur", "1 x", "1;;1", "nan", "1e99"}) {
    EXPECT_EQ(Filter({"--kernel", kernel}), 2) << kernel;
    EXPECT_TRUE(err_.find("kernel") != std::string::npos) << err_;
  }
  EXPECT_EQ(Filter({"--kernel", "box3", "--border", "none"}), 2);
}

std::vector<float> WeightsOf(const std::string& text) {
  return ParseImageFilter(text).front().weights;
}

TEST(ImageKernelTest, RowsEndAtSemicolonsAndLineEnds) {
  for (const char* text : {"1 2 3; 4 5 6", "1 2 3\n4 5 6", "1 2 3\r\n4 5 6\r\n",
                           "\n1 2 3;\n 4 5 6 ;\n\n", "1\t2 3;4 5 6;"}) {
    const ImageFilter filter = ParseImageFilter(text);
    ASSERT_EQ(filter.size(), 1u);
    EXPECT_EQ(filter[0].height, 2) << text;
    EXPECT_EQ(filter[0].width, 3) << text;
    EXPECT_EQ(filter[0].weights, (std::vector<float>{1, 2, 3, 4, 5, 6})) << text;
  }
  EXPECT_EQ(ParseImageFilter("1\n2\n3")[0].height, 3);
}

TEST_F(PictureTest, AKernelFromAFileIsReadAsItIs) {
  const Image image = TestImage(6, 5, 3, 8);
  Save(image);
  ASSERT_EQ(Filter({"--kernel", "0 0 0\n0 1 0\n0 0 0\n"}), 0) << err_;
  EXPECT_EQ(Result(), image);
}

TEST(ImageKernelTest, NumbersAreTheNearestFloats) {
  constexpr float kLeast = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(WeightsOf("5.5e-50 -1e-400 1e-45 1e-40 1.17549435e-38 0.1 3.4028235e38"),
            (std::vector<float>{0, -0.0f, kLeast, 1e-40f, 0x1p-126f, 0.1f, 0x1.fffffep127f}));
  EXPECT_TRUE(std::signbit(WeightsOf("-1e-400")[0]));
}

TEST_F(PictureTest, OffsetAndScaleAreFiniteNumbers) {
  Save({2, 1, 1, 8, {10, 20}});
  for (const char* wrong : {"nan", "inf", "-inf", "1e99", "", "x", "1x"}) {
    for (const char* option : {"--offset", "--scale"}) {
      EXPECT_EQ(Filter({"--kernel", "1", option, wrong}), 2) << option << " " << wrong;
      EXPECT_TRUE(Has(err_, option) && Has(err_, std::string("\"") + wrong + "\"")) << err_;
    }
  }
  EXPECT_EQ(FileCount(), 1u);
  ASSERT_EQ(Filter({"--kernel", "1", "--offset", "-5.5e-50", "--scale", "2"}), 0) << err_;
  EXPECT_EQ(Result().samples, (std::vector<uint16_t>{20, 40}));
}

TEST_F(PictureTest, BordersAreNames) {
  Save({2, 1, 1, 8, {10, 20}});
  for (const char* wrong : {"none", "1", "", "Zeros"}) {
    EXPECT_EQ(Filter({"--kernel", "1", "--border", wrong}), 2) << wrong;
    EXPECT_TRUE(Has(err_, "{reflect,replicate,zeros,circular}")) << err_;
  }
  const std::string help = Call({"filter", "--help"}).out;
  EXPECT_TRUE(Has(help, "{reflect,replicate,zeros,circular}")) << help;
  for (const char c : help) EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << help;
}

// Every size, kernel and border: it works, or the borders that the error names do.
TEST_F(PictureTest, PicturesTooSmallForABorderAreToldWhichOnesWork) {
  for (const int64_t size : {1, 2, 3, 4}) {
    Save(TestImage(size, 4, 1, 8));
    for (const char* kernel :
         {"1", "1 1", "1 1 1", "1 1 1 1", "gauss5", "gauss7", "1;1;1", "sobel"}) {
      for (const std::string& border : BorderNames()) {
        const int code = Filter({"--kernel", kernel, "--border", border});
        if (code == 0) continue;
        EXPECT_EQ(code, 2) << err_;
        EXPECT_TRUE(Has(err_, "too small for a kernel of")) << err_;
        const std::string error = err_;
        for (const std::string& other : BorderNames()) {
          const bool works = Filter({"--kernel", kernel, "--border", other}) == 0;
          EXPECT_EQ(works, Has(error.substr(error.find("these work")), "--border " + other))
              << error;
        }
      }
    }
  }
  Save(TestImage(1, 1, 4, 16));
  EXPECT_EQ(Filter({"--kernel", "box3"}), 2);
  EXPECT_EQ(Filter({"--kernel", "box3", "--border", "replicate"}), 0) << err_;
}

// With some pixels transparent, some opaque and some between.
Image WithAlpha(int channels, int bit_depth) {
  Image image = TestImage(9, 8, channels, bit_depth);
  for (size_t i = static_cast<size_t>(channels) - 1; i < image.samples.size();
       i += static_cast<size_t>(channels)) {
    if (i % 3 == 0) image.samples[i] = 0;
    if (i % 3 == 1) image.samples[i] = static_cast<uint16_t>(image.max());
  }
  return image;
}

TEST_F(PictureTest, ColorsOfTransparentPixelsDoNotShow) {
  for (const int channels : {2, 4}) {
    for (const int bit_depth : {8, 16}) {
      const Image image = WithAlpha(channels, bit_depth);
      Image other = image;
      const auto step = static_cast<size_t>(channels);
      for (size_t i = 0; i < other.samples.size(); ++i) {
        const bool alpha = i % step == step - 1;
        if (alpha || image.samples[i / step * step + step - 1] > 0) continue;
        other.samples[i] = static_cast<uint16_t>(image.max() - image.samples[i]);
      }
      ASSERT_NE(other, image);
      for (const std::string& kernel : ImageFilterNames()) {
        Save(image);
        ASSERT_EQ(Filter({"--kernel", kernel}), 0) << err_;
        const Image a = Result();
        Save(other);
        ASSERT_EQ(Filter({"--kernel", kernel}), 0) << err_;
        const Image b = Result();
        for (size_t i = 0; i < a.samples.size(); ++i) {
          if (a.samples[i / step * step + step - 1] == 0) continue;
          ASSERT_EQ(a.samples[i], b.samples[i]) << kernel << " " << channels << " " << i;
        }
      }
    }
  }
}

// Red beside transparent green stays red, however it is blurred; and it has no edges.
TEST_F(PictureTest, AnEvenColorStaysEvenWhateverItsAlpha) {
  for (const int bit_depth : {8, 16}) {
    Image image = WithAlpha(4, bit_depth);
    for (size_t i = 0; i < image.samples.size(); i += 4) {
      const auto max = static_cast<uint16_t>(image.max());
      const bool shown = image.samples[i + 3] > 0;
      image.samples[i] = shown ? max : 0;
      image.samples[i + 1] = shown ? 0 : max;
      image.samples[i + 2] = 0;
    }
    Save(image);
    for (const char* kernel : {"box3", "gauss7", "sharpen", "sobel", "laplace"}) {
      ASSERT_EQ(Filter({"--kernel", kernel}), 0) << err_;
      const Image result = Result();
      const bool edges = std::string(kernel) == "sobel" || std::string(kernel) == "laplace";
      for (size_t i = 0; i < image.samples.size(); i += 4) {
        if (image.samples[i + 3] == 0) continue;
        EXPECT_EQ(result.samples[i], edges ? 0 : image.max()) << kernel;
        EXPECT_EQ(result.samples[i + 1], 0) << kernel;
        EXPECT_EQ(result.samples[i + 3], image.samples[i + 3]);
      }
    }
  }
}

TEST_F(PictureTest, OpaquePicturesAreFilteredAsIfThereWereNoAlpha) {
  const Image rgb = TestImage(9, 8, 3, 16);
  Image rgba{9, 8, 4, 16, {}};
  for (size_t i = 0; i < rgb.samples.size(); ++i) {
    rgba.samples.push_back(rgb.samples[i]);
    if (i % 3 == 2) rgba.samples.push_back(65535);
  }
  for (const std::string& border : BorderNames()) {
    Save(rgb);
    ASSERT_EQ(Filter({"--kernel", "emboss", "--digest", "--border", border}), 0) << err_;
    const std::string digest = out_;
    Save(rgba);
    ASSERT_EQ(Filter({"--kernel", "emboss", "--digest", "--border", border}), 0) << err_;
    EXPECT_EQ(out_, digest) << border;
  }
}

// What threads of sandboxes may have. Without optimization, or with a sanitizer, frames are larger.
#ifdef NDEBUG
TEST_F(PictureTest, AStackOf64KiBIsEnough) {
  Save(TestImage(300, 200, 4, 16));
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  if (pthread_attr_setstacksize(&attributes, 64 << 10) != 0) GTEST_SKIP() << "less than the least";
  struct Job {
    std::vector<std::string> arguments;
    Outcome outcome;
  } job{{"filter", "--kernel", "gauss5", Path("in.png"), Path("out.png")}, {}};
  const auto run = [](void* argument) -> void* {
    auto* j = static_cast<Job*>(argument);
    j->outcome = Call(j->arguments);
    return nullptr;
  };
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, run, &job), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  EXPECT_EQ(job.outcome.code, 0) << job.outcome.err;
}
#endif

}  // namespace
}  // namespace windrow::tool
