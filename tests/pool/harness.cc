#include "tests/pool/harness.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/support/placed.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

// The buffers of a run, kept for the next one since mapping memory takes time.
struct Memory {
  GuardedBuffer x, y, indices, workspace;
};

// That the object is what was asked for. It explains dense tensors of one layout alone, which an
// algorithm may refuse although it takes these.
std::string WrongBinding(const Pooling& pooling, const PoolProblem& p, const std::string& target,
                         const std::string& algorithm) {
  if (pooling.target() != target) return "bound to target " + pooling.target();
  if (pooling.OutputShape(p.input()) != p.output()) {
    return "gives the shape " + pooling.OutputShape(p.input()).ToString();
  }
  if (algorithm == "auto" || p.y_layout != p.x_layout || p.gaps != Gaps::kNone) return "";
  const Explanation e = pooling.Explain(p.input(), p.x_layout);
  if (e.target != target) return "explains target " + e.target;
  if (e.algorithm != algorithm) return "runs algorithm " + e.algorithm;
  if (e.output != p.output()) return "explains the shape " + e.output.ToString();
  return "";
}

// Runs it in guarded memory; what is wrong, or "".
std::string RunAndCompare(const Pooling& pooling, const PoolProblem& p, KnownPool& known, Memory& m,
                          Scratch scratch, int threads) {
  const Placed x = Place(m.x, p.input(), p.x_layout, p.gaps, p.edge);
  Copy(known.x, x.view);
  const Placed y = Place(m.y, p.output(), p.y_layout, p.gaps, p.edge);
  PoolArgs args{.x = x.view, .y = y.view};
  PlacedIndices indices;
  if (p.indices()) {
    indices = PlaceIndices(m.indices, p.output(), p.index_layout, p.gaps, p.edge);
    args.indices = indices.view;
  }
  if (scratch == Scratch::kCallers) {
    const size_t floats = pooling.WorkspaceBytes(args, threads) / sizeof(float);
    args.workspace =
        std::as_writable_bytes(m.workspace.Take<float>(static_cast<int64_t>(floats), p.edge));
  }
  const std::vector<float> x_before = Copied(x.memory), y_before = Copied(y.memory);
  const std::vector<int64_t> indices_before = Copied(indices.memory);
  pooling.Run(args);
  if (!SameMemory<float>(x.memory, x_before)) return "x was changed";
  const PoolOutputs& expected = known.outputs();
  std::string failure = Difference(y, y_before, expected.y);
  if (failure.empty()) failure = Difference(indices, indices_before, expected.indices);
  return failure;
}

}  // namespace

PoolProblem InLayout(PoolProblem p, Layout layout) {
  p.SetLayout(layout);
  return p;
}

KnownPool::KnownPool(const PoolProblem& p)
    : x(PoolInput(InLayout(p, Layout::kNchw))), dense_(InLayout(p, Layout::kNchw)) {}

const PoolOutputs& KnownPool::outputs() {
  if (!outputs_) outputs_ = RunPool(MakePooling(dense_, /*target=*/"", "reference"), dense_, x);
  return *outputs_;
}

Tensor PoolInput(const PoolProblem& p) {
  Tensor x(p.input(), p.x_layout);
  Fill(x.view(), Role::kInput, p.values);
  return x;
}

PoolOutputs RunPool(const Pooling& pooling, const PoolProblem& p, const Tensor& x) {
  PoolOutputs outputs{Tensor(p.output(), p.y_layout), {}};
  PoolArgs args{.x = x, .y = outputs.y};
  std::vector<int64_t> memory;
  if (p.indices()) {
    memory.resize(static_cast<size_t>(p.output().elements()));
    args.indices = IndexView(memory.data(), p.output(), p.index_layout);
  }
  pooling.Run(args);
  if (!p.indices()) return outputs;
  ForEach(p.output(), [&](int64_t n, int64_t c, int64_t h, int64_t w) {
    outputs.indices.push_back(args.indices.at(n, c, h, w));
  });
  return outputs;
}

bool Accepts(const PoolProblem& p, const std::string& algorithm) try {
  const Tensor x(p.input(), p.x_layout);
  Tensor y(p.output(), p.y_layout);
  std::vector<int64_t> memory(static_cast<size_t>(p.indices() ? p.output().elements() : 0));
  PoolArgs args{.x = x, .y = y};
  if (p.indices()) args.indices = IndexView(memory.data(), p.output(), p.index_layout);
  (void)MakePooling(p, /*target=*/"", algorithm).WorkspaceBytes(args, /*threads=*/1);
  return true;
} catch (const std::invalid_argument& e) {
  if (!IsRefusal(e, algorithm)) throw;
  return false;
}

PoolOutputs ExpectedPool(const PoolProblem& p) { return KnownPool(p).outputs(); }

bool SameOutputs(const PoolOutputs& a, const PoolOutputs& b) {
  return SameBits(a.y, b.y) && a.indices == b.indices;
}

BitResult CheckPoolBits(const PoolProblem& p, const std::string& target,
                        const std::string& algorithm, Scratch scratch, int threads) {
  KnownPool known(p);
  return CheckPoolBits(p, known, target, algorithm, scratch, threads);
}

BitResult CheckPoolBits(const PoolProblem& p, KnownPool& known, const std::string& target,
                        const std::string& algorithm, Scratch scratch, int threads) try {
  static thread_local Memory memory;
  const AnyPooling pooling = MakePooling(p, target, algorithm);
  std::string failure = WrongBinding(pooling, p, target, algorithm);
  if (failure.empty()) failure = RunAndCompare(pooling, p, known, memory, scratch, threads);
  if (!failure.empty()) {
    failure = target + " " + algorithm + " " + ToString(p) + ": " + failure;
  }
  return {.refused = false, .failure = std::move(failure)};
} catch (const std::invalid_argument& e) {
  if (!IsRefusal(e, algorithm)) throw;
  return {.refused = true, .failure = {}};
}

}  // namespace windrow::test
