// The convolution written a second time, apart from the library: what its reference is checked
// against. The input is padded first, then correlated; libm's fmaf is the fused multiply-add.
#ifndef WINDROW_TESTS_CONV_ORACLE_H_
#define WINDROW_TESTS_CONV_ORACLE_H_

#include <vector>

#include "tests/conv/problem.h"
#include "windrow/tensor.h"

namespace windrow::test {

// The outputs (nchw), to the bit, of class F or U.
Tensor OracleBits(const Problem& p, bool fused);

// In double, each with an upper bound of a float result's error.
struct Bounded {
  double value, error;
};
std::vector<Bounded> OracleDouble(const Problem& p);  // in logical order

}  // namespace windrow::test

#endif  // WINDROW_TESTS_CONV_ORACLE_H_
