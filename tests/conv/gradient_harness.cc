#include "tests/conv/gradient_harness.h"

#include <cstring>
#include <stdexcept>
#include <vector>

#include "tests/conv/gradient_oracle.h"
#include "tests/conv/variants.h"
#include "tests/support/placed.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

struct GradientMemory {
  GuardedBuffer x, y, dw, db;
};

bool IsFusedHere(const Problem& p, const std::string& target) {
  for (const cpu::TargetInfo& t : UsableTargets()) {
    if (t.name == target) return t.fused && p.numerics == Numerics::kNative;
  }
  return false;
}

std::string NamedFailure(const Problem& p, const std::string& target, const std::string& algorithm,
                         const std::string& failure) {
  return failure.empty() ? "" : target + " " + algorithm + " " + ToString(p) + ": " + failure;
}

std::string FirstDifference(const char* what, std::span<const float> a, std::span<const float> b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(float)) != 0) {
      return std::string(what) + "[" + std::to_string(i) + "] is " + std::to_string(a[i]) +
             ", expected " + std::to_string(b[i]);
    }
  }
  return "";
}

template <typename Check>
BitResult Checked(const std::string& algorithm, const Check& check) try {
  return {.refused = false, .failure = check()};
} catch (const std::invalid_argument& e) {
  if (!IsRefusal(e, algorithm)) throw;
  return {.refused = true, .failure = {}};
}

}  // namespace

Conv2d WithGradients(const Problem& p, const std::string& target,
                     const BackwardAlgorithms& algorithms) {
  Conv2dOptions options = Options(p, target, "auto");
  options.backward = algorithms;
  return Conv2d(options, Weights(p), Bias(p));
}

BitResult CheckDataBits(const Problem& p, const std::string& target, const std::string& algorithm) {
  return Checked(algorithm, [&] {
    static thread_local GradientMemory memory;
    const Conv2d conv = WithGradients(p, target, {.data = algorithm});
    const Placed dy = Place(memory.y, p.output(), p.y_layout, p.gaps, p.edge);
    const Placed dx = Place(memory.x, p.input(), p.x_layout, p.gaps, p.edge);
    Fill(dy.view, Role::kResidual, p.values);
    const std::vector<float> dy_before = Copied(dy.memory), dx_before = Copied(dx.memory);
    conv.BackwardData(dy.view, dx.view);
    const Tensor expected = ScatteredData(p, IsFusedHere(p, target), Weights(p), dy.view);
    std::string failure = Difference(dx, dx_before, expected);
    if (!SameMemory<float>(dy.memory, dy_before)) failure = "dy was changed";
    return NamedFailure(p, target, "by data " + algorithm, failure);
  });
}

BitResult CheckWeightsBits(const Problem& p, const std::string& target,
                           const std::string& algorithm) {
  return Checked(algorithm, [&] {
    static thread_local GradientMemory memory;
    const Conv2d conv = WithGradients(p, target, {.weights = algorithm});
    const Placed dy = Place(memory.y, p.output(), p.y_layout, p.gaps, p.edge);
    const Placed x = Place(memory.x, p.input(), p.x_layout, p.gaps, p.edge);
    Fill(x.view, Role::kInput, p.values);
    Fill(dy.view, Role::kResidual, p.values);
    const std::vector<float> dy_before = Copied(dy.memory), x_before = Copied(x.memory);
    const auto dw = memory.dw.Take<float>(p.weights(), p.edge);
    const auto db = memory.db.Take<float>(p.bias ? p.oc : 0, p.edge);
    conv.BackwardWeights({.x = x.view, .dy = dy.view, .dw = dw, .db = db});
    const WeightGradients expected = ScatteredWeights(p, IsFusedHere(p, target), x.view, dy.view);
    std::string failure = FirstDifference("dw", dw, expected.dw);
    if (failure.empty() && p.bias) failure = FirstDifference("db", db, expected.db);
    if (!SameMemory<float>(dy.memory, dy_before)) failure = "dy was changed";
    if (!SameMemory<float>(x.memory, x_before)) failure = "x was changed";
    return NamedFailure(p, target, "by weights " + algorithm, failure);
  });
}

}  // namespace windrow::test
