// Models: shapes that fit or do not, names, initialisation, layers of one's own, calls in the wrong
// order.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "tests/support/expect_throw.h"
#include "tests/train/tensors.h"
#include "windrow/train.h"

namespace windrow::test {
namespace {

const Shape kImage(1, 1, 28, 28);

std::vector<std::string> NamesOf(const train::Model& model) {
  std::vector<std::string> names;
  for (const train::Parameter* p : model.parameters()) names.push_back(p->name);
  return names;
}

TEST(Model, NamesParametersAsPyTorchDoes) {
  EXPECT_EQ(NamesOf(train::Model(LeNet5(), kImage)),
            (std::vector<std::string>{"0.weight", "0.bias", "3.weight", "3.bias", "7.weight",
                                      "7.bias", "9.weight", "9.bias", "11.weight", "11.bias"}));
  const auto conv = [](int64_t in, int64_t out) {
    return train::Conv2d({.in_channels = in, .out_channels = out, .kernel_size = 1}, false);
  };
  // A torchvision block.
  const train::Model resnet(
      train::Sequential(
          train::Named("conv1", conv(1, 2)),
          train::Named(
              "layer1",
              train::Sequential(train::Residual(
                  train::Sequential(train::Named("conv1", conv(2, 4)),
                                    train::Named("bn1", train::BatchNorm2d({.num_features = 4}))),
                  train::Sequential(conv(2, 4)))))),
      kImage);
  EXPECT_EQ(NamesOf(resnet), (std::vector<std::string>{
                                 "conv1.weight", "layer1.0.conv1.weight", "layer1.0.bn1.weight",
                                 "layer1.0.bn1.bias", "layer1.0.bn1.running_mean",
                                 "layer1.0.bn1.running_var", "layer1.0.downsample.0.weight"}));
  EXPECT_EQ(NamesOf(train::Model(conv(1, 2), kImage)), (std::vector<std::string>{"weight"}));
}

TEST(Model, ShapesOfLayersThatDoNotFitAreNamed) {
  const auto make = [](train::LayerPtr layer, const Shape& input = kImage) {
    return [l = std::make_shared<train::LayerPtr>(std::move(layer)), input] {
      train::Model(std::move(*l), input);
    };
  };
  const auto linear = [] { return train::Linear({.in_features = 400, .out_features = 10}); };
  EXPECT_TRUE(Throws(make(train::Sequential(train::Flatten(), train::ReLU(), linear())),
                     {"layer 2 (Linear)", "1x784x1x1", "n x 400x1x1", "1x1x28x28"}));
  EXPECT_TRUE(Throws(make(train::Sequential(train::ReLU(), linear())),
                     {"layer 1 (Linear)", "1x1x28x28", "Flatten comes before"}));
  EXPECT_TRUE(Throws(
      make(train::Sequential(
          train::ReLU(),
          train::Named("block", train::Sequential(train::Conv2d(
                                    {.in_channels = 3, .out_channels = 4, .kernel_size = 3}))))),
      {"layer block (Sequential)", "layer 0 (Conv2d)", "1x1x28x28", "3"}));
  EXPECT_TRUE(Throws(make(train::Residual(train::MaxPool2d({.kernel_size = 2}))),
                     {"1x1x14x14", "1x1x28x28"}));
  EXPECT_TRUE(Throws(make(train::BatchNorm2d({.num_features = 3})), {"1x1x28x28", "3"}));
  EXPECT_TRUE(Throws(make(train::MaxPool2d({.kernel_size = 30})), {"1x1x28x28"}));
  EXPECT_TRUE(Throws(make(LeNet5(), Shape(1, 1, 32, 32)), {"layer 7 (Linear)", "1x576x1x1"}));
  EXPECT_TRUE(Throws(make(nullptr), {"no network"}));
  EXPECT_TRUE(
      Throws(make(train::Sequential(train::Named("a", linear()), train::Named("a", linear())),
                  Shape(1, 400, 1, 1)),
             {"layer a (Linear)", "1x10x1x1"}));
}

TEST(Model, RefusesTwoParametersOfOneName) {
  EXPECT_TRUE(Throws(
      [] {
        const auto linear = [] { return train::Linear({.in_features = 4, .out_features = 4}); };
        train::Model(train::Sequential(train::Named("a", linear()), train::Named("a", linear())),
                     Shape(1, 4, 1, 1));
      },
      {"two parameters \"a.weight\""}));
}

TEST(Layers, RefuseOptionsThatMakeNoSense) {
  EXPECT_TRUE(Throws([] { train::Conv2d({.in_channels = 3, .out_channels = 4}); }, {"kernel"}));
  EXPECT_TRUE(Throws(
      [] { train::Conv2d({.in_channels = 3, .out_channels = 4, .kernel_size = 1, .groups = 2}); },
      {"3", "2"}));
  EXPECT_TRUE(Throws(
      [] {
        train::Conv2d(
            {.in_channels = 1, .out_channels = 1, .kernel_size = 1, .epilogue = {.clamp_min = 0}});
      },
      {"epilogue"}));
  for (const Epilogue& e : {Epilogue{.activation = Activation::kSilu}, Epilogue{.scale = {2}}}) {
    EXPECT_TRUE(Throws(
        [&] {
          train::Conv2d({.in_channels = 1, .out_channels = 1, .kernel_size = 1, .epilogue = e});
        },
        {"epilogue"}));
  }
  EXPECT_TRUE(Throws([] { train::ConvTranspose2d({.in_channels = 1, .kernel_size = 1}); }, {"0"}));
  EXPECT_TRUE(Throws([] { train::Linear({.in_features = 5}); }, {"5", "0"}));
  EXPECT_TRUE(Throws([] { train::BatchNorm2d({}); }, {"0"}));
  EXPECT_TRUE(Throws([] { train::BatchNorm2d({.num_features = 1, .eps = 0}); }, {"eps is 0"}));
  EXPECT_TRUE(Throws([] { train::Dropout(1.5); }, {"1.5"}));
  EXPECT_TRUE(Throws([] { train::Sequential(); }, {"no layers"}));
  EXPECT_TRUE(Throws([] { train::Sequential(train::ReLU(), train::LayerPtr()); }, {"layer 1"}));
  EXPECT_TRUE(Throws([] { train::Residual(nullptr); }, {"no body"}));
}

TEST(Model, InitialisesUniformlyWithinTheRootOfTheFanIn) {
  const train::Model model(train::Conv2d({.in_channels = 25, .out_channels = 40, .kernel_size = 3}),
                           Shape(1, 25, 9, 9), {.seed = 5});
  for (const char* name : {"weight", "bias"}) {
    const Numbers v = ValuesOf(model.parameter(name).value);
    const auto [low, high] = std::minmax_element(v.begin(), v.end());
    EXPECT_GE(*low, -1.0f / 15);
    EXPECT_LE(*high, 1.0f / 15);
    EXPECT_LT(*low, -0.04f);
    EXPECT_GT(*high, 0.04f);
  }
  EXPECT_NE(model.parameter("weight").value.data()[0], model.parameter("bias").value.data()[0]);
  // Of transposed convolution PyTorch takes the second extent of the weights for the fan-in.
  const train::Model transposed(
      train::ConvTranspose2d({.in_channels = 90, .out_channels = 4, .kernel_size = 5}),
      Shape(1, 90, 2, 2));
  const Numbers v = ValuesOf(transposed.parameter("weight").value);
  EXPECT_NEAR(*std::max_element(v.begin(), v.end()), 0.1, 1e-3);
}

TEST(Model, IsAFunctionOfTheSeed) {
  const train::Model a(LeNet5(), kImage, {.seed = 1}), b(LeNet5(), kImage, {.seed = 1});
  const train::Model c(LeNet5(), kImage, {.seed = 2});
  EXPECT_EQ(a.Hash(), b.Hash());
  EXPECT_NE(a.Hash(), c.Hash());
  const uint64_t before = b.Hash();
  b.parameter("11.bias").value.data()[9] += 1e-3f;
  EXPECT_NE(b.Hash(), before);
}

TEST(Model, HashIsFnv1a) {
  const train::Model model(
      train::Conv2d({.in_channels = 1, .out_channels = 1, .kernel_size = 1}, false), kImage);
  model.parameter("weight").value.data()[0] = std::bit_cast<float>(0x62'6F'6F'66u);  // "foob"
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : {'f', 'o', 'o', 'b'}) {
    hash = (hash ^ static_cast<uint64_t>(c)) * 0x100000001B3u;
  }
  EXPECT_EQ(model.Hash(), hash);
  EXPECT_EQ(hash, 0xDD120E790C2512AFu);  // as published
}

TEST(Model, TakesViewsOfAnyLayout) {
  const Shape s(3, 2, 6, 5);
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    train::Model model(
        train::Sequential(train::Conv2d({.in_channels = 2, .out_channels = 3, .kernel_size = 3})),
        s, {.seed = 1, .layout = layout});
    const Tensor x = RandomTensor(s, 1), dy = RandomTensor(Shape(3, 3, 4, 3), 2);
    const Tensor y = InNchw(model.Forward(x, {.training = true}));
    Tensor dx(s);
    model.Backward(dy, dx);
    const uint32_t first = std::bit_cast<uint32_t>(model.parameter("0.weight").gradient.data()[0]);

    Tensor wide(Shape(3, 2, 8, 9), Layout::kNhwc), dy_pixels(dy.shape(), Layout::kNhwc);
    Tensor wide_dx(wide.shape());
    const TensorView gaps = wide.view().Crop(1, 2, 6, 5), dx_gaps = wide_dx.view().Crop(2, 1, 6, 5);
    Copy(x, gaps);
    Copy(dy, dy_pixels);
    EXPECT_TRUE(HaveSameBits(model.Forward(gaps, {.training = true}), y));
    model.Backward(dy_pixels, dx_gaps);
    EXPECT_TRUE(HaveSameBits(dx_gaps, dx));
    EXPECT_EQ(std::bit_cast<uint32_t>(model.parameter("0.weight").gradient.data()[0]), first);
  }
}

TEST(Model, NamesWhatIsMissingOrDoesNotFit) {
  train::Model model(LeNet5(), kImage);
  const Tensor x(Shape(2, 1, 28, 28)), wrong(Shape(2, 1, 28, 27)), dy(Shape(2, 10, 1, 1));
  EXPECT_TRUE(Throws([&] { model.Backward(dy); }, {"without a Forward"}));
  model.Forward(x);
  EXPECT_TRUE(Throws([&] { model.Backward(dy); }, {"without a Forward"}));
  EXPECT_TRUE(Throws([&] { model.Forward(wrong); }, {"2x1x28x27", "2x1x28x28"}));
  EXPECT_TRUE(Throws([&] { model.Forward({}); }, {"no input view"}));
  model.Forward(x, {.training = true});
  EXPECT_TRUE(Throws([&] { model.Backward(x); }, {"2x1x28x28", "2x10x1x1"}));
  EXPECT_TRUE(Throws([&] { model.parameter("weight"); }, {"\"weight\"", "0.weight, 0.bias"}));
  train::Model other = std::move(model);
  EXPECT_TRUE(Throws([&] { model.Forward(x); }, {"moved from"}));  // NOLINT
  other.Backward(dy);
}

TEST(Model, FoldsBatchNormsIntoConvolutions) {
  const auto conv = [](bool bias) {
    return train::Conv2d({.in_channels = 4, .out_channels = 4, .kernel_size = 3, .padding = 1},
                         bias);
  };
  const auto norm = [] { return train::BatchNorm2d({.num_features = 4}); };
  train::Model model(
      train::Sequential(
          train::Named("stem", conv(false)), train::Named("bn", norm()),
          train::Residual(train::Sequential(conv(true), norm(), train::ReLU(), norm()),
                          train::Sequential(norm(), conv(false), norm()))),
      Shape(1, 4, 6, 5), {.seed = 3});
  const Tensor x = RandomTensor(Shape(7, 4, 6, 5), 1);
  for (int step = 0; step < 5; ++step) model.Forward(x, {.training = true});
  for (train::Parameter* p : model.parameters()) {
    if (p->name.find("running") == std::string::npos && p->dimensions == 1) {
      train::Random(1, 1).Uniform(p->value, 0.5f, 1.5f);
    }
  }
  const Numbers before = FloatsOf(model.Forward(x));
  model.FoldBatchNorms();
  const Numbers after = FloatsOf(model.Forward(x));
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(after[i], before[i], 2e-5);
  EXPECT_EQ(NamesOf(model),
            (std::vector<std::string>{
                "stem.weight", "stem.bias", "2.0.weight", "2.0.bias", "2.3.weight", "2.3.bias",
                "2.3.running_mean", "2.3.running_var", "2.downsample.0.weight",
                "2.downsample.0.bias", "2.downsample.0.running_mean", "2.downsample.0.running_var",
                "2.downsample.1.weight", "2.downsample.1.bias"}));
}

TEST(Model, BatchNormOfOneValueIsRefusedInTraining) {
  train::Model model(train::BatchNorm2d({.num_features = 2}), Shape(1, 2, 1, 1));
  const Tensor x(Shape(1, 2, 1, 1));
  EXPECT_TRUE(Throws([&] { model.Forward(x, {.training = true}); }, {"1x2x1x1", "has 1"}));
  model.Forward(x);
}

// The chapter's layer, by its reader: a kernel and a bias. The gradient by the kernel is the
// cross-correlation of x and dy.
class LearnersConv2d : public train::Layer {
 public:
  explicit LearnersConv2d(Size2 kernel) {
    weight_.name = "weight";
    weight_.value = weight_.gradient = Tensor(Shape(1, 1, kernel.h, kernel.w));
    bias_.name = "bias";
    bias_.value = bias_.gradient = Tensor(Shape(1, 1, 1, 1));
  }
  Shape OutputShape(const Shape& x) const override {
    const Shape& k = weight_.value.shape();
    return Shape(x.n(), 1, x.h() - k.h() + 1, x.w() - k.w() + 1);
  }
  std::vector<train::Parameter*> Parameters() override { return {&weight_, &bias_}; }
  void Initialize(const train::Random& random) override { random.Uniform(weight_.value, -1, 1); }

