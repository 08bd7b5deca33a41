// The pooling written a second time, apart from the library, after PyTorch's own loops: what the
// library's reference is checked against.
#ifndef WINDROW_TESTS_POOL_ORACLE_H_
#define WINDROW_TESTS_POOL_ORACLE_H_

#include <cstdint>
#include <vector>

#include "tests/conv/oracle.h"
#include "tests/pool/problem.h"
#include "windrow/tensor.h"

namespace windrow::test {

// The outputs and, if they are asked for, indices in logical order.
struct PoolOutputs {
  Tensor y;
  std::vector<int64_t> indices;
};

// To the bit, where denormals are kept.
PoolOutputs PoolOracle(const PoolProblem& p);

// The gradient by the input, of dense nchw tensors; `indices` are those of a maximum. To the bit,
// where denormals are kept.
Tensor PoolGradientOracle(const PoolProblem& p, const Tensor& dy,
                          const std::vector<int64_t>& indices);

// Averages in double, each with an upper bound of a float result's error; in logical order.
std::vector<Bounded> PoolOracleDouble(const PoolProblem& p);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_POOL_ORACLE_H_
