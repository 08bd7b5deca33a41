// What PyTorch said: convolution problems with its answers, as scripts/record-pytorch writes them,
// one a line.
#ifndef WINDROW_TESTS_PYTORCH_RECORDING_H_
#define WINDROW_TESTS_PYTORCH_RECORDING_H_

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "tests/problem.h"
#include "windrow/tensor.h"

namespace windrow::test {

struct Recorded {
  std::string text;  // the problem's
  Problem problem;
  // Misuse only: what is given where the problem asks for another number.
  int64_t channels = 0, weights = 0, biases = 0;

  bool refused = false;
  std::vector<std::string> facts;  // if refused: words that our own message must have
  std::string message;             // if refused: PyTorch's

  std::vector<int64_t> shape;  // n, c, h, w
  double sum = 0;              // of all outputs, each times its SumWeight()
  std::vector<float> values;   // all outputs, or those at SampledElement()
};

// The next line that is not a comment; nothing at the end. Throws std::runtime_error, with the
// line, if it is not understood.
std::optional<Recorded> NextRecorded(std::istream& in);

// In [0.5, 1), so that every output counts, and no two alike.
double SumWeight(int64_t element);

// Which of so many outputs the value `index` is.
int64_t SampledElement(int64_t index, int64_t elements);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_PYTORCH_RECORDING_H_
