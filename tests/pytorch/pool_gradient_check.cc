#include "tests/pytorch/pool_gradient_check.h"

#include <algorithm>
#include <stdexcept>

#include "tests/pool/harness.h"
#include "tests/pytorch/verdict.h"
#include "tests/support/values.h"
#include "windrow/pool2d.h"

namespace windrow::test {
namespace {

constexpr char kBackward[] = "backward ";

std::vector<float> OutputGradients(const PoolProblem& p) {
  std::vector<float> dy(static_cast<size_t>(p.output().elements()));
  Fill(dy, Role::kResidual, Values::kPlain);
  return dy;
}

}  // namespace

bool IsPoolGradient(const std::string& line) { return line.starts_with(kBackward); }

RecordedPool ParsePoolGradient(const std::string& line) {
  if (!IsPoolGradient(line)) throw std::runtime_error("not a pooling's gradient: " + line);
  RecordedPool recorded = ParseRecordedPool(line.substr(sizeof(kBackward) - 1));
  recorded.text = kBackward + recorded.text;
  return recorded;
}

PoolGradientCheck::PoolGradientCheck(const RecordedPool& recorded)
    : recorded_(recorded),
      dy_(OutputGradients(recorded.problem)),
      exact_(ExactPoolGradient(recorded.problem, dy_)) {}

std::string PoolGradientCheck::Recording() const {
  return WrongAnswer(recorded_, recorded_.problem.input(), exact_);
}

std::string PoolGradientCheck::Run(const PytorchPoolWay& way) const {
  if (way.algorithm != "auto") return "";
  const PoolProblem& p = recorded_.problem;
  const problems::AnyPooling pooling = MakePooling(p, way.target, way.algorithm);
  const Tensor x = PoolInput(InLayout(p, way.x));
  Tensor dx(p.input(), way.x), dy(p.output(), way.y), result(p.input());
  Copy(ConstTensorView(dy_.data(), p.output(), Layout::kNchw), dy);
  PoolBackwardArgs args{.dy = dy, .dx = dx};
  IndexTensor indices;
  if (!p.average()) {
    indices = IndexTensor(p.output(), way.y);
    Tensor y(p.output(), way.y);
    pooling.Run({.x = x, .y = y, .indices = indices});
    args.indices = indices;
  }
  pooling.Backward(args);
  Copy(dx, result);
  const std::string failure = WrongOutputs(result, exact_);
  if (failure.empty()) return "";
  return failure + " (" + way.target + ' ' + ToString(way.x) + " from " + ToString(way.y) + ')';
}

}  // namespace windrow::test
