// Layers that work on each element by itself.
#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/error.h"
#include "lib/train/buffer.h"
#include "lib/train/elementwise.h"
#include "windrow/train.h"

namespace windrow {
inline namespace v0 {
namespace train {
namespace {

using internal::ActivationKernels;
using internal::Dense;
using internal::RunMap;
using internal::TrainKernels;

class Activation final : public Layer {
 public:
  enum class Looks : uint8_t { kAtX, kAtY };  // the gradient

  Activation(std::string kind, ActivationKernels TrainKernels::*which, Looks looks, float p = 0)
      : kind_(std::move(kind)),
        kernels_(internal::ActiveTrainKernels().*which),
        looks_(looks),
        p_(p) {}

  std::string Kind() const override { return kind_; }
  void Forward(const ForwardArgs& a) override {
    RunMap(kernels_.forward, {Dense(a.x), nullptr, Dense(a.y), a.x.shape().elements(), p_});
  }
  void Backward(const BackwardArgs& a) override {
    if (a.dx.empty()) return;
    const float* const seen = Dense(looks_ == Looks::kAtX ? a.x : a.y);
    RunMap(kernels_.backward, {seen, Dense(a.dy), Dense(a.dx), a.dx.shape().elements(), p_});
  }

 private:
  std::string kind_;
  ActivationKernels kernels_;
  Looks looks_;
  float p_;
};

// y = x * mask, which holds 0 or 1 / (1 - p). Elements are counted in the order n, h, w, c in
// either layout.
class DropoutLayer final : public Layer {
 public:
  explicit DropoutLayer(double p)  // within 0 and 1
      : dropped_(static_cast<uint64_t>(p * 0x1p32)),
        kept_(static_cast<float>(p < 1 ? 1 / (1 - p) : 0)),
        multiply_(internal::ActiveTrainKernels().multiply) {}

  std::string Kind() const override { return "Dropout"; }
  void Initialize(const Random& random) override { random_ = random; }
  void Forward(const ForwardArgs& a) override {
    if (!a.training) return Copy(a.x, a.y);
    const TensorView mask = mask_.Take(a.x.shape(), a.x.layout());
    Draw(random_.At(a.step), mask);
    RunMap(multiply_, {Dense(a.x), mask.data(), Dense(a.y), mask.shape().elements(), 0});
  }
  void Backward(const BackwardArgs& a) override {
    if (a.dx.empty()) return;
    const TensorView mask = mask_.Take(a.x.shape(), a.x.layout());
    RunMap(multiply_, {Dense(a.dy), mask.data(), Dense(a.dx), mask.shape().elements(), 0});
  }

 private:
  void Draw(const Random& random, const TensorView& mask) const {
    const Shape& s = mask.shape();
    const int64_t pixels = s.h() * s.w();
    const bool in_order = mask.layout() == Layout::kNhwc || pixels == 1;
    internal::ForParts(s.elements(), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i += 4) {  // parts begin with a block
        std::array<uint32_t, 4> bits;
        if (in_order) bits = random.Block(i / 4);
        for (int64_t j = i; j < std::min(i + 4, end); ++j) {
          auto& b = bits[static_cast<size_t>(j - i)];
          if (!in_order) {
            const int64_t image = j / (s.c() * pixels), rest = j % (s.c() * pixels);
            b = random.Bits((image * pixels + rest % pixels) * s.c() + rest / pixels);
          }
          mask.data()[j] = b < dropped_ ? 0 : kept_;
        }
      }
    });
  }

  uint64_t dropped_;  // of 2^32
  float kept_;
  internal::MapFn multiply_;
  Random random_{0, 0};
  internal::Buffer mask_;
};

using Looks = Activation::Looks;

}  // namespace

LayerPtr ReLU() { return std::make_unique<Activation>("ReLU", &TrainKernels::relu, Looks::kAtY); }
LayerPtr LeakyReLU(float negative_slope) {
  return std::make_unique<Activation>("LeakyReLU", &TrainKernels::leaky_relu, Looks::kAtX,
                                      negative_slope);
}
LayerPtr Sigmoid() {
  return std::make_unique<Activation>("Sigmoid", &TrainKernels::sigmoid, Looks::kAtY);
}
LayerPtr Tanh() { return std::make_unique<Activation>("Tanh", &TrainKernels::tanh, Looks::kAtY); }
LayerPtr SiLU() { return std::make_unique<Activation>("SiLU", &TrainKernels::silu, Looks::kAtX); }
LayerPtr Dropout(double p) {
  internal::Require(p >= 0 && p <= 1, "Dropout's p is ", p, ", not within 0 and 1");
  return std::make_unique<DropoutLayer>(p);
}

}  // namespace train
}  // namespace v0
}  // namespace windrow
