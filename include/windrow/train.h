// Training of convolutional networks on Windrow's own kernels: layers, losses, optimisers, data and
// files, with PyTorch's names, defaults and meanings.
//
//   namespace nn = windrow::train;
//   nn::Model lenet(nn::Sequential(nn::Conv2d({.in_channels = 1, .out_channels = 6,
//                                              .kernel_size = 5, .padding = 2}),
//                                  nn::ReLU(), nn::MaxPool2d({.kernel_size = 2}), nn::Flatten(),
//                                  nn::Linear({.in_features = 1176, .out_features = 10})),
//                   windrow::Shape(1, 1, 28, 28), {.seed = 1});
//   nn::SGD sgd(lenet, {.lr = 0.1, .momentum = 0.9});
//   windrow::Tensor dlogits(windrow::Shape(64, 10, 1, 1));
//   for (int64_t step = 0; step < 1000; ++step) {  // x: 64 x 1 x 28 x 28; labels: 64 of them
//     const auto logits = lenet.Forward(x, {.training = true, .step = step});
//     const double loss = nn::CrossEntropyLoss(logits, labels, dlogits);
//     lenet.Backward(dlogits);
//     sgd.Step();
//   }
//
// A step gives the same bits for any number of threads, in either layout and on every SIMD target
// of a numerics class; with Numerics::kPortable in all layers that have numerics, on every target
// there is. What is no convolution inside rounds each product and each sum, and so has no classes.
// Sums over many elements are taken in one order that depends on their number alone. Random numbers
// are a function of where they are wanted, so that a run goes on from any step to the same bits.
// After the first step of a batch size nothing is allocated.
//
// A model and what works on it belong to one thread at a time, which shares the work among those of
// its tbb::task_arena.
#ifndef WINDROW_TRAIN_H_
#define WINDROW_TRAIN_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "windrow/conv2d.h"
#include "windrow/conv_transpose2d.h"
#include "windrow/export.h"
#include "windrow/pool2d.h"
#include "windrow/tensor.h"

