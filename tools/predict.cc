// windrow predict: reads a digit in a picture with weights that windrow train has saved.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <ostream>
#include <string>
#include <vector>

#include "tools/cli.h"
#include "tools/file.h"
#include "tools/mnist.h"
#include "tools/png_image.h"
#include "windrow/train.h"

namespace windrow::tool {
namespace {

struct PredictOptions {
  std::string weights, network = "lenet";
  std::vector<std::string> pictures;
};

int Predict(const PredictOptions& o, std::ostream& out, std::ostream& err) {
  train::Model model(Network(o.network), Shape(1, 1, kMnistSide, kMnistSide));
  train::LoadWeights(model, o.weights.empty() ? o.network + ".safetensors" : o.weights);
  for (const std::string& path : o.pictures) {
    const Image image = DecodePng(ReadFile(path), InputName(path));
    for (const std::string& w : image.warnings) {
      err << fmt::format("windrow: {}: {}\n", InputName(path), w);
    }
    const auto pixels = ToMnist(image);
    Tensor x(model.InputShape(1));
    Normalize(pixels.data(), x.data());
    const ConstTensorView logits = model.Forward(x);
    const auto count = static_cast<size_t>(logits.shape().c());
    std::vector<double> likely(logits.data(), logits.data() + count);
    const double max = *std::max_element(likely.begin(), likely.end());
    for (double& v : likely) v = std::exp(v - max);
    const double sum = std::accumulate(likely.begin(), likely.end(), 0.0);
    std::vector<size_t> order(count);
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return likely[a] > likely[b]; });
    out << fmt::format("{}: {} ({:.1f} %), else {} ({:.1f} %)\n", InputName(path), order[0],
                       100 * likely[order[0]] / sum, order[1], 100 * likely[order[1]] / sum);
  }
  return 0;
}

}  // namespace

Command PredictCommand() {
  const auto o = std::make_shared<PredictOptions>();
  return {
      "predict",
      "[--weights FILE] PICTURE.png...",
      "Read a digit, dark on light or light on dark, in each picture",
      {{"--weights", "What windrow train has saved; NETWORK.safetensors if not said", &o->weights},
       {"--network", "Whose weights these are", &o->network, false, kNetworks},
       {"pictures", "PNG files; -: standard input", &o->pictures, /*required=*/true}},
      [o](std::ostream& out, std::ostream& err) { return Predict(*o, out, err); }};
}

}  // namespace windrow::tool
