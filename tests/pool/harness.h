// Runs a pooling and compares every bit of memory with what must be there: the reference's outputs
// and indices where they are, and nothing changed anywhere else.
#ifndef WINDROW_TESTS_POOL_HARNESS_H_
#define WINDROW_TESTS_POOL_HARNESS_H_

#include <optional>
#include <string>

#include "tests/conv/harness.h"
#include "tests/pool/oracle.h"
#include "tests/pool/problem.h"
#include "windrow/pool2d.h"

namespace windrow::test {

// A problem's input and what the library's reference gives, in nchw: the same whatever the layouts,
// gaps, target and algorithm.
class KnownPool {
 public:
  explicit KnownPool(const PoolProblem& p);

  const Tensor x;
  const PoolOutputs& outputs();  // made when they are first asked for: the problem may be refused

 private:
  PoolProblem dense_;
  std::optional<PoolOutputs> outputs_;
};

// As CheckBits of a convolution.
BitResult CheckPoolBits(const PoolProblem& p, KnownPool& known, const std::string& target,
                        const std::string& algorithm, Scratch scratch = Scratch::kObjects,
                        int threads = 1);
BitResult CheckPoolBits(const PoolProblem& p, const std::string& target,
                        const std::string& algorithm, Scratch scratch = Scratch::kObjects,
                        int threads = 1);

PoolProblem InLayout(PoolProblem p, Layout layout);

// The problem's input, and a Run of dense tensors in its layouts.
Tensor PoolInput(const PoolProblem& p);
PoolOutputs RunPool(const Pooling& pooling, const PoolProblem& p, const Tensor& x);

// Whether the algorithm takes dense tensors in the problem's layouts; runs nothing.
bool Accepts(const PoolProblem& p, const std::string& algorithm);

// What the library's reference gives.
PoolOutputs ExpectedPool(const PoolProblem& p);

// Whether both have the same bits and indices.
bool SameOutputs(const PoolOutputs& a, const PoolOutputs& b);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_POOL_HARNESS_H_
