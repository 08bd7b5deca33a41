// Whether Windrow's pooling does what PyTorch's did: the same maxima to the bit and the same
// indices, both averages within the rounding error of the exact ones. PyTorch's own kernels, for
// contiguous and channels_last tensors, round averages differently, and under a negative divisor
// give zeros of other signs; maxima, indices and refusals are the same in both.
#ifndef WINDROW_TESTS_PYTORCH_POOL_CHECK_H_
#define WINDROW_TESTS_PYTORCH_POOL_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/conv/oracle.h"
#include "tests/pytorch/pool_oracle.h"
#include "tests/pytorch/recording.h"
#include "windrow/tensor.h"

namespace windrow::test {

// How Windrow runs a problem.
struct PytorchPoolWay {
  std::string target;
  Layout x = Layout::kNchw, y = Layout::kNchw;
  std::string algorithm = "auto";  // one that refuses the problem is not run
};

// Where Windrow means to differ, the reason; else null.
const char* TakenHereOnly(const RecordedPool& p);                // PyTorch refuses it
const char* TakenByPytorchOnly(const PoolProblem& p);            // Windrow refuses it
const char* OtherIndex(const PoolProblem& p, const Maximum& m);  // Windrow gives m.index

// Every usable target with both layouts and every algorithm, and from one layout to the other.
const std::vector<PytorchPoolWay>& PytorchPoolWays();

// One problem: what it should give, and whether it does. Failures are texts, "" is none.
class PytorchPoolCheck {
 public:
  explicit PytorchPoolCheck(const RecordedPool& recorded);

  std::string Recording() const;                     // PyTorch's values
  std::string Run(const PytorchPoolWay& way) const;  // Windrow's

 private:
  std::string WrongMaxima() const;  // PyTorch's
  std::string WrongResult(const Tensor& y, const std::vector<int64_t>& indices) const;

  const RecordedPool& recorded_;
  const PoolProblem& p_;
  bool takes_;     // whether Windrow must take it
  bool possible_;  // whether it has a result
  std::vector<Bounded> averages_;
  std::vector<Maximum> maxima_;
};

// Of outputs and their indices, 0 if there are none, as the script computes it.
class PytorchPoolHash {
 public:
  void Add(uint32_t bits, int64_t index);
  uint64_t value() const { return sum_; }

 private:
  uint64_t count_ = 0, sum_ = 0;
};

}  // namespace windrow::test

#endif  // WINDROW_TESTS_PYTORCH_POOL_CHECK_H_
