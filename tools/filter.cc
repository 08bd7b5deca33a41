// windrow filter: a kernel on a picture (see image_filter.h). What a PNG says besides its colours
// is kept.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>

#include "tools/cli.h"
#include "tools/digest.h"
#include "tools/file.h"
#include "tools/image_filter.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

struct FilterOptions {
  std::string kernel, input, output;
  FilterSettings settings;
  float offset = 0, scale = 1;
  bool digest = false;
};

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

int Filter(const FilterOptions& o, std::ostream& out, std::ostream& err) {
  if (o.digest && o.output == "-") {
    throw std::invalid_argument("--digest and the picture cannot both go to standard output");
  }
  const ImageFilter filter = ParseImageFilter(o.kernel);
  Image image = DecodePng(ReadFile(o.input), InputName(o.input));
  for (const std::string& w : image.warnings) {
    err << fmt::format("windrow: {}: {}\n", InputName(o.input), w);
  }
  const Tensor y = FilterImage(filter, image, o.settings);
  FromTensor(y, o, image);
  WriteOutput(o.output, EncodePng(image), out);
  if (o.digest) {
    Digest digest;
    digest.Add(y);
    out << fmt::format("{}\n", digest.Finish());
  }
  return 0;
}

}  // namespace

Command FilterCommand() {
  const auto o = std::make_shared<FilterOptions>();
  return {"filter",
          "--kernel NAME|\"1 0 -1; 2 0 -2; 1 0 -1\" [OPTIONS] IN.png OUT.png",
          "Filter a picture. Alpha, bit depth, colour space, rotation and texts are kept. "
          "Pixels count by their alpha: colours of transparent ones do not show",
          {{"--kernel,-k",
            fmt::format("Rows of numbers that end at ; or line ends, or {}",
                        fmt::join(ImageFilterNames(), ", ")),
            &o->kernel, true},
           {"--target", "The SIMD target (see windrow info)", &o->settings.target},
           {"--algorithm", fmt::format("auto, {}", fmt::join(Algorithms(), ", ")),
            &o->settings.algorithm},
           {"--border", "What lies outside", &o->settings.border, false, BorderNames()},
           {"--offset",
            "Added to each result before it is rounded and clamped: 128 shows both signs of a "
            "derivative",
            &o->offset},
           {"--scale", "Multiplies each result, before the offset", &o->scale},
           {"--digest",
            "Print the SHA-256 of the unrounded result (32-bit floats, channel by channel), to "
            "compare machines and targets to the bit",
            &o->digest},
           {"input", "The PNG to read; -: standard input", &o->input, true},
           {"output", "The PNG to write; -: standard output", &o->output, true}},
          [o](std::ostream& out, std::ostream& err) { return Filter(*o, out, err); }};
}

}  // namespace windrow::tool
