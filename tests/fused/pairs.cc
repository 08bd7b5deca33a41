#include "tests/fused/pairs.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/placed.h"
#include "tests/support/use_machine.h"

namespace windrow::test {
namespace {

struct PairMemory {
  GuardedBuffer x, y, residual, workspace;
};

Conv2d MakeLayer(const Problem& p, const std::string& target, const std::string& algorithm) {
  return Conv2d(Options(p, target, algorithm), Weights(p), Bias(p));
}

template <class Second>
Fused FusedOf(const Conv2d& first, const Second& second, const std::string& algorithm) {
  return Fused(first, second, {.algorithm = algorithm});
}

// The two calls, both by the reference, and all in nchw.
Tensor TwoCalls(const PairProblem& p, const std::string& target, const Tensor& x,
                const Tensor& residual) {
  const Tensor middle = MakeLayer(p.first, target, "reference").Run(x);
  if (const auto* pool = std::get_if<PoolProblem>(&p.second)) {
    return MakePooling(*pool, target, "reference").Run(middle);
  }
  const auto& conv = std::get<Problem>(p.second);
  Tensor y(conv.output());
  RunArgs args{.x = middle, .y = y};
  if (conv.residual != Residual::kNone) args.residual = residual;
  MakeLayer(conv, target, "reference").Run(args);
  return y;
}

// What is wrong, or "".
std::string RunPair(const Fused& fused, const PairProblem& p, const std::string& target,
                    Scratch scratch, int threads) {
  static thread_local PairMemory m;
  const auto* const conv = std::get_if<Problem>(&p.second);
  const auto& [layout, gaps, edge] =
      std::visit([](const auto& q) { return std::tuple(q.y_layout, q.gaps, q.edge); }, p.second);
  const Residual with = conv != nullptr ? conv->residual : Residual::kNone;
  const Placed x = Place(m.x, p.first.input(), p.first.x_layout, p.first.gaps, p.first.edge);
  const Placed y = Place(m.y, p.output(), layout, gaps, edge);
  Fill(x.view, Role::kInput, p.first.values);
  Tensor x_dense(p.first.input()), residual_dense(p.output());
  Copy(x.view, x_dense);
  Fill(residual_dense.view(), Role::kResidual, p.first.values);
  Placed residual;
  RunArgs args{.x = x.view, .y = y.view};
  if (with == Residual::kSeparate) {
    residual = Place(m.residual, p.output(), conv->residual_layout, gaps, edge);
    Copy(residual_dense, residual.view);
    args.residual = residual.view;
  } else if (with == Residual::kInPlace) {
    Copy(residual_dense, y.view);
    args.residual = y.view;
  }
  if (scratch == Scratch::kCallers) {
    const size_t floats = fused.WorkspaceBytes(args, threads) / sizeof(float);
    args.workspace =
        std::as_writable_bytes(m.workspace.Take<float>(static_cast<int64_t>(floats), edge));
  }
  const std::vector<float> x_before = Copied(x.memory), y_before = Copied(y.memory),
                           residual_before = Copied(residual.memory);
  fused.Run(args);
  if (!SameMemory<float>(x.memory, x_before)) return "x was changed";
  if (!SameMemory<float>(residual.memory, residual_before)) return "the residual was changed";
  const Tensor expected = TwoCalls(p, target, x_dense, residual_dense);
  return Difference(y, y_before, expected);
}

template <typename T>
T OneOfThese(Generator& random, std::initializer_list<T> all) {
  return all.begin()[random.Between(0, std::ssize(all) - 1)];
}

Layout AnyLayout(Generator& random) { return static_cast<Layout>(random.Between(0, 1)); }

// Of an input of so many channels; 0: of any.
void RandomLayer(Generator& random, int64_t ic, Problem& p) {
  const auto channels = [&] {
    return OneOfThese<int64_t>(random, {1, 2, 3, 5, 8, 16, 17, 24, 33});
  };
  p.ic = ic != 0 ? ic : channels();
  p.oc = channels();
  switch (random.Between(0, 3)) {
    case 0:  // depthwise
      p.g = p.ic, p.oc = p.ic * (random.OneIn(4) ? 2 : 1);
      break;
    case 1:
      p.g = p.ic % 2 == 0 ? 2 : 1, p.oc = (p.oc + 1) / 2 * 2;
      break;
    default:
      break;
  }
  p.kernel = random.OneIn(3) ? Size2(1) : random.Pair(1, 5);
  p.stride = random.OneIn(2) ? Size2(1) : random.Pair(1, 3);
  p.dilation = random.OneIn(4) ? random.Pair(1, 3) : Size2(1);
  p.padding = random.OneIn(5)   ? Padding::Same()
              : random.OneIn(5) ? Padding::Sides(random.Between(0, 4), random.Between(0, 4),
                                                 random.Between(0, 4), random.Between(0, 4))
                                : Padding(random.Between(0, 2));
  if (random.OneIn(6)) p.mode = static_cast<PaddingMode>(random.Between(1, 3));
  p.bias = random.OneIn(2);
  if (random.OneIn(2)) p.epilogue = {.clamp_min = 0, .clamp_max = 6};
  if (random.OneIn(4)) p.epilogue.activation = static_cast<Activation>(random.Between(1, 5));
  p.scale = random.OneIn(6);
  p.numerics = random.OneIn(4) ? Numerics::kPortable : Numerics::kNative;
}

PoolProblem RandomWindow(Generator& random) {
  PoolProblem p;
  p.reduction = random.OneIn(2) ? Reduction::kMax : Reduction::kAverage;
  p.kernel = random.OneIn(2) ? Size2(2) : random.Pair(1, 4);
  if (random.OneIn(2)) p.stride = random.Pair(1, 3);
  p.dilation = random.OneIn(4) ? random.Pair(1, 3) : Size2(1);
  if (random.OneIn(2)) p.padding = Padding(p.kernel.h / 2, p.kernel.w / 2);
  if (random.OneIn(6)) p.padding = Padding::Same();
  p.ceil_mode = random.OneIn(2);
  if (p.average() && random.OneIn(2)) p.count_include_pad = false;
  if (p.average() && random.OneIn(5)) p.divisor_override = 7;
  return p;
}

// What both kinds of layers have.
template <class Any>
void Follow(Generator& random, const Problem& first, Any& p) {
  const Shape middle = first.output();
  p.mb = middle.n(), p.ih = middle.h(), p.iw = middle.w();
  p.SetLayout(AnyLayout(random));
  p.gaps = random.OneIn(3) ? static_cast<Gaps>(random.Between(0, 5)) : Gaps::kNone;
  p.edge = static_cast<Edge>(random.Between(0, 1));
  p.values = first.values;
}

}  // namespace

Shape PairProblem::output() const {
  return std::visit([](const auto& p) { return p.output(); }, second);
}

int64_t PairProblem::multiply_adds() const {
  const auto* const conv = std::get_if<Problem>(&second);
  return first.multiply_adds() + (conv == nullptr ? 0 : conv->multiply_adds());
}

std::string ToString(const PairProblem& p) {
  std::ostringstream s;
  s << ToString(p.first) << ", then "
    << std::visit(
           [](const auto& q) {
             using problems::ToString;
             return ToString(q);
           },
           p.second)
    << ", L2 " << p.l2;
  return s.str();
}

PairProblem RandomPair(Generator& random, int64_t max_work) {
  for (;;) {
    PairProblem p;
    Problem& first = p.first;
    first.mb = random.OneIn(3) ? random.Between(1, 5) : 1;
    first.ih = random.Between(1, 30), first.iw = random.Between(1, 20);
    RandomLayer(random, 0, first);
    first.SetLayout(AnyLayout(random));
    first.gaps = random.OneIn(3) ? static_cast<Gaps>(random.Between(0, 5)) : Gaps::kNone;
    first.edge = static_cast<Edge>(random.Between(0, 1));
    if (random.OneIn(3)) first.values = static_cast<Values>(random.Between(0, 7));
    if (!IsValid(first)) continue;
    bool valid;
    if (random.OneIn(3)) {
      auto& pool = p.second.emplace<PoolProblem>(RandomWindow(random));
      pool.c = first.oc;
      Follow(random, first, pool);
      valid = IsValid(pool);
    } else {
      auto& conv = p.second.emplace<Problem>();
      RandomLayer(random, first.oc, conv);
      Follow(random, first, conv);
      conv.residual = static_cast<Residual>(random.Between(0, 2));
      conv.residual_layout = AnyLayout(random);
      valid = IsValid(conv);
    }
    p.l2 = OneOfThese<int64_t>(random, {2 << 10, 8 << 10, 32 << 10, 512 << 10});
    if (valid && p.multiply_adds() <= max_work) return p;
  }
}

Fused MakeFused(const PairProblem& p, const std::string& target, const std::string& algorithm) {
  const Conv2d first = MakeLayer(p.first, target, "auto");
  const auto* const pool = std::get_if<PoolProblem>(&p.second);
  if (pool == nullptr) {
    return FusedOf(first, MakeLayer(std::get<Problem>(p.second), target, "auto"), algorithm);
  }
  if (pool->average()) {
    return FusedOf(first,
                   AvgPool2d({.kernel_size = pool->kernel,
                              .stride = pool->stride,
                              .padding = pool->padding,
                              .ceil_mode = pool->ceil_mode,
                              .count_include_pad = pool->count_include_pad,
                              .divisor_override = pool->divisor_override,
                              .dilation = pool->dilation,
                              .target = target}),
                   algorithm);
  }
  return FusedOf(first,
                 MaxPool2d({.kernel_size = pool->kernel,
                            .stride = pool->stride,
                            .padding = pool->padding,
                            .dilation = pool->dilation,
                            .ceil_mode = pool->ceil_mode,
                            .target = target}),
                 algorithm);
}

int64_t BandsOf(const Explanation& e) { return std::stoll(e.tile); }

BitResult CheckFusedBits(const PairProblem& p, const std::string& target,
                         const std::string& algorithm, Scratch scratch, int threads) {
  const UseMachine cache = UseL2(p.l2);
  const Fused fused = MakeFused(p, target, algorithm);
  std::string failure;
  if (fused.OutputShape(p.first.input()) != p.output()) {
    failure = "gives the shape " + fused.OutputShape(p.first.input()).ToString();
  }
  if (failure.empty()) failure = RunPair(fused, p, target, scratch, threads);
  if (!failure.empty()) {
    failure = target + " " + algorithm + " " + ToString(p) + ": " + failure;
  }
  return {.refused = false, .failure = std::move(failure)};
}

}  // namespace windrow::test
