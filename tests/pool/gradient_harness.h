// Runs the gradient of a pooling and compares every bit of memory with what must be there: the
// reference's dx where dx is, and nothing changed anywhere else.
#ifndef WINDROW_TESTS_POOL_GRADIENT_HARNESS_H_
#define WINDROW_TESTS_POOL_GRADIENT_HARNESS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/pool/harness.h"
#include "tests/pool/problem.h"
#include "windrow/tensor.h"

namespace windrow::test {

// A gradient's input in dense nchw: a problem's dy and, of a maximum, the indices of its outputs.
struct PoolGradientInput {
  explicit PoolGradientInput(const PoolProblem& p);
  Tensor dy;
  bool average;
  std::vector<int64_t> indices{};  // none of an average
};

// The views of dense tensors in nchw.
PoolBackwardArgs BackwardArgsOf(const PoolGradientInput& input, const TensorView& dx);

// What the library's reference gives, in nchw.
Tensor ExpectedPoolGradient(const PoolProblem& p, const PoolGradientInput& input);

// Both, which are the same whatever the layouts, gaps, target and algorithm.
struct KnownPoolGradient {
  explicit KnownPoolGradient(const PoolProblem& p)
      : input(p), expected(ExpectedPoolGradient(p, input)) {}
  PoolGradientInput input;
  Tensor expected;
};

// The problem's layouts, gaps and edge are those of dx (x), dy (y) and the indices. `algorithm` is
// one of PoolBackwardAlgorithms() or "auto", which never refuses.
BitResult CheckPoolGradient(const PoolProblem& p, const KnownPoolGradient& known,
                            const std::string& target, const std::string& algorithm,
                            Scratch scratch = Scratch::kObjects, int threads = 1);
BitResult CheckPoolGradient(const PoolProblem& p, const std::string& target,
                            const std::string& algorithm, Scratch scratch = Scratch::kObjects,
                            int threads = 1);

// "auto" and all but the reference.
std::vector<std::string> PoolBackwardAlgorithmsToTest();

}  // namespace windrow::test

#endif  // WINDROW_TESTS_POOL_GRADIENT_HARNESS_H_
