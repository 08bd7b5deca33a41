// windrow predict: reads a digit in a picture with weights that windrow train has saved.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "tools/cli.h"
#include "tools/file.h"
#include "tools/json_output.h"
#include "tools/mnist.h"
#include "tools/png_image.h"
#include "windrow/train.h"

namespace windrow::tool {
namespace {

struct PredictOptions {
  std::string weights, network = "lenet", json;
  std::vector<std::string> pictures;
};

// What the network says of each digit, as parts of 1.
std::vector<double> Likelihoods(std::span<const float> logits) {
  std::vector<double> likely(logits.begin(), logits.end());
  const double max = *std::max_element(likely.begin(), likely.end());
  for (double& v : likely) v = std::exp(v - max);
  const double sum = std::accumulate(likely.begin(), likely.end(), 0.0);
  for (double& v : likely) v /= sum;
  return likely;
}

int Predict(const PredictOptions& o, std::ostream& out, std::ostream& err) {
  train::Model model(Network(o.network), Shape(1, 1, kMnistSide, kMnistSide));
  train::LoadWeights(model, o.weights.empty() ? o.network + ".safetensors" : o.weights);
  std::ostream nowhere(nullptr);
  std::ostream& text = o.json == "-" ? nowhere : out;
  Json results = Json::array();
  for (const std::string& path : o.pictures) {
    const Image image = DecodePng(ReadFile(path), InputName(path));
    for (const std::string& w : image.warnings) {
      err << fmt::format("windrow: {}: {}\n", InputName(path), w);
    }
    const auto pixels = ToMnist(image);
    Tensor x(model.InputShape(1));
    Normalize(pixels.data(), x.data());
    const float* const y = model.Forward(x).data();
    const std::vector<float> logits(y, y + model.OutputShape(1).c());
    const std::vector<double> likely = Likelihoods(logits);
    std::vector<size_t> order(likely.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return likely[a] > likely[b]; });
    text << fmt::format("{}: {} ({:.1f} %), else {} ({:.1f} %)\n", InputName(path), order[0],
                        100 * likely[order[0]], order[1], 100 * likely[order[1]]);
    results.push_back({{"picture", InputName(path)}, {"digit", order[0]}, {"logits", logits}});
  }
  WriteJson(o.json, results, out);
  return 0;
}

}  // namespace

Command PredictCommand() {
  const auto o = std::make_shared<PredictOptions>();
  return {
      "predict",
      "[--weights FILE] [--json FILE] PICTURE.png...",
      "Read a digit, dark on light or light on dark, in each picture",
      {{"--weights", "What windrow train has saved; NETWORK.safetensors if not said", &o->weights},
       {"--network", "Whose weights these are", &o->network, false, kNetworks},
       ResultsArgument("--json", "JSON", o->json),
       {"pictures", "PNG files; -: standard input", &o->pictures, /*required=*/true}},
      [o](std::ostream& out, std::ostream& err) { return Predict(*o, out, err); }};
}

}  // namespace windrow::tool
