// The self-test of training: a few steps of a small network, of which all parameters are compared.
// A problem lists what the network has, in this order: "steps3 mb4 i12 adam conv norm relu maxpool
// linear". The reference has the scalar algorithms wherever a layer has a choice.
#include <algorithm>
#include <array>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "problems/words.h"
#include "tools/selftest_case.h"
#include "windrow/cpu.h"
#include "windrow/train.h"

namespace windrow::tool {
namespace {

namespace nn = windrow::train;

// All that a network may be made of; the last one makes its 5 numbers, and is always there.
constexpr std::array<const char*, 13> kLayers = {
    "conv",    "norm",    "relu",    "maxpool",    "residual", "silu",   "tanh",
    "dropout", "strided", "sigmoid", "transposed", "leaky",    "avgpool"};
constexpr int64_t kClasses = 5;

struct TrainingProblem {
  int64_t steps = 1, batch = 1, image = 12;
  bool adam = false, adaptive = false;
  std::vector<std::string> layers;  // of kLayers, in that order
};

std::string ToString(const TrainingProblem& p) {
  std::string text = "steps" + std::to_string(p.steps) + " mb" + std::to_string(p.batch) + " i" +
                     std::to_string(p.image) + (p.adam ? " adam" : "");
  for (const std::string& layer : p.layers) text += " " + layer;
  return text + (p.adaptive ? " adaptive" : "");
}

TrainingProblem ParseTraining(const std::string& text) {
  TrainingProblem p;
  problems::Words words(text);
  p.steps = words.Number("steps", 1);
  p.batch = words.Number("mb", 1);
  const Size2 image = words.Pair("i", Size2(12));
  p.image = image.h;
  p.adam = words.Flag("adam");
  p.adaptive = words.Flag("adaptive");
  for (const char* layer : kLayers) {
    if (words.Flag(layer)) p.layers.emplace_back(layer);
  }
  words.End("a training such as \"steps3 mb4 i12 adam conv norm relu maxpool\"");
  if (image.h != image.w) throw std::invalid_argument("a training's pictures are square");
  if (std::min({p.steps, p.batch, p.image}) < 1 || p.image > 64 || p.batch > 64 || p.steps > 100) {
    throw std::invalid_argument("\"" + text + "\" has steps, mb or i out of range");
  }
  return p;
}

// Ends the choice of a target with a scope: layers are bound to the active one.
class ForcedTarget {
 public:
  explicit ForcedTarget(const std::string& name) { cpu::ForceTarget(name); }
  ~ForcedTarget() { cpu::ForceTarget(""); }
  ForcedTarget(const ForcedTarget&) = delete;
  ForcedTarget& operator=(const ForcedTarget&) = delete;
};

// Builds the network, and keeps count of the channels.
class Builder {
 public:
  explicit Builder(const Way& way)
      : numerics_(way.numerics), algorithm_(way.algorithm == "reference" ? "reference" : "auto") {}

  nn::LayerPtr Network(const TrainingProblem& p) {
    std::vector<nn::Named> layers;
    Shape shape(1, channels_, p.image, p.image);
    const auto add = [&](nn::LayerPtr layer) {
      shape = layer->OutputShape(shape);
      channels_ = shape.c();
      layers.emplace_back(std::move(layer));
    };
    for (const std::string& layer : p.layers) add(Make(layer));
    if (p.adaptive) {
      add(nn::AdaptiveAvgPool2d(
          {.output_size = 2, .algorithm = algorithm_, .backward = algorithm_}));
    }
    add(nn::Flatten());
    add(nn::Linear({.in_features = channels_, .out_features = kClasses, .numerics = numerics_}));
    return nn::SequentialOf(std::move(layers));
  }

 private:
  nn::LayerPtr Conv(int64_t out, int64_t stride, bool bias) const {
    Conv2dOptions o;
    o.in_channels = channels_;
    o.out_channels = out;
    o.kernel_size = 3;
    o.stride = stride;
    o.padding = 1;
    o.numerics = numerics_;
    o.algorithm = algorithm_;
    o.backward = {.data = algorithm_, .weights = algorithm_};
    return nn::Conv2d(o, bias);
  }
  nn::LayerPtr Norm(int64_t channels) const {
    return nn::BatchNorm2d({.num_features = channels, .numerics = numerics_});
  }
  nn::LayerPtr Transposed() const {
    ConvTranspose2dOptions o;
    o.in_channels = channels_;
    o.out_channels = 6;
    o.kernel_size = 2;
    o.stride = 2;
    o.numerics = numerics_;
    return nn::ConvTranspose2d(o);
  }

  nn::LayerPtr Make(const std::string& layer) const {
    if (layer == "conv") return Conv(9, 1, true);
    if (layer == "norm") return Norm(channels_);
    if (layer == "relu") return nn::ReLU();
    if (layer == "maxpool") {
      return nn::MaxPool2d({.kernel_size = 2, .algorithm = algorithm_, .backward = algorithm_});
    }
    if (layer == "residual") {
      return nn::Residual(nn::Sequential(Conv(17, 1, false), Norm(17)),
                          nn::Sequential(Conv(17, 1, false), Norm(17)));
    }
    if (layer == "silu") return nn::SiLU();
    if (layer == "tanh") return nn::Tanh();
    if (layer == "dropout") return nn::Dropout(0.2);
    if (layer == "strided") return Conv(12, 2, false);
    if (layer == "sigmoid") return nn::Sigmoid();
    if (layer == "transposed") return Transposed();
    if (layer == "leaky") return nn::LeakyReLU();
    return nn::AvgPool2d({.kernel_size = 2, .algorithm = algorithm_, .backward = algorithm_});
  }

