// Computes the gradients of a problem and compares every bit of memory with what must be there.
#ifndef WINDROW_TESTS_CONV_GRADIENT_HARNESS_H_
#define WINDROW_TESTS_CONV_GRADIENT_HARNESS_H_

#include <string>

#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "windrow/conv2d.h"

namespace windrow::test {

// The problem's x and dx have its x's layout, dy has its y's. Its bias, residual and epilogue do
// not matter. An algorithm may be "auto", which never refuses.
BitResult CheckDataBits(const Problem& p, const std::string& target, const std::string& algorithm);
BitResult CheckWeightsBits(const Problem& p, const std::string& target,
                           const std::string& algorithm);

// A layer with these algorithms for its gradients.
Conv2d WithGradients(const Problem& p, const std::string& target,
                     const BackwardAlgorithms& algorithms);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_CONV_GRADIENT_HARNESS_H_
