#include "tests/conv/harness.h"

#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>

#include "tests/support/values.h"

namespace windrow::test {
namespace {

// The buffers of a run, kept for the next one since mapping memory takes time.
struct Memory {
  GuardedBuffer x, y, residual, weights, bias, workspace;
};

// Moves the numbers to guarded memory.
std::span<const float> Guard(GuardedBuffer& buffer, std::span<const float> from, Edge edge) {
  const std::span<float> to = buffer.Take<float>(static_cast<int64_t>(from.size()), edge);
  if (!from.empty()) std::memcpy(to.data(), from.data(), from.size_bytes());
  return to;
}

Tensor Filled(const Shape& shape, Role role, Values values) {
  Tensor t(shape);
  Fill(t.view(), role, values);
  return t;
}

// That the object is what was asked for.
std::string WrongBinding(const Conv2d& conv, const Problem& p, const std::string& target,
                         const std::string& algorithm) {
  const Explanation e = conv.Explain(p.input(), p.x_layout);
  if (conv.target() != target || e.target != target) return "bound to target " + conv.target();
  if (algorithm != "auto" && e.algorithm != algorithm) return "runs algorithm " + e.algorithm;
  if (e.output != p.output()) return "gives the shape " + e.output.ToString();
  if (e.multiply_adds != p.multiply_adds()) {
    return "counts " + std::to_string(e.multiply_adds) + " multiply-adds";
  }
  return "";
}

// Runs conv in guarded memory; what is wrong, or "".
std::string RunAndCompare(const Conv2d& conv, const Problem& p, Known& known, Memory& m,
                          Scratch scratch, int threads) {
  const Placed x = Place(m.x, p.input(), p.x_layout, p.gaps, p.edge);
  Copy(known.x, x.view);
  const Placed y = Place(m.y, p.output(), p.y_layout, p.gaps, p.edge);
  RunArgs args{.x = x.view, .y = y.view};
  Placed residual;
  if (p.residual == Residual::kInPlace) {
    Copy(known.residual, y.view);
    args.residual = y.view;
  } else if (p.residual == Residual::kSeparate) {
    residual = Place(m.residual, p.output(), p.residual_layout, p.gaps, p.edge);
    Copy(known.residual, residual.view);
    args.residual = residual.view;
  }
  if (scratch == Scratch::kCallers) {
    const size_t floats = conv.WorkspaceBytes(args, threads) / sizeof(float);
    args.workspace =
        std::as_writable_bytes(m.workspace.Take<float>(static_cast<int64_t>(floats), p.edge));
  }
  const std::vector<float> x_before = Copied(x.memory), y_before = Copied(y.memory),
                           residual_before = Copied(residual.memory);
  conv.Run(args);
  if (!SameMemory<float>(x.memory, x_before)) return "x was changed";
  if (!SameMemory<float>(residual.memory, residual_before)) return "the residual was changed";
  return Difference(y, y_before, known.y());
}

}  // namespace

std::vector<float> Weights(const Problem& p) {
  std::vector<float> w(static_cast<size_t>(p.weights()));
  Fill(w, Role::kWeights, p.values);
  return w;
}

std::vector<float> Bias(const Problem& p) {
  std::vector<float> b(p.bias ? static_cast<size_t>(p.oc) : 0);
  Fill(b, Role::kBias, p.values);
  return b;
}

Known::Known(const Problem& p, const std::string& target)
    : weights(Weights(p)),
      bias(Bias(p)),
      x(Filled(p.input(), Role::kInput, p.values)),
      residual(p.residual == Residual::kNone ? Tensor()
                                             : Filled(p.output(), Role::kResidual, p.values)),
      reference_(Options(p, target, "reference")),
      output_(p.output()) {}

const Tensor& Known::y() {
  if (!y_) {
    y_.emplace(output_);
    RunArgs args{.x = x, .y = *y_};
    if (residual.shape() == output_) args.residual = residual;
    Conv2d(reference_, weights, bias).Run(args);
  }
  return *y_;
}

Tensor Expected(const Problem& p, const std::string& target) { return Known(p, target).y(); }

bool IsRefusal(const std::exception& e, const std::string& algorithm) {
  return std::string(e.what()).starts_with("the algorithm \"" + algorithm + "\" cannot run this");
}

BitResult CheckBits(const Problem& p, const std::string& target, const std::string& algorithm,
                    Scratch scratch, int threads) {
  Known known(p, target);
  return CheckBits(p, known, target, algorithm, scratch, threads);
}

BitResult CheckBits(const Problem& p, Known& known, const std::string& target,
                    const std::string& algorithm, Scratch scratch, int threads) try {
  static thread_local Memory memory;
  const auto guarded_weights = Guard(memory.weights, known.weights, p.edge);
  const auto guarded_bias = Guard(memory.bias, known.bias, p.edge);
  const Conv2d conv(Options(p, target, algorithm), guarded_weights, guarded_bias);
  std::string failure = WrongBinding(conv, p, target, algorithm);
  if (failure.empty()) failure = RunAndCompare(conv, p, known, memory, scratch, threads);
  if (failure.empty() && (!SameMemory<float>(guarded_weights, known.weights) ||
                          !SameMemory<float>(guarded_bias, known.bias))) {
    failure = "the weights or the bias were changed";
  }
  if (!failure.empty()) {
    failure = target + " " + algorithm + " " + ToString(p) + ": " + failure;
  }
  return {.refused = false, .failure = std::move(failure)};
} catch (const std::invalid_argument& e) {
  if (!IsRefusal(e, algorithm)) throw;
  return {.refused = true, .failure = {}};
}

}  // namespace windrow::test