  int64_t channels_ = 2;
  Numerics numerics_;
  std::string algorithm_;
};

class TrainingCase : public Case {
 public:
  explicit TrainingCase(const std::string& text) : text_(text), problem_(ParseTraining(text)) {
    nn::Model(Builder(Way{}).Network(problem_), Picture());  // throws where layers do not fit
  }

  bool Accepts(const Way&, CallRoom&) override { return true; }

  // All parameters, in their order.
  Output Compute(const Way& way, CallRoom& room) override {
    const ForcedTarget forced(way.target);
    Random random(SeedOf(text_));
    nn::Model model(Builder(way).Network(problem_), Picture(), {.seed = 7, .layout = way.layout});
    const std::unique_ptr<nn::Optimizer> optimizer = MakeOptimizer(model);
    Tensor x(model.InputShape(problem_.batch)), dlogits(model.OutputShape(problem_.batch));
    std::vector<int64_t> labels(static_cast<size_t>(problem_.batch));
    for (int64_t step = 0; step < problem_.steps; ++step) {
      Fill(ElementsOf(x), random, Values::kPlain);
      for (int64_t& label : labels) label = random.Below(kClasses);
      const TensorView view = room.Take(CallRoom::kX, x, way.layout);
      room.Call(/*finite=*/true, [&] {
        const ConstTensorView logits = model.Forward(view, {.training = true, .step = step});
        nn::CrossEntropyLoss(logits, labels, dlogits);
        model.Backward(dlogits);
        optimizer->Step();
      });
    }
    return Parameters(model);
  }

 private:
  Shape Picture() const { return Shape(1, 2, problem_.image, problem_.image); }

  std::unique_ptr<nn::Optimizer> MakeOptimizer(nn::Model& model) const {
    if (problem_.adam) {
      return std::make_unique<nn::Adam>(model, nn::AdamOptions{.weight_decay = 0.01});
    }
    return std::make_unique<nn::SGD>(
        model, nn::SGDOptions{.lr = 0.05, .momentum = 0.9, .weight_decay = 1e-4});
  }

  static Output Parameters(const nn::Model& model) {
    int64_t count = 0;
    for (const nn::Parameter* p : model.parameters()) count += p->value.shape().elements();
    Output result{Tensor(Shape(1, 1, 1, count))};
    float* to = result.y.data();
    for (const nn::Parameter* p : model.parameters()) {
      to = std::copy_n(p->value.data(), p->value.shape().elements(), to);
    }
    return result;
  }

  std::string text_;
  TrainingProblem problem_;
};

class Trainings : public Subject {
 public:
  std::vector<std::string> Corpus(bool quick) const override {
    const std::string all =
        "conv norm relu maxpool residual silu tanh dropout strided sigmoid transposed leaky "
        "avgpool adaptive";
    std::vector<std::string> texts = {"steps2 mb3 i12 " + all, "steps2 mb3 i12 adam " + all,
                                      "steps3 mb2 i9 conv relu maxpool"};
    if (quick) return texts;
    for (const char* more :
         {"steps6 mb16 i28 conv norm relu maxpool residual silu strided tanh avgpool",
          "steps6 mb16 i28 adam conv norm relu maxpool residual silu strided tanh avgpool",
          "steps4 mb9 i17 conv residual dropout transposed leaky adaptive",
          "steps4 mb7 i15 adam norm conv sigmoid strided transposed avgpool",
          "steps20 mb8 i8 conv norm silu avgpool", "steps20 mb8 i8 adam conv tanh maxpool",
          "steps3 mb33 i12", "steps3 mb5 i12 adam"}) {
      texts.emplace_back(more);
    }
    return texts;
  }
  std::string RandomProblem(Random& random) const override {
    TrainingProblem p;
    p.steps = random.Between(1, 4);
    p.batch = random.Between(1, 9);
    p.image = random.Between(8, 20);  // which leaves pixels after all that halves it
    p.adam = random.OneIn(2);
    for (const char* layer : kLayers) {
      if (random.OneIn(2)) p.layers.emplace_back(layer);
    }
    p.adaptive = random.OneIn(2);
    return ToString(p);
  }
  std::vector<std::string> Algorithms() const override { return {}; }
  std::unique_ptr<Case> Make(const std::string& text) const override {
    return std::make_unique<TrainingCase>(text);
  }
  std::vector<std::string> Simpler(const std::string& text) const override {
    const TrainingProblem p = ParseTraining(text);
    std::vector<std::string> texts;
    const auto add = [&](const auto& change) {
      TrainingProblem simpler = p;
      change(simpler);
      if (ToString(simpler) != ToString(p)) texts.push_back(ToString(simpler));
    };
    for (size_t i = 0; i < p.layers.size(); ++i) {
      add([&](auto& s) { s.layers.erase(s.layers.begin() + static_cast<std::ptrdiff_t>(i)); });
    }
    add([](auto& s) { s.adaptive = false; });
    add([](auto& s) { s.adam = false; });
    for (int64_t TrainingProblem::*size :
         {&TrainingProblem::steps, &TrainingProblem::batch, &TrainingProblem::image}) {
      add([&](auto& s) { s.*size = 1; });
      add([&](auto& s) { s.*size = (s.*size + 1) / 2; });
      add([&](auto& s) { s.*size = std::max<int64_t>(s.*size - 1, 1); });
    }
    return texts;
  }
};

}  // namespace

const Subject& TrainingSubject() {
  static const Trainings subject;
  return subject;
}

}  // namespace windrow::tool
