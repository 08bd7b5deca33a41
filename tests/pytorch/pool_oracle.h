// The pooling written a second time, apart from the library: what both PyTorch's answers and
// Windrow's are checked against.
#ifndef WINDROW_TESTS_PYTORCH_POOL_ORACLE_H_
#define WINDROW_TESTS_PYTORCH_POOL_ORACLE_H_

#include <cstdint>
#include <vector>

#include "tests/conv/oracle.h"
#include "tests/pool/problem.h"
#include "windrow/tensor.h"

namespace windrow::test {

// Whether a batch of it has a result.
bool IsPossible(const PoolProblem& p);

// The following are of possible ones only, the outputs in logical order.
Shape OutputOf(const PoolProblem& p);

struct Maximum {
  uint32_t bits;  // NaN is 0x7FC00000
  int64_t index;  // -1 if no tap is inside the input
  int64_t start;  // the index of the first tap not before the input, even if it is past it
};
std::vector<Maximum> ExactMaxima(const PoolProblem& p);

// In double, each with an upper bound of a float result's error.
std::vector<Bounded> ExactAverages(const PoolProblem& p);

// The gradient by the input, likewise, where `dy` are the outputs'.
std::vector<Bounded> ExactPoolGradient(const PoolProblem& p, const std::vector<float>& dy);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_PYTORCH_POOL_ORACLE_H_
