// Pairs of layers by chance, and the comparison of one fused call with the two calls: every bit of
// memory.
#ifndef WINDROW_TESTS_FUSED_PAIRS_H_
#define WINDROW_TESTS_FUSED_PAIRS_H_

#include <cstdint>
#include <string>
#include <variant>

#include "lib/base/machine.h"
#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/pool/problem.h"
#include "tests/support/values.h"
#include "windrow/fused.h"

namespace windrow::test {

// The layout and gaps of x and the values are the first's, those of y and the residual the
// second's.
struct PairProblem {
  Problem first;
  std::variant<Problem, PoolProblem> second;
  int64_t l2 = 512 << 10;  // as if the L2 cache had so many bytes

  Shape output() const;
  int64_t multiply_adds() const;
};
std::string ToString(const PairProblem& p);

// Of at most about so many multiply-adds, on images and caches so small that most have many bands.
PairProblem RandomPair(Generator& random, int64_t max_work);

// While one lives, objects are built for this machine with another L2 cache.
class L2Cache {
 public:
  explicit L2Cache(int64_t bytes);
  ~L2Cache() { internal::SetMachineForTest(before_); }
  L2Cache(const L2Cache&) = delete;
  L2Cache& operator=(const L2Cache&) = delete;

 private:
  const internal::Machine before_;
};

// The pair, of layers with "auto", and how many bands Explain says that it has.
Fused MakeFused(const PairProblem& p, const std::string& target, const std::string& algorithm);
int64_t BandsOf(const Explanation& e);

// Runs it in guarded memory, as CheckBits (tests/conv/harness.h); never refused.
BitResult CheckFusedBits(const PairProblem& p, const std::string& target,
                         const std::string& algorithm, Scratch scratch = Scratch::kObjects,
                         int threads = 1);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_FUSED_PAIRS_H_
