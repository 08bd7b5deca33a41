// Whether Windrow does what PyTorch did. Both add floats, in another order, so neither is the
// other's measure: both must lie within the rounding error of the exact result (oracle.h).
#ifndef WINDROW_TESTS_PYTORCH_CHECK_H_
#define WINDROW_TESTS_PYTORCH_CHECK_H_

#include <string>
#include <vector>

#include "tests/conv/oracle.h"
#include "tests/pytorch/recording.h"
#include "windrow/conv2d.h"
#include "windrow/tensor.h"

namespace windrow::test {

// How Windrow runs a problem.
struct Way {
  std::string target;
  Layout layout = Layout::kNchw;
  std::string algorithm = "auto";  // one that refuses the problem is not run
  Numerics numerics = Numerics::kNative;
};

// Where Windrow means to differ, the reason; else null.
const char* TakenHereOnly(const Problem& p);       // PyTorch refuses it
const char* TakenByPytorchOnly(const Problem& p);  // Windrow refuses it

// Runs for problem `index`: on every usable target in both layouts, and some of other
// algorithms and numerics, which change from problem to problem.
std::vector<Way> Ways(int64_t index);

// One problem: what it should give, and whether it does. Failures are texts, "" is none.
class PytorchCheck {
 public:
  explicit PytorchCheck(const Recorded& recorded);

  std::string Recording() const;          // PyTorch's values
  std::string Run(const Way& way) const;  // Windrow's

 private:
  std::string WrongValue(const Tensor& y) const;

  const Recorded& recorded_;
  bool takes_;                  // whether Windrow must take it
  std::vector<Bounded> exact_;  // if so, every output
};

}  // namespace windrow::test

#endif  // WINDROW_TESTS_PYTORCH_CHECK_H_
