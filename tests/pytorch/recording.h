// What PyTorch said of convolutions and poolings: problems with its answers, as
// scripts/record-pytorch writes them, one a line.
#ifndef WINDROW_TESTS_PYTORCH_RECORDING_H_
#define WINDROW_TESTS_PYTORCH_RECORDING_H_

#include <cstdint>
#include <string>

#include "tests/conv/problem.h"
#include "tests/pool/problem.h"
#include "tests/pytorch/answer.h"

namespace windrow::test {

struct Recorded : Answer {
  Problem problem;
  // Misuse only: what is given where the problem asks for another number.
  int64_t channels = 0, weights = 0, biases = 0;
};

// The layout of x says which of PyTorch's kernels gave the answer.
struct RecordedPool : Answer {
  PoolProblem problem;
};

// Throw std::runtime_error, with the line, if it is not understood.
Recorded ParseRecorded(const std::string& line);
RecordedPool ParseRecordedPool(const std::string& line);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_PYTORCH_RECORDING_H_
