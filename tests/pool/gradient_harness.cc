#include "tests/pool/gradient_harness.h"

#include <cstddef>
#include <span>
#include <stdexcept>
#include <utility>

#include "tests/support/placed.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

// The buffers of a run, kept for the next one since mapping memory takes time.
struct GradientMemory {
  GuardedBuffer dx, dy, indices, workspace;
};

std::string RunPoolGradient(const Pooling& pooling, const PoolProblem& p,
                            const KnownPoolGradient& known, GradientMemory& m, Scratch scratch,
                            int threads) {
  const PoolGradientInput& input = known.input;
  const Placed dy = Place(m.dy, p.output(), p.y_layout, p.gaps, p.edge);
  Copy(input.dy, dy.view);
  const Placed dx = Place(m.dx, p.input(), p.x_layout, p.gaps, p.edge);
  PoolBackwardArgs args{.dy = dy.view, .dx = dx.view};
  PlacedIndices indices;
  if (!p.average()) {
    indices = PlaceIndices(m.indices, p.output(), p.index_layout, p.gaps, p.edge);
    auto next = input.indices.begin();
    ForEach(p.output(), [&](int64_t n, int64_t c, int64_t h, int64_t w) {
      indices.view.at(n, c, h, w) = *next++;
    });
    args.indices = indices.view;
  }
  if (scratch == Scratch::kCallers) {
    const size_t floats = pooling.WorkspaceBytes(args, threads) / sizeof(float);
    args.workspace =
        std::as_writable_bytes(m.workspace.Take<float>(static_cast<int64_t>(floats), p.edge));
  }
  const std::vector<float> dx_before = Copied(dx.memory), dy_before = Copied(dy.memory);
  const std::vector<int64_t> indices_before = Copied(indices.memory);
  pooling.Backward(args);
  if (!SameMemory<float>(dy.memory, dy_before)) return "dy was changed";
  if (!SameMemory<int64_t>(indices.memory, indices_before)) return "the indices were changed";
  return Difference(dx, dx_before, known.expected);
}

}  // namespace

PoolGradientInput::PoolGradientInput(const PoolProblem& p) : dy(p.output()), average(p.average()) {
  Fill(dy.view(), Role::kResidual, p.values);
  if (!average) indices = ExpectedPool(WithReduction(p, Reduction::kMaxIndices)).indices;
}

PoolBackwardArgs BackwardArgsOf(const PoolGradientInput& input, const TensorView& dx) {
  PoolBackwardArgs args{.dy = input.dy, .dx = dx};
  if (!input.average) {
    args.indices = ConstIndexView(input.indices.data(), input.dy.shape(), Layout::kNchw);
  }
  return args;
}

Tensor ExpectedPoolGradient(const PoolProblem& p, const PoolGradientInput& input) {
  Tensor dx(p.input());
  MakePooling(p, /*target=*/"", "auto", "reference").Backward(BackwardArgsOf(input, dx));
  return dx;
}

std::vector<std::string> PoolBackwardAlgorithmsToTest() {
  std::vector<std::string> names = PoolBackwardAlgorithms();
  std::erase(names, "reference");
  names.emplace_back("auto");
  return names;
}

BitResult CheckPoolGradient(const PoolProblem& p, const std::string& target,
                            const std::string& algorithm, Scratch scratch, int threads) {
  return CheckPoolGradient(p, KnownPoolGradient(p), target, algorithm, scratch, threads);
}

BitResult CheckPoolGradient(const PoolProblem& p, const KnownPoolGradient& known,
                            const std::string& target, const std::string& algorithm,
                            Scratch scratch, int threads) try {
  static thread_local GradientMemory memory;
  const AnyPooling pooling = MakePooling(p, target, "auto", algorithm);
  std::string failure = RunPoolGradient(pooling, p, known, memory, scratch, threads);
  if (!failure.empty()) {
    failure = target + " " + algorithm + ", gradient of " + ToString(p) + ": " + failure;
  }
  return {.refused = false, .failure = std::move(failure)};
} catch (const std::invalid_argument& e) {
  if (!IsRefusal(e, algorithm)) throw;
  return {.refused = true, .failure = {}};
}

}  // namespace windrow::test
