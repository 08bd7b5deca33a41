// Runs a problem and compares every bit of memory with what must be there: the reference's
// outputs where the outputs are, and nothing changed anywhere else.
#ifndef WINDROW_TESTS_CONV_HARNESS_H_
#define WINDROW_TESTS_CONV_HARNESS_H_

#include <exception>
#include <string>
#include <vector>

#include "tests/conv/problem.h"
#include "tests/support/placed.h"
#include "windrow/conv2d.h"
#include "windrow/tensor.h"

namespace windrow::test {

struct BitResult {
  bool refused = false;  // the algorithm does not do such problems; nothing was run
  std::string failure;   // empty: the same bits
};

// `algorithm` may be "auto", which never refuses.
BitResult CheckBits(const Problem& p, const std::string& target, const std::string& algorithm);

// Whether this is how a forced algorithm says that it does not do a problem.
bool IsRefusal(const std::exception& e, const std::string& algorithm);

// The problem's numbers.
std::vector<float> Weights(const Problem& p);
std::vector<float> Bias(const Problem& p);  // empty if it has none

// What the library's reference gives on dense tensors (nchw), at this target's numerics.
Tensor Expected(const Problem& p, const std::string& target);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_CONV_HARNESS_H_