namespace windrow {
inline namespace v0 {
namespace train {

// Random numbers without a state: number `index` of a stream is a function of seed, stream, step
// and index alone (Philox4x32-10, Salmon et al. 2011).
class WINDROW_API Random {
 public:
  Random(uint64_t seed, uint32_t stream, int64_t step = 0)
      : seed_(seed), stream_(stream), step_(step) {}
  Random At(int64_t step) const { return Random(seed_, stream_, step); }

  uint32_t Bits(int64_t index) const;
  std::array<uint32_t, 4> Block(int64_t block) const;  // numbers 4 block to 4 block + 3, at once
  // In [low, high), a multiple of 2^-24 of the way; element i of a tensor is number i.
  void Uniform(const TensorView& to, float low, float high) const;
  // 0 to size - 1 in an order that is any with the same likelihood.
  void Permutation(std::span<int64_t> to) const;

 private:
  uint64_t seed_;
  uint32_t stream_;
  int64_t step_;
};

// A tensor that a layer owns: learnt, or, if it has no gradient, only kept (running means).
struct Parameter {
  std::string name{};  // "weight"; Model puts the layer's before it: "0.weight"
  Tensor value{};      // nchw: [out_channels][in_channels / groups][kernel h][kernel w]
  Tensor gradient{};   // of the loss by it, nchw as well
  int dimensions = 4;  // in PyTorch: the first so many of n, c, h, w; the others are 1
};

// One pass through a layer. All views are dense, in the model's layout.
struct ForwardArgs {
  ConstTensorView x;
  TensorView y;           // OutputShape(x.shape()), to be written whole
  bool training = false;  // dropout drops, batch norm looks at the batch; a Backward will follow
  int64_t step = 0;       // which random numbers are drawn
};
struct BackwardArgs {
  ConstTensorView x, y;  // as in the Forward before
  ConstTensorView dy;    // the gradient of the loss by y
  TensorView dx;         // that by x, to be written whole; empty if nobody wants it
};

class Layer;
using LayerPtr = std::unique_ptr<Layer>;

// A layer of one's own needs Forward and Backward, and OutputShape if that is not the input's.
class WINDROW_API Layer {
 public:
  Layer();
  virtual ~Layer();
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  virtual std::string Kind() const;  // what messages call it: "Conv2d"
  // Throws std::invalid_argument, with both shapes, for an input this layer cannot take.
  virtual Shape OutputShape(const Shape& input) const;
  virtual void Forward(const ForwardArgs& args) = 0;
  // Writes the gradients of the layer's parameters, and dx.
  virtual void Backward(const BackwardArgs& args) = 0;
  virtual std::vector<Parameter*> Parameters();
  // Sets the parameters; called once, by Model, each layer with numbers of its own.
  virtual void Initialize(const Random& random);

  // Of a layer made of others: these, in the order in which they run, and what they were given and
  // gave last.
  struct Part {
    std::string name;
    Layer* layer;
    ConstTensorView input, output;
  };
  virtual std::vector<Part> Parts() const;
};

// PyTorch's layers. Weights and biases start as there: uniform within 1 / sqrt(fan-in). Layers are
// bound to their SIMD target when they are made. An option that is wrong is a
// std::invalid_argument.
struct LinearOptions {
  int64_t in_features = 0;   // must be set
  int64_t out_features = 0;  // must be set
  bool bias = true;
  Numerics numerics = Numerics::kNative;
};
struct BatchNorm2dOptions {
  int64_t num_features = 0;  // must be set
  double eps = 1e-5;
  double momentum = 0.1;  // of the running mean and variance
  Numerics numerics = Numerics::kNative;
};
WINDROW_API LayerPtr Conv2d(const Conv2dOptions& options, bool bias = true);
WINDROW_API LayerPtr ConvTranspose2d(const ConvTranspose2dOptions& options, bool bias = true);
WINDROW_API LayerPtr Linear(const LinearOptions& options);  // n x features x 1 x 1
WINDROW_API LayerPtr MaxPool2d(const MaxPool2dOptions& options);
WINDROW_API LayerPtr AvgPool2d(const AvgPool2dOptions& options);
WINDROW_API LayerPtr AdaptiveAvgPool2d(const AdaptivePool2dOptions& options);
WINDROW_API LayerPtr BatchNorm2d(const BatchNorm2dOptions& options);
WINDROW_API LayerPtr Flatten();  // n x c x h x w to n x chw x 1 x 1, in the order c, h, w
WINDROW_API LayerPtr ReLU();
WINDROW_API LayerPtr LeakyReLU(float negative_slope = 0.01f);
WINDROW_API LayerPtr Sigmoid();
WINDROW_API LayerPtr Tanh();
WINDROW_API LayerPtr SiLU();
WINDROW_API LayerPtr Dropout(double p = 0.5);

// A layer inside another, under the name its parameters get; by itself it gets its number.
struct Named {
  std::string name{};
  LayerPtr layer;
  template <class L>
  requires std::is_base_of_v<Layer, L> Named(std::unique_ptr<L> l)  // NOLINT
      : layer(std::move(l)) {}
  Named(std::string n, LayerPtr l) : name(std::move(n)), layer(std::move(l)) {}
};
WINDROW_API LayerPtr SequentialOf(std::vector<Named> layers);

// One after the other: Sequential(Conv2d(...), ReLU(), Named("head", Linear(...))).
template <class... Layers>
LayerPtr Sequential(Layers&&... layers) {
  std::vector<Named> all;
  all.reserve(sizeof...(layers));
  (all.emplace_back(std::forward<Layers>(layers)), ...);
  return SequentialOf(std::move(all));
}

// body(x) + shortcut(x), or + x if there is none. The body's parameters have no name before their
// own, the shortcut's "downsample", so that a torchvision block is the same to a file.
WINDROW_API LayerPtr Residual(LayerPtr body, LayerPtr shortcut = nullptr);

struct ModelOptions {
  uint64_t seed = 0;  // of the parameters, and of dropout
  Layout layout = Layout::kNhwc;
};

struct Pass {
  bool training = false;
  int64_t step = 0;
};

// A network for inputs of one size, with its parameters.
class WINDROW_API Model {
 public:
  // `input` is one image's shape. Throws std::invalid_argument where a layer does not fit the one
  // before it, naming it and both shapes, and where two parameters have one name.
  Model(LayerPtr network, const Shape& input, const ModelOptions& options = {});
  ~Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;

  Shape InputShape(int64_t batch) const;
  Shape OutputShape(int64_t batch) const;
  Layout layout() const;
  Layer& network();

  // What is returned lives until the next Forward, and so must x until the optimiser's Step.
  ConstTensorView Forward(const ConstTensorView& x, const Pass& pass = {});
  // After a Forward in training: the gradients of all parameters, and by x if dx is given.
  void Backward(const ConstTensorView& dy, const TensorView& dx = {});

  // In the order of the layers.
  std::span<Parameter* const> parameters() const;
  Parameter& parameter(std::string_view name) const;  // std::invalid_argument if there is none

  // For inference: each BatchNorm2d right after a Conv2d in a Sequential becomes part of its
  // weights and bias, as it is now. There are fewer parameters then, and optimisers made before are
  // void.
  void FoldBatchNorms();

  // FNV-1a (64 bits) of all parameters' bits, least significant byte first.
  uint64_t Hash() const;
  // Where the last Forward and Backward first met what is not finite, with layer and element, and
  // what fed it: the largest finite magnitudes of that layer's input and, as they are now, of its
  // weights; "" if nowhere. All outputs of a pass are kept for its Backward, so that this needs no
  // replay of the step from a checkpoint: it costs nothing before it is asked for, and says the
  // same.
  std::string FirstNotFinite() const;

 private:
  struct Impl;
  Impl& impl() const;  // throws if it was moved from
  std::unique_ptr<Impl> impl_;
};

// Losses. They write the gradient by what they are given first, unless that is empty.
enum class Reduction : uint8_t { kMean, kSum };
WINDROW_API double MSELoss(const ConstTensorView& y, const ConstTensorView& target,
                           const TensorView& dy, Reduction reduction = Reduction::kMean);
// Of softmax(logits): n x classes x 1 x 1, or x h x w in nhwc, with a label for each n, h, w. A
// label that is no class is a std::invalid_argument.
WINDROW_API double CrossEntropyLoss(const ConstTensorView& logits, std::span<const int64_t> labels,
                                    const TensorView& dlogits,
                                    Reduction reduction = Reduction::kMean);
// How many have their largest logit, the first of equal ones, at their label.
WINDROW_API int64_t CountCorrect(const ConstTensorView& logits, std::span<const int64_t> labels);

// What changes a model's parameters by their gradients. The model lives longer and is not moved.
class WINDROW_API Optimizer {
 public:
  virtual ~Optimizer();
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  // Throws std::runtime_error where a parameter is not finite then, naming step, parameter and
  // element, and where that came from (Model::FirstNotFinite). Parameters have changed by then.
  void Step();
  int64_t steps() const { return steps_; }
  double lr() const { return lr_; }
  void set_lr(double lr);
  Model& model() const { return model_; }

  // What it keeps for each parameter, in the order of parameters(): "momentum_buffer".
  struct State {
    std::string name;
    std::vector<Tensor> of;
  };
  std::span<State> states() { return states_; }
  void set_steps(int64_t steps) { steps_ = steps; }

 protected:
  Optimizer(Model& model, double lr, const std::vector<std::string>& states);
  // Of one parameter; whether all of it is finite.
  virtual bool Update(Parameter& parameter, size_t index) = 0;

 private:
  Model& model_;
  double lr_;
  int64_t steps_ = 0;
  std::vector<State> states_;
};

struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
};
class WINDROW_API SGD : public Optimizer {
 public:
  SGD(Model& model, const SGDOptions& options);

 private:
  bool Update(Parameter& parameter, size_t index) override;
  SGDOptions options_;
};

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled = false;  // AdamW: weights decay apart from the gradient
};
class WINDROW_API Adam : public Optimizer {
 public:
  Adam(Model& model, const AdamOptions& options);

