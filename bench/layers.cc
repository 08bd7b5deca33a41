// The parser of a layer, and its arithmetic.
#include "bench/layers.h"

#include <stdexcept>

#include "bench/shape_file.h"
#include "bench/slide.h"

namespace windrow::bench {
namespace {

Slide Vertical(const Layer& l) {
  const Conv2dOptions& o = l.options;
  return {l.input.h(), o.kernel_size.h, o.stride.h, o.padding.top(), o.dilation.h};
}

Slide Horizontal(const Layer& l) {
  const Conv2dOptions& o = l.options;
  return {l.input.w(), o.kernel_size.w, o.stride.w, o.padding.left(), o.dilation.w};
}

void Check(const Layer& layer) {
  const Conv2dOptions& o = layer.options;
  if (o.in_channels % o.groups != 0 || o.out_channels % o.groups != 0) {
    throw std::runtime_error("ic and oc must be multiples of groups");
  }
  RequireWindow(Vertical(layer));
  RequireWindow(Horizontal(layer));
  // Throw if bytes do not fit 63 bits.
  static_cast<void>(layer.Output());
  static_cast<void>(
      Shape(o.out_channels, o.in_channels / o.groups, o.kernel_size.h, o.kernel_size.w));
}

Layer ParseLayer(Words& words) {
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

std::string FindLayersFile() { return FindShapeFile("layers.txt", "--shapes"); }

std::vector<Layer> ReadLayers(const std::string& path) {
  std::vector<Layer> layers;
  ReadShapeFile(path, [&](Words& words) {
    layers.push_back(ParseLayer(words));
    return layers.back().name;
  });
  return layers;
}

}  // namespace windrow::bench