  void Forward(const train::ForwardArgs& a) override {
    Tensor y = Corr2d(InNchw(a.x), weight_.value);
    for (int64_t i = 0; i < y.shape().elements(); ++i) y.data()[i] += bias_.value.data()[0];
    Copy(y, a.y);
  }
  void Backward(const train::BackwardArgs& a) override {
    const Tensor dy = InNchw(a.dy);
    weight_.gradient = Corr2d(InNchw(a.x), dy);
    bias_.gradient.data()[0] = std::accumulate(dy.data(), dy.data() + dy.shape().elements(), 0.0f);
  }

 private:
  train::Parameter weight_, bias_;
};

TEST(Model, TrainsALayerOfOnesOwn) {
  Tensor x(Shape(1, 1, 6, 8)), dy(Shape(1, 1, 6, 7));
  for (int64_t i = 0; i < 48; ++i) x.data()[i] = i % 8 < 2 || i % 8 > 5 ? 1.0f : 0.0f;
  const Tensor edge(Shape(1, 1, 1, 2), Numbers{1, -1}), target = Corr2d(x, edge);
  train::Model model(std::make_unique<LearnersConv2d>(Size2(1, 2)), x.shape(), {.seed = 3});
  train::Model own(train::Sequential(
                       train::Conv2d({.in_channels = 1, .out_channels = 1, .kernel_size = {1, 2}})),
                   x.shape());
  for (const char* name : {"weight", "bias"}) {
    Copy(model.parameter(name).value, own.parameter(std::string("0.") + name).value);
  }
  double loss = 0;
  for (int step = 0; step < 30; ++step) {
    for (train::Model* m : {&model, &own}) {
      train::SGD sgd(*m, {.lr = 0.01});
      loss = train::MSELoss(m->Forward(x, {.training = true}), target, dy, train::Reduction::kSum);
      m->Backward(dy);
      sgd.Step();
    }
  }
  EXPECT_LT(loss, 0.1);
  for (const char* name : {"weight", "bias"}) {
    const Numbers a = ValuesOf(model.parameter(name).value);
    const Numbers b = ValuesOf(own.parameter(std::string("0.") + name).value);
    for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
  }
}

}  // namespace
}  // namespace windrow::test
