// Pairs of layers by chance, and the comparison of one fused call with the two calls: every bit of
// memory.
#ifndef WINDROW_TESTS_FUSED_PAIRS_H_
#define WINDROW_TESTS_FUSED_PAIRS_H_

#include <cstdint>
#include <string>
#include <variant>

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

// The pair, of layers with "auto", and how many bands Explain says that it has.
Fused MakeFused(const PairProblem& p, const std::string& target, const std::string& algorithm);
int64_t BandsOf(const Explanation& e);

// Runs it in guarded memory, as CheckBits (tests/conv/harness.h); never refused.
BitResult CheckFusedBits(const PairProblem& p, const std::string& target,
                         const std::string& algorithm, Scratch scratch = Scratch::kObjects,
                         int threads = 1);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_FUSED_PAIRS_H_
