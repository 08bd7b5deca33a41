// Windrow's gradients and transposed convolution against PyTorch's.
#ifndef WINDROW_TESTS_PYTORCH_GRADIENT_CHECK_H_
#define WINDROW_TESTS_PYTORCH_GRADIENT_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/conv/oracle.h"
#include "tests/pytorch/check.h"
#include "tests/pytorch/recording.h"

namespace windrow::test {

// What is asked of a convolution's problem; a transposed one leads from its output to its input.
enum class Asked : uint8_t { kData, kWeights, kBias, kTranspose };

struct RecordedGradient {
  Recorded recorded;
  Asked asked;
};

bool IsGradient(const std::string& line);
// Throws std::runtime_error, with the line, if it is not understood.
RecordedGradient ParseGradient(const std::string& line);

// As PytorchCheck.
class GradientCheck {
 public:
  explicit GradientCheck(const RecordedGradient& recorded);

  std::string Recording() const;
  std::string Run(const Way& way) const;

 private:
  Tensor Compute(const Way& way) const;

  RecordedGradient recorded_;
  Shape shape_;
  std::vector<Bounded> exact_;
};

}  // namespace windrow::test

#endif  // WINDROW_TESTS_PYTORCH_GRADIENT_CHECK_H_
