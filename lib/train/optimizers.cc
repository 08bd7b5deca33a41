// Optimisers, clipping, learning rates, and the largest learning rate that is stable.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <utility>

#include "lib/base/error.h"
#include "lib/train/elementwise.h"
#include "lib/train/scalar_math.h"
#include "windrow/train.h"

namespace windrow {
inline namespace v0 {
namespace train {

using internal::Require;

namespace {

// Of an option.
void RequireWithin(const char* name, double value, double low, double high) {
  Require(value >= low && value <= high, name, " is ", value, ", not within ", low, " and ", high);
}

void RequireRate(const char* name, double value) {
  Require(value >= 0 && value <= static_cast<double>(std::numeric_limits<float>::max()), name,
          " is ", value, ", not a float from 0 on");
}

// Whether all parts are finite.
bool InParts(const Tensor& t, internal::FunctionRef<bool(int64_t, int64_t)> update) {
  std::atomic<bool> finite = true;
  internal::ForParts(t.shape().elements(), [&](int64_t begin, int64_t end) {
    if (!update(begin, end)) finite.store(false, std::memory_order_relaxed);
  });
  return finite;
}

float F(double value) { return static_cast<float>(value); }

float* Begin(Tensor& t) { return t.data(); }
float* End(Tensor& t) { return t.data() + t.shape().elements(); }

// Of all elements.
double SumOfSquares(std::span<Parameter* const> parameters, Tensor Parameter::*which) {
  const auto kernel = internal::ActiveTrainKernels().sum_of_squares;
  double sum = 0;
  for (Parameter* p : parameters) {
    Tensor& t = p->*which;
    sum += internal::SumOfParts(t.shape().elements(), 1, [&](int64_t begin, int64_t end) {
      float chains[internal::kChains];
      kernel(t.data() + begin, end - begin, chains);
      return internal::SumOfChains(chains);
    });
  }
  return sum;
}

}  // namespace

Optimizer::Optimizer(Model& model, double lr, const std::vector<std::string>& states)
    : model_(model) {
  set_lr(lr);
  for (const std::string& name : states) {
    State state{.name = name, .of = {}};
    for (const Parameter* p : model.parameters()) state.of.emplace_back(p->gradient.shape());
    states_.push_back(std::move(state));
  }
}
Optimizer::~Optimizer() = default;

void Optimizer::set_lr(double lr) {
  RequireRate("the learning rate", lr);
  lr_ = lr;
}

void Optimizer::Step() {
  const auto parameters = model_.parameters();
  for (size_t i = 0; i < parameters.size(); ++i) {
    Parameter& p = *parameters[i];
    if (p.gradient.data() == nullptr || Update(p, i)) continue;
    const float* const bad =
        std::find_if(Begin(p.value), End(p.value), [](float v) { return !std::isfinite(v); });
    const std::string cause = model_.FirstNotFinite();
    throw std::runtime_error(internal::StrCat(
        "after step ", steps_, ", ", p.name, " is ", *bad, " at element ", bad - p.value.data(),
        " of ", p.value.shape(), ": ",
        cause.empty()
            ? internal::StrCat("its gradient there is ", p.gradient.data()[bad - p.value.data()],
                               ", all outputs and gradients were finite: the learning rate ", lr_,
                               " is too large")
            : cause));
  }
  ++steps_;
}

SGD::SGD(Model& model, const SGDOptions& o)
    : Optimizer(model, o.lr,
                o.momentum != 0 ? std::vector<std::string>{"momentum_buffer"}
                                : std::vector<std::string>{}),
      options_(o) {
  RequireWithin("momentum", o.momentum, 0, 1);
  RequireWithin("dampening", o.dampening, 0, 1);
  RequireRate("weight_decay", o.weight_decay);
  Require(!o.nesterov || (o.momentum > 0 && o.dampening == 0),
          "Nesterov momentum needs momentum and no dampening, not ", o.momentum, " and ",
          o.dampening);
}

// PyTorch takes the first gradient as it is, whatever the dampening.
bool SGD::Update(Parameter& p, size_t index) {
  const bool has_momentum = !states().empty();
  float* const w = p.value.data();
  float* const m = has_momentum ? states()[0].of[index].data() : nullptr;
  const auto kernel = internal::ActiveTrainKernels().sgd;
  return InParts(p.value, [&](int64_t begin, int64_t end) {
    return kernel({.w = w + begin,
                   .g = p.gradient.data() + begin,
                   .m = has_momentum ? m + begin : nullptr,
                   .count = end - begin,
                   .lr = F(lr()),
                   .momentum = F(options_.momentum),
                   .undamped = F(steps() == 0 ? 1 : 1 - options_.dampening),
                   .decay = F(options_.weight_decay),
                   .nesterov = options_.nesterov});
  });
}

Adam::Adam(Model& model, const AdamOptions& o)
    : Optimizer(model, o.lr, {"exp_avg", "exp_avg_sq"}), options_(o) {
  RequireWithin("beta1", o.beta1, 0, 0x1.fffffep-1);
  RequireWithin("beta2", o.beta2, 0, 0x1.fffffep-1);
  RequireRate("eps", o.eps);
  RequireRate("weight_decay", o.weight_decay);
}

bool Adam::Update(Parameter& p, size_t index) {
  const AdamOptions& o = options_;
  const double bias1 = 1 - internal::Power(o.beta1, steps() + 1);
  const double bias2 = 1 - internal::Power(o.beta2, steps() + 1);
  float* const w = p.value.data();
  float* const m = states()[0].of[index].data();
  float* const v = states()[1].of[index].data();
  const auto kernel = internal::ActiveTrainKernels().adam;
  return InParts(p.value, [&](int64_t begin, int64_t end) {
    return kernel({.w = w + begin,
                   .g = p.gradient.data() + begin,
                   .m = m + begin,
                   .v = v + begin,
                   .count = end - begin,
                   .keep = F(o.decoupled ? 1 - lr() * o.weight_decay : 1),
                   .decay = F(o.decoupled ? 0 : o.weight_decay),
                   .beta1 = F(o.beta1),
                   .rest1 = F(1 - o.beta1),
                   .beta2 = F(o.beta2),
                   .rest2 = F(1 - o.beta2),
                   .root = F(std::sqrt(bias2)),
                   .eps = F(o.eps),
                   .lr = F(lr() / bias1)});
  });
}

double ClipGradNorm(Model& model, double max_norm) {
  Require(max_norm > 0, "max_norm is ", max_norm, "; it must be above 0");
  const double norm = std::sqrt(SumOfSquares(model.parameters(), &Parameter::gradient));
  const double factor = max_norm / (norm + 1e-6);  // as PyTorch has it
  if (factor < 1) {
    const auto scale = internal::ActiveTrainKernels().scale;
    for (Parameter* p : model.parameters()) {
      float* const g = p->gradient.data();
      internal::RunMap(scale, {g, nullptr, g, p->gradient.shape().elements(), F(factor)});
    }
  }
  return norm;
}

double StepLR(double lr, int64_t step, int64_t step_size, double gamma) {
  Require(step >= 0 && step_size > 0, "step ", step, " with a step size of ", step_size);
  return lr * internal::Power(gamma, step / step_size);
}

double CosineLR(double lr, int64_t step, int64_t steps, double lr_min) {
  Require(step >= 0 && steps > 0, "step ", step, " of ", steps);
  if (step >= steps) return lr_min;
  const double way = static_cast<double>(step) / static_cast<double>(steps);
  return lr_min + (lr - lr_min) * (1 + internal::CosPi(way)) / 2;
}

double WarmupLR(double lr, int64_t step, int64_t warmup_steps) {
  Require(step >= 0 && warmup_steps >= 0, "step ", step, " with ", warmup_steps, " to warm up");
  if (step >= warmup_steps) return lr;
  return lr * static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
}

// Power iteration: where y = J p, the Hessian of |y - t|^2 is 2 J'J, and its product with v is the
// gradient at p = v for the target 0.
double LargestStableLR(Model& model, const ConstTensorView& x) {
  internal::RequireShape("the input", x.shape(), model.InputShape(x.shape().n()));
  std::vector<Parameter*> learnt;
  std::vector<Tensor> saved;
  for (Parameter* p : model.parameters()) {
    if (p->gradient.data() == nullptr) continue;
    learnt.push_back(p);
    saved.push_back(p->value);
    Random(1, static_cast<uint32_t>(learnt.size())).Uniform(p->value, 0.5f, 1.0f);
  }
  const Tensor zero(model.OutputShape(x.shape().n()), model.layout());
  Tensor dy = zero;
  double eigenvalue = 0;
  constexpr int kMaxRounds = 1000;
  for (int round = 0; round < kMaxRounds; ++round) {
    MSELoss(model.Forward(x, {.training = true}), zero, dy, Reduction::kSum);
    model.Backward(dy);
    const double norm = std::sqrt(SumOfSquares(learnt, &Parameter::gradient));
    const double next = norm / std::sqrt(SumOfSquares(learnt, &Parameter::value));
    const double before = std::exchange(eigenvalue, next);
    if (std::abs(eigenvalue - before) <= 1e-7 * eigenvalue) break;
    for (Parameter* p : learnt) {
      std::transform(Begin(p->gradient), End(p->gradient), Begin(p->value),
                     [&](float g) { return F(static_cast<double>(g) / norm); });
    }
  }
  for (size_t i = 0; i < learnt.size(); ++i) {
    std::copy(Begin(saved[i]), End(saved[i]), Begin(learnt[i]->value));
  }
  return 2 / eigenvalue;
}

}  // namespace train
}  // namespace v0
}  // namespace windrow
