// The parser of shape files, and the arithmetic of a layer.
#include "bench/layers.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace windrow::bench {
namespace {

// A window sliding along one direction of an image.
struct Slide {
  int64_t in, kernel, stride, padding, dilation;

  int64_t Span() const { return dilation * (kernel - 1) + 1; }
  int64_t Outputs() const { return (in + 2 * padding - Span()) / stride + 1; }

  // Calls f(position) for every tap of every output that is not on padding.
  template <typename F>
  void ForEachTap(const F& f) const {
    for (int64_t out = 0; out < Outputs(); ++out) {
      for (int64_t k = 0; k < kernel; ++k) {
        const int64_t position = out * stride - padding + k * dilation;
        if (position >= 0 && position < in) f(position);
      }
    }
  }

  int64_t Taps() const {
    int64_t taps = 0;
    ForEachTap([&](int64_t) { ++taps; });
    return taps;
  }

  int64_t PositionsRead() const {
    std::vector<bool> read(static_cast<size_t>(in));
    ForEachTap([&](int64_t position) { read[static_cast<size_t>(position)] = true; });
    int64_t positions = 0;
    for (const bool r : read) positions += r ? 1 : 0;
    return positions;
  }
};

Slide Vertical(const Layer& l) {
  const Conv2dOptions& o = l.options;
  return {l.input.h(), o.kernel_size.h, o.stride.h, o.padding.top(), o.dilation.h};
}

Slide Horizontal(const Layer& l) {
  const Conv2dOptions& o = l.options;
  return {l.input.w(), o.kernel_size.w, o.stride.w, o.padding.left(), o.dilation.w};
}

// The words of one line, in order.
class Words {
 public:
  explicit Words(const std::string& line) : in_(line) {}

  std::string Next(const char* what) {
    std::string word;
    if (!(in_ >> word)) throw std::runtime_error(std::string(what) + " is missing");
    return word;
  }

  // The bound keeps every product of two within 63 bits; Shape checks the larger ones.
  int64_t NextNumber(const char* what, int64_t min) {
    constexpr int64_t kMax = 1 << 30;
    const std::string word = Next(what);
    int64_t value = 0;
    const char* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, value);
    if (error != std::errc() || stop != end || value < min || value > kMax) {
      throw std::runtime_error(std::string(what) + " must be a whole number from " +
                               std::to_string(min) + " to " + std::to_string(kMax) + ", not \"" +
                               word + "\"");
    }
    return value;
  }

  void ExpectEnd() {
    std::string word;
    if (in_ >> word) throw std::runtime_error("unexpected \"" + word + "\" at the end");
  }

 private:
  std::istringstream in_;
};

void Check(const Layer& layer) {
  const Conv2dOptions& o = layer.options;
  if (o.in_channels % o.groups != 0 || o.out_channels % o.groups != 0) {
    throw std::runtime_error("ic and oc must be multiples of groups");
  }
  for (const Slide& s : {Vertical(layer), Horizontal(layer)}) {
    if (s.Span() > s.in + 2 * s.padding) {
      throw std::runtime_error("the kernel spans " + std::to_string(s.Span()) +
                               " pixels, the padded input has " +
                               std::to_string(s.in + 2 * s.padding));
    }
  }
  // Throw if bytes do not fit 63 bits.
  static_cast<void>(layer.Output());
  static_cast<void>(
      Shape(o.out_channels, o.in_channels / o.groups, o.kernel_size.h, o.kernel_size.w));
}

Layer ParseLayer(const std::string& line) {
  Words words(line);
  Layer layer;
  Conv2dOptions& o = layer.options;
  // A statement a column, since the arguments of a call are evaluated in any order.
  layer.name = words.Next("name");
  const int64_t n = words.NextNumber("mb", 1);
  o.groups = words.NextNumber("groups", 1);
  o.in_channels = words.NextNumber("ic", 1);
  const int64_t h = words.NextNumber("ih", 1);
  const int64_t w = words.NextNumber("iw", 1);
  o.out_channels = words.NextNumber("oc", 1);
  o.kernel_size.h = words.NextNumber("kh", 1);
  o.kernel_size.w = words.NextNumber("kw", 1);
  o.stride.h = words.NextNumber("sh", 1);
  o.stride.w = words.NextNumber("sw", 1);
  const int64_t padding_h = words.NextNumber("ph", 0);
  const int64_t padding_w = words.NextNumber("pw", 0);
  o.padding = Padding(padding_h, padding_w);
  o.dilation.h = words.NextNumber("dh", 1);
  o.dilation.w = words.NextNumber("dw", 1);
  layer.count = words.NextNumber("count", 1);
  layer.net = words.Next("net");
  words.ExpectEnd();
  layer.input = Shape(n, o.in_channels, h, w);
  Check(layer);
  return layer;
}

}  // namespace

Shape Layer::Output() const {
  return Shape(input.n(), options.out_channels, Vertical(*this).Outputs(),
               Horizontal(*this).Outputs());
}

int64_t Layer::WeightCount() const {
  return options.out_channels * (options.in_channels / options.groups) * options.kernel_size.h *
         options.kernel_size.w;
}

double Layer::Flops() const {
  const double pairs = static_cast<double>(input.n() * options.out_channels) *
                       static_cast<double>(options.in_channels / options.groups);
  return 2 * pairs * static_cast<double>(Vertical(*this).Taps()) *
         static_cast<double>(Horizontal(*this).Taps());
}

double Layer::BytesRead() const {
  const double pixels = static_cast<double>(Vertical(*this).PositionsRead()) *
                        static_cast<double>(Horizontal(*this).PositionsRead());
  return sizeof(float) *
         (static_cast<double>(input.n() * input.c()) * pixels + static_cast<double>(WeightCount()));
}

double Layer::BytesWritten() const {
  return sizeof(float) * static_cast<double>(Output().elements());
}

std::string FindLayersFile() {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  const fs::path file = "shapes/layers.txt";
  for (const fs::path& place :
       {"bench" / file, folder / "../../bench" / file, folder / "../../../bench" / file,
        folder / "../share/windrow" / file}) {
    if (fs::exists(place, ignored)) return place.lexically_normal().string();
  }
  throw std::runtime_error(
      "bench/shapes/layers.txt is neither below the current directory nor beside the program; name "
      "a file with --shapes");
}

std::vector<Layer> ReadLayers(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be opened");
  std::vector<Layer> layers;
  std::set<std::string> names;
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    line.resize(std::min(line.size(), line.find('#')));
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      layers.push_back(ParseLayer(line));
      if (!names.insert(layers.back().name).second) {
        throw std::runtime_error("there is already a layer \"" + layers.back().name + "\"");
      }
    } catch (const std::exception& e) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": " + e.what());
    }
  }
  if (file.bad()) throw std::runtime_error(path + ": cannot be read");
  if (layers.empty()) throw std::runtime_error(path + ": holds no layers");
  return layers;
}

}  // namespace windrow::bench