 private:
  bool Update(Parameter& parameter, size_t index) override;
  AdamOptions options_;
};

// Scales all gradients so that their norm is at most max_norm; returns what it was.
WINDROW_API double ClipGradNorm(Model& model, double max_norm);

// Learning rates as functions of the step, from 0 on, for Optimizer::set_lr or TrainerOptions.
WINDROW_API double StepLR(double lr, int64_t step, int64_t step_size, double gamma = 0.1);
WINDROW_API double CosineLR(double lr, int64_t step, int64_t steps, double lr_min = 0);
WINDROW_API double WarmupLR(double lr, int64_t step, int64_t warmup_steps);  // (step + 1) / warmup

// 2 / the largest eigenvalue of the Hessian of the squared error (Reduction::kSum) of a model that
// is linear in its parameters, such as one convolution, on these inputs: gradient descent with a
// larger learning rate diverges.
WINDROW_API double LargestStableLR(Model& model, const ConstTensorView& x);

// Pictures of 8 bits, with a label each.
struct Dataset {
  Shape image{};                  // 1 x c x h x w
  std::vector<uint8_t> pixels{};  // [picture][c][h][w]
  std::vector<uint8_t> labels{};
  double mean = 0, std = 1;  // a network sees (pixel / 255 - mean) / std
  int64_t size() const { return static_cast<int64_t>(labels.size()); }
};
// Two files in the format of MNIST (IDX), not compressed. Throws std::runtime_error naming the file
// and what is wrong with it.
WINDROW_API Dataset ReadIdx(const std::string& images, const std::string& labels);
// The same from memory; the names are for messages.
WINDROW_API Dataset ParseIdx(std::string_view images, std::string_view labels,
                             const std::string& images_name, const std::string& labels_name);

struct WINDROW_API Score {
  double loss = 0;  // the mean
  int64_t correct = 0, count = 0;
  double accuracy() const;
};

struct TrainerOptions {
  int64_t batch_size = 64;
  uint64_t seed = 0;             // of the order of the pictures, another one in every epoch
  double max_gradient_norm = 0;  // 0: gradients are not clipped
  std::function<double(int64_t step)> lr{};  // the optimiser's stays if empty
};

// Trains a classifier on batches of a set. All it is given lives longer, and is as it says when it
// is made: the last batch of an epoch is smaller if the set's size is no multiple of the batch's.
class WINDROW_API Trainer {
 public:
  Trainer(Model& model, Optimizer& optimizer, const Dataset& data, const TrainerOptions& options);
  Trainer(Model&, Optimizer&, Dataset&&, const TrainerOptions&) = delete;  // it would not live
  ~Trainer();

  // On the next batch; its mean loss. Throws std::runtime_error, before it changes what is learnt,
  // if that is not finite, naming step, picture, layer and element as Optimizer::Step does.
  double Step();
  const Score& score() const;  // of the last Step's batch, before that changed the parameters
  int64_t step() const;
  int64_t steps_per_epoch() const;

  // Parameters, the optimiser's state and the step: all that the next step depends on besides
  // what the trainer was made of. A file is replaced whole or not at all; one that does not fit or
  // is damaged is a std::runtime_error, and changes nothing.
  void Save(const std::string& path) const;
  void Load(const std::string& path);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

WINDROW_API Score Evaluate(Model& model, const Dataset& data, int64_t batch_size = 256);

// The parameters as a safetensors file with PyTorch's names; written and read as Trainer's are.
WINDROW_API void SaveWeights(const Model& model, const std::string& path);
WINDROW_API void LoadWeights(Model& model, const std::string& path);

}  // namespace train
}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_TRAIN_H_
