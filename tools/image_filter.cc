#include "tools/image_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>
#include <stdexcept>

#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

struct Border {
  const char* name;
  PaddingMode mode;
  // Whether a picture of this size has what a kernel needs that reaches so far out of it.
  bool (*fits)(int64_t size, int64_t reach);
};
constexpr std::array kBorders = {
    Border{"reflect", PaddingMode::kReflect,
           [](int64_t size, int64_t reach) { return reach < size; }},
    Border{"replicate", PaddingMode::kReplicate, [](int64_t, int64_t) { return true; }},
    Border{"zeros", PaddingMode::kZeros, [](int64_t, int64_t) { return true; }},
    Border{"circular", PaddingMode::kCircular,
           [](int64_t size, int64_t reach) { return reach <= size; }}};

std::vector<std::string> NamesOf(const std::function<bool(const Border&)>& wanted) {
  std::vector<std::string> names;
  for (const Border& b : kBorders) {
    if (wanted(b)) names.emplace_back(b.name);
  }
  return names;
}

// The picture, ready to be filtered.
struct Picture {
  Tensor colors;                       // 1 x colours x height x width
  std::optional<Tensor> transparency;  // 1 - alpha, one channel; none if all is opaque
  Tensor weighted;                     // the colours times alpha, if there is transparency
};

Picture ToPicture(const Image& image) {
  const int64_t colors = image.color_channels(), pixels = image.height * image.width;
  Picture p{Tensor(Shape(1, colors, image.height, image.width), Layout::kNhwc), {}, {}};
  const uint16_t* sample = image.samples.data();
  bool opaque = true;
  for (int64_t i = 0; i < pixels; ++i, sample += image.channels) {
    for (int64_t c = 0; c < colors; ++c) p.colors.data()[i * colors + c] = sample[c];
    opaque = opaque && (!image.has_alpha() || sample[colors] == image.max());
  }
  if (opaque) return p;
  p.weighted = p.colors;
  p.transparency.emplace(Shape(1, 1, image.height, image.width), Layout::kNhwc);
  const float max = static_cast<float>(image.max());
  sample = image.samples.data() + colors;
  for (int64_t i = 0; i < pixels; ++i, sample += image.channels) {
    p.transparency->data()[i] = static_cast<float>(image.max() - *sample) / max;
    for (int64_t c = 0; c < colors; ++c) {
      p.weighted.data()[i * colors + c] *= static_cast<float>(*sample) / max;
    }
  }
  return p;
}

Tensor Convolve(const ImageKernel& kernel, const Tensor& x, const FilterSettings& settings) {
  const int64_t colors = x.shape().c();
  Conv2dOptions options;
  options.in_channels = options.out_channels = options.groups = colors;
  options.kernel_size = {kernel.height, kernel.width};
  options.padding = Padding::Same();
  options.padding_mode = std::find_if(kBorders.begin(), kBorders.end(), [&](const Border& b) {
                           return b.name == settings.border;
                         })->mode;
  options.algorithm = settings.algorithm;
  options.target = settings.target;
  std::vector<float> weights;
  for (int64_t c = 0; c < colors; ++c) {
    weights.insert(weights.end(), kernel.weights.begin(), kernel.weights.end());
  }
  return Conv2d(options, weights).Run(x);
}

Tensor Convolve(const ImageKernel& kernel, const Picture& p, const FilterSettings& settings) {
  if (!p.transparency) return Convolve(kernel, p.colors, settings);
  Tensor y = Convolve(kernel, p.weighted, settings);
  const Tensor rest = Convolve(kernel, *p.transparency, settings);
  const int64_t colors = y.shape().c();
  for (int64_t i = 0; i < y.shape().elements(); ++i) {
    y.data()[i] += p.colors.data()[i] * rest.data()[i / colors];
  }
  return y;
}

// The library would speak of padding, and not say what to do.
void RequireBorder(const ImageFilter& filter, const Image& image, const std::string& border) {
  for (const ImageKernel& k : filter) {
    const auto fits = [&](const Border& b) {
      return b.fits(image.height, k.height / 2) && b.fits(image.width, k.width / 2);
    };
    const std::vector<std::string> fitting = NamesOf(fits);
    if (std::count(fitting.begin(), fitting.end(), border) > 0) continue;
    throw std::invalid_argument(fmt::format(
        "a picture of {} x {} pixels is too small for a kernel of {} x {} with --border "
        "{}; these work: --border {}",
        image.width, image.height, k.width, k.height, border, fmt::join(fitting, ", --border ")));
  }
}

}  // namespace

std::vector<std::string> BorderNames() {
  return NamesOf([](const Border&) { return true; });
}

Tensor FilterImage(const ImageFilter& filter, const Image& image, const FilterSettings& settings) {
  RequireBorder(filter, image, settings.border);
  const Picture p = ToPicture(image);
  Tensor y = Convolve(filter.front(), p, settings);
  if (filter.size() == 1) return y;
  const size_t count = static_cast<size_t>(y.shape().elements());
  std::vector<float> squares(count, 0.0f);
  for (size_t k = 0; k < filter.size(); ++k) {
    if (k > 0) y = Convolve(filter[k], p, settings);
    for (size_t i = 0; i < count; ++i) squares[i] += y.data()[i] * y.data()[i];
  }
  for (size_t i = 0; i < count; ++i) y.data()[i] = std::sqrt(squares[i]);
  return y;
}

}  // namespace windrow::tool
