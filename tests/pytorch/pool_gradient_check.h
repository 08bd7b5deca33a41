// Windrow's gradients of poolings against PyTorch's.
#ifndef WINDROW_TESTS_PYTORCH_POOL_GRADIENT_CHECK_H_
#define WINDROW_TESTS_PYTORCH_POOL_GRADIENT_CHECK_H_

#include <string>
#include <vector>

#include "tests/conv/oracle.h"
#include "tests/pytorch/pool_check.h"
#include "tests/pytorch/recording.h"

namespace windrow::test {

bool IsPoolGradient(const std::string& line);
// Throws std::runtime_error, with the line, if it is not understood.
RecordedPool ParsePoolGradient(const std::string& line);

// As PytorchPoolCheck.
class PoolGradientCheck {
 public:
  explicit PoolGradientCheck(const RecordedPool& recorded);

  std::string Recording() const;
  std::string Run(const PytorchPoolWay& way) const;

 private:
  const RecordedPool& recorded_;
  std::vector<float> dy_;  // in nchw
  std::vector<Bounded> exact_;
};

}  // namespace windrow::test

#endif  // WINDROW_TESTS_PYTORCH_POOL_GRADIENT_CHECK_H_
