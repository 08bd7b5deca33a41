// A line of scripts/record-pytorch: a problem of any operation, in words, and PyTorch's answer.
#ifndef WINDROW_TESTS_PYTORCH_ANSWER_H_
#define WINDROW_TESTS_PYTORCH_ANSWER_H_

#include <bit>
#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "windrow/tensor.h"

namespace windrow::test {

struct Answer {
  std::string text;  // the problem's

  bool refused = false;
  std::vector<std::string> facts;  // if refused: words that our own message must have
  std::string message;             // if refused: PyTorch's

  std::vector<int64_t> shape;    // n, c, h, w
  uint64_t digest = 0;           // of all outputs: the bits of the sum, or a hash
  std::vector<float> values;     // all outputs, or those at SampledElement(), or none
  std::vector<int64_t> indices;  // of each of the values, or none

  // Of all outputs, each times its SumWeight(); what is not finite is another number each.
  double sum() const { return std::bit_cast<double>(digest); }
};

// The next line that is not a comment; nothing at the end.
std::optional<std::string> NextLine(std::istream& in);

// Throws std::runtime_error, with the line, if it is not understood by these two, the second of
// which reads the problem.
void ParseLine(const std::string& line, Answer& answer, const std::function<void()>& problem);

// In [0.5, 1), so that every output counts, and no two alike.
double SumWeight(int64_t element);

// Which of so many outputs the value `index` is.
int64_t SampledElement(int64_t index, int64_t elements);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_PYTORCH_ANSWER_H_
