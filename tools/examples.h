// The worked examples of a textbook's chapter on convolution, each with the result it must give.
#ifndef WINDROW_TOOLS_EXAMPLES_H_
#define WINDROW_TOOLS_EXAMPLES_H_

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "windrow/tensor.h"

namespace windrow::tool {

// One result beside the expected one. They must be equal to the bit or, if there is a tolerance, no
// further apart than that times the expected number.
struct Check {
  std::string what;
  Tensor computed, expected;
  double tolerance = 0;

  bool ok() const;
};

struct Example {
  const char* name;   // "E1"
  const char* title;  // what it shows
  std::vector<Check> (*run)();
  const char* topic = "";  // a name for all of one kind
};

// All of them, in order.
std::vector<Example> Examples();

// The parts of the table.
std::span<const Example> CorrelationExamples();
std::span<const Example> ChannelExamples();
std::span<const Example> PoolingExamples();
std::span<const Example> LearningExamples();

// What the parts share.

// A 1x1xhxw tensor from its values, row by row.
Tensor Matrix(int64_t h, int64_t w, std::span<const float> values);
Tensor Matrix(int64_t h, int64_t w, std::initializer_list<float> values);
Tensor Transposed(const Tensor& matrix);
std::span<const float> ValuesOf(const Tensor& t);  // of an nchw tensor
// 0, 1, 2, ...
std::vector<float> Counting(int64_t count);
// The same "random" values in [-1, 1) on every machine.
std::vector<float> Scattered(int64_t count, uint32_t seed);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_EXAMPLES_H_
