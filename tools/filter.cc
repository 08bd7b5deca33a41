// windrow filter: a kernel on a picture. The picture is an NHWC tensor of floats 0..255 or
// 0..65535, the filter a depthwise convolution: one group and one filter a colour channel. Alpha is
// kept as it is.
#include <fmt/ostream.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tools/cli.h"
#include "tools/digest.h"
#include "tools/file.h"
#include "tools/image_kernels.h"
#include "tools/png_image.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

struct FilterOptions {
  std::string kernel, target, algorithm = "auto", input, output;
  PaddingMode border = PaddingMode::kReflect;
  float offset = 0, scale = 1;
  bool digest = false;
};

Tensor ToTensor(const Image& image) {
  const int64_t colors = image.color_channels();
  Tensor x(Shape(1, colors, image.height, image.width), Layout::kNhwc);
  const uint16_t* sample = image.samples.data();
  for (int64_t i = 0; i < image.height * image.width; ++i, sample += image.channels) {
    for (int64_t c = 0; c < colors; ++c) x.data()[i * colors + c] = sample[c];
  }
  return x;
}

// The samples are the nearest integers (ties to even), clamped.
void FromTensor(const Tensor& y, const FilterOptions& o, Image& image) {
  const int64_t colors = image.color_channels();
  const float max = static_cast<float>(image.max());
  uint16_t* sample = image.samples.data();
  for (int64_t i = 0; i < image.height * image.width; ++i, sample += image.channels) {
    for (int64_t c = 0; c < colors; ++c) {
      const float v = std::nearbyint(o.offset + o.scale * y.data()[i * colors + c]);
      sample[c] = static_cast<uint16_t>(v > 0 ? std::min(v, max) : 0);  // NaN: 0
    }
  }
}

Tensor Convolve(const ImageKernel& kernel, const Tensor& x, const FilterOptions& o) {
  const int64_t colors = x.shape().c();
  Conv2dOptions options;
  options.in_channels = options.out_channels = options.groups = colors;
  options.kernel_size = {kernel.height, kernel.width};
  options.padding = Padding::Same();
  options.padding_mode = o.border;
  options.algorithm = o.algorithm;
  options.target = o.target;
  std::vector<float> weights;
  for (int64_t c = 0; c < colors; ++c) {
    weights.insert(weights.end(), kernel.weights.begin(), kernel.weights.end());
  }
  return Conv2d(options, weights).Run(x);
}

Tensor Apply(const ImageFilter& filter, const Tensor& x, const FilterOptions& o) {
  Tensor y = Convolve(filter.front(), x, o);
  if (filter.size() == 1) return y;
  const size_t count = static_cast<size_t>(y.shape().elements());
  std::vector<float> squares(count, 0.0f);
  for (size_t k = 0; k < filter.size(); ++k) {
    if (k > 0) y = Convolve(filter[k], x, o);
    for (size_t i = 0; i < count; ++i) squares[i] += y.data()[i] * y.data()[i];
  }
  for (size_t i = 0; i < count; ++i) y.data()[i] = std::sqrt(squares[i]);
  return y;
}

int Filter(const FilterOptions& o, std::ostream& out) {
  const ImageFilter filter = ParseImageFilter(o.kernel);
  Image image = DecodePng(ReadFile(o.input), o.input);
  const Tensor y = Apply(filter, ToTensor(image), o);
  FromTensor(y, o, image);
  WriteFile(o.output, EncodePng(image));
  if (o.digest) {
    Digest digest;
    digest.Add(y);
    fmt::print(out, "{}\n", digest.Finish());
  }
  return 0;
}

}  // namespace

void AddFilter(CLI::App& app, Action& action) {
  CLI::App* command =
      AddCommand(app, "filter", "--kernel NAME|\"1 0 -1; 2 0 -2; 1 0 -1\" [OPTIONS] IN.png OUT.png",
                 "Filter a picture; alpha and bit depth are kept");
  const auto o = std::make_shared<FilterOptions>();
  command
      ->add_option("--kernel,-k", o->kernel,
                   fmt::format("Rows of numbers, or {}", fmt::join(ImageFilterNames(), ", ")))
      ->required();
  command->add_option("--target", o->target, "The SIMD target (see windrow info)");
  command->add_option("--algorithm", o->algorithm,
                      fmt::format("auto, {}", fmt::join(Algorithms(), ", ")));
  static const std::map<std::string, PaddingMode> kBorders = {
      {"reflect", PaddingMode::kReflect},
      {"replicate", PaddingMode::kReplicate},
      {"zeros", PaddingMode::kZeros},
      {"circular", PaddingMode::kCircular}};
  command
      ->add_option("--border", o->border,
                   "What lies outside: reflect (the default), replicate, zeros, circular")
      ->transform(CLI::CheckedTransformer(kBorders));
  command->add_option("--offset", o->offset,
                      "Added to each result before it is rounded and clamped: 128 shows both "
                      "signs of a derivative");
  command->add_option("--scale", o->scale, "Multiplies each result, before the offset");
  command->add_flag("--digest", o->digest,
                    "Print the SHA-256 of the unrounded result (32-bit floats, channel by "
                    "channel), to compare machines and targets to the bit");
  command->add_option("input", o->input, "The PNG to read")->required();
  command->add_option("output", o->output, "The PNG to write, whole or not at all")->required();
  command->callback([o, &action] { action = [o](std::ostream& out) { return Filter(*o, out); }; });
}

}  // namespace windrow::tool
