// Runs a problem and compares every bit of memory with what must be there: the reference's
// outputs where the outputs are, and nothing changed anywhere else.
#ifndef WINDROW_TESTS_CONV_HARNESS_H_
#define WINDROW_TESTS_CONV_HARNESS_H_

#include <cstdint>
#include <exception>
#include <optional>
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

// A problem's numbers and what the library's reference gives of them on dense tensors, all in nchw:
// the same whatever the layouts, gaps and algorithm.
class Known {
 public:
  // At this target's numerics.
  Known(const Problem& p, const std::string& target);

  const std::vector<float> weights, bias;
  const Tensor x, residual;
  const Tensor& y();  // made when it is first asked for: the problem may be refused

 private:
  Conv2dOptions reference_;
  Shape output_;
  std::optional<Tensor> y_;
};

// Whose scratch memory a Run uses.
enum class Scratch : uint8_t { kObjects, kCallers };

// `algorithm` may be "auto", which never refuses. A caller's workspace is of just the size asked
// for `threads` threads, full of NaN, and starts or ends at an inaccessible page.
BitResult CheckBits(const Problem& p, Known& known, const std::string& target,
                    const std::string& algorithm, Scratch scratch = Scratch::kObjects,
                    int threads = 1);
BitResult CheckBits(const Problem& p, const std::string& target, const std::string& algorithm,
                    Scratch scratch = Scratch::kObjects, int threads = 1);

// Whether this is how a forced algorithm says that it does not do a problem.
bool IsRefusal(const std::exception& e, const std::string& algorithm);

// The problem's numbers.
std::vector<float> Weights(const Problem& p);
std::vector<float> Bias(const Problem& p);  // empty if it has none

// The reference's output in nchw, at this target's numerics.
Tensor Expected(const Problem& p, const std::string& target);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_CONV_HARNESS_H_
