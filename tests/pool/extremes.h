// Poolings of small images whose attributes are as large as the checks allow: sizes that overflow
// where somebody adds or multiplies two of them without care.
#ifndef WINDROW_TESTS_POOL_EXTREMES_H_
#define WINDROW_TESTS_POOL_EXTREMES_H_

#include "tests/pool/problem.h"
#include "tests/support/values.h"

namespace windrow::test {

// Kernel, stride, dilation, padding and an average's divisor, each of any magnitude; valid, and of
// few outputs.
PoolProblem ExtremePoolProblem(Generator& random);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_POOL_EXTREMES_H_
