#include "tools/mnist.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "problems/networks.h"
#include "tools/digits.h"
#include "tools/file.h"

namespace windrow::tool {
namespace {

constexpr int64_t kDrawnToLearn = 12'000, kDrawnToTest = 2'000;
constexpr size_t kMaxBytes = size_t{1} << 30;  // of an unpacked file

// A file of this name, or a compressed one.
std::string ReadPlainOrGzip(const std::string& path) {
  const std::string packed = path + ".gz";
  if (!std::filesystem::exists(path) && std::filesystem::exists(packed)) {
    return Gunzip(ReadFile(packed), packed);
  }
  return ReadFile(path);
}

train::Dataset Read(const std::string& folder, const std::string& part) {
  const std::string images = folder + "/" + part + "-images-idx3-ubyte";
  const std::string labels = folder + "/" + part + "-labels-idx1-ubyte";
  const std::string pictures = ReadPlainOrGzip(images);  // the first that is named if it is missing
  return train::ParseIdx(pictures, ReadPlainOrGzip(labels), images, labels);
}

// How much ink there is: of a picture on light ground what is dark, and the other way round. What
// is transparent is ground.
std::vector<double> Ink(const Image& image) {
  const double max = image.max();
  std::vector<double> light;
  const uint16_t* s = image.samples.data();
  for (int64_t i = 0; i < image.width * image.height; ++i, s += image.channels) {
    const double gray =
        image.color_channels() == 1 ? s[0] : 0.299 * s[0] + 0.587 * s[1] + 0.114 * s[2];
    const double alpha = image.has_alpha() ? s[image.channels - 1] / max : 1;
    light.push_back(1 - alpha * (1 - gray / max));
  }
  double border = 0;
  int64_t count = 0;
  for (int64_t y = 0; y < image.height; ++y) {
    for (int64_t x = 0; x < image.width; ++x) {
      if (x > 0 && y > 0 && x + 1 < image.width && y + 1 < image.height) continue;
      border += light[static_cast<size_t>(y * image.width + x)];
      ++count;
    }
  }
  if (2 * border > static_cast<double>(count)) {
    for (double& v : light) v = 1 - v;
  }
  return light;
}

struct Box {
  int64_t left, top, right, bottom;  // past the last column and row
};

// What holds all that has at least a fifth of the largest ink.
Box BoxOf(const std::vector<double>& ink, const Image& image) {
  const double least = *std::max_element(ink.begin(), ink.end()) / 5;
  Box box{image.width, image.height, 0, 0};
  for (int64_t y = 0; y < image.height; ++y) {
    for (int64_t x = 0; x < image.width; ++x) {
      if (ink[static_cast<size_t>(y * image.width + x)] < least) continue;
      box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x + 1),
             std::max(box.bottom, y + 1)};
    }
  }
  return box;
}

// The part of [a, a + 1) that lies within [low, high).
double Overlap(int64_t a, double low, double high) {
  const auto begin = static_cast<double>(a);
  return std::max(0.0, std::min(begin + 1, high) - std::max(begin, low));
}

}  // namespace

train::LayerPtr Network(const std::string& name) {
  return name == "resnet" ? problems::ResNet() : problems::LeNet5();
}

void Normalize(const uint8_t* pixels, float* to) {
  for (int64_t i = 0; i < kMnistSide * kMnistSide; ++i) {
    to[i] = static_cast<float>((pixels[i] / 255.0 - kMnistMean) / kMnistStd);
  }
}

std::string Gunzip(std::string_view bytes, const std::string& name) {
  z_stream stream{};
  constexpr int kGzip = 16;
  if (inflateInit2(&stream, kGzip + MAX_WBITS) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> end(&stream, &inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string result;
  int state = Z_OK;
  while (state == Z_OK) {
    const size_t before = result.size();
    if (before > kMaxBytes) throw std::runtime_error(name + ": is larger than 1 GiB unpacked");
    result.resize(std::max<size_t>(2 * before, 1 << 16));
    stream.next_out = reinterpret_cast<Bytef*>(result.data() + before);
    stream.avail_out = static_cast<uInt>(result.size() - before);
    state = inflate(&stream, Z_NO_FLUSH);
    result.resize(result.size() - stream.avail_out);
  }
  if (state != Z_STREAM_END) {
    throw std::runtime_error(name + (state == Z_BUF_ERROR ? ": is cut short" : ": is damaged"));
  }
  if (stream.avail_in != 0) throw std::runtime_error(name + ": there is more after its end");
  return result;
}

Mnist LoadMnist(const std::string& folder) {
  Mnist m = folder.empty()
                ? Mnist{"digits that the program draws", DrawDigits(kDrawnToLearn, 1),
                        DrawDigits(kDrawnToTest, 2)}
                : Mnist{"MNIST of " + folder, Read(folder, "train"), Read(folder, "t10k")};
  for (train::Dataset* data : {&m.train, &m.test}) {
    data->mean = kMnistMean;
    data->std = kMnistStd;
  }
  return m;
}

std::array<uint8_t, kMnistSide * kMnistSide> ToMnist(const Image& image) {
  constexpr double kBox = 20;
  const std::vector<double> ink = Ink(image);
  const Box box = BoxOf(ink, image);
  const auto width = static_cast<double>(box.right - box.left);
  const auto height = static_cast<double>(box.bottom - box.top);
  const bool as_it_is = image.width == kMnistSide && image.height == kMnistSide &&
                        std::max(width, height) <= kBox && box.left >= 2 && box.top >= 2 &&
                        box.right <= kMnistSide - 2 && box.bottom <= kMnistSide - 2;
  const double pixel = as_it_is ? 1 : std::max(width, height) / kBox;  // of ours, in theirs
  double x_centre = kMnistSide / 2.0, y_centre = x_centre, sum = 0;
  if (!as_it_is) {
    x_centre = y_centre = 0;
    for (int64_t y = box.top; y < box.bottom; ++y) {
      for (int64_t x = box.left; x < box.right; ++x) {
        const double v = ink[static_cast<size_t>(y * image.width + x)];
        sum += v;
        x_centre += v * (static_cast<double>(x) + 0.5);
        y_centre += v * (static_cast<double>(y) + 0.5);
      }
    }
    if (sum > 0) x_centre /= sum, y_centre /= sum;
  }
  // Each of our pixels is the mean of the area it covers.
  std::array<uint8_t, kMnistSide * kMnistSide> result{};
  for (int64_t i = 0; i < kMnistSide * kMnistSide; ++i) {
    const double half = kMnistSide / 2.0;
    const double left = x_centre + (static_cast<double>(i % kMnistSide) - half) * pixel;
    const double top = y_centre + (static_cast<double>(i / kMnistSide) - half) * pixel;
    double value = 0;
    for (int64_t y = std::max<int64_t>(0, static_cast<int64_t>(top));
         y < image.height && static_cast<double>(y) < top + pixel; ++y) {
      for (int64_t x = std::max<int64_t>(0, static_cast<int64_t>(left));
           x < image.width && static_cast<double>(x) < left + pixel; ++x) {
        value += ink[static_cast<size_t>(y * image.width + x)] * Overlap(x, left, left + pixel) *
                 Overlap(y, top, top + pixel);
      }
    }
    result[static_cast<size_t>(i)] =
        static_cast<uint8_t>(std::clamp(255 * value / (pixel * pixel) + 0.5, 0.0, 255.0));
  }
  return result;
}

}  // namespace windrow::tool
