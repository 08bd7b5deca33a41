// Families of poolings: each takes one attribute, or a few that interact, through all its values
// on small images, while the others vary along the way.
#ifndef WINDROW_TESTS_POOL_SWEEPS_H_
#define WINDROW_TESTS_POOL_SWEEPS_H_

#include <cstdint>
#include <ostream>
#include <string_view>
#include <vector>

#include "tests/pool/problem.h"

namespace windrow::test {

// `lanes` are those of the target the problems are for. They have no reduction yet.
struct PoolSweep {
  const char* name;
  std::vector<PoolProblem> (*problems)(int64_t lanes);
};

inline void PrintTo(const PoolSweep& s, std::ostream* out) { *out << s.name; }

std::vector<PoolSweep> PoolSweeps();
std::vector<PoolSweep> PoolImageSweeps();

// A sweep's valid problems of one reduction.
std::vector<PoolProblem> ProblemsOf(const PoolSweep& sweep, int64_t lanes, Reduction reduction);

// Whether there is nothing of a reduction in a sweep, so that there is nothing to test.
bool TakesNone(std::string_view sweep, Reduction reduction);

// Appends the problem, varied, if it is valid as a maximum.
void Append(std::vector<PoolProblem>& all, PoolProblem p);

// Problems with every attribute at random, layouts included, valid and worth at most `max` taps
// each.
std::vector<PoolProblem> RandomPoolProblems(uint64_t seed, int64_t count, int64_t max);

// Gives a problem values, gaps, a batch and an average's divisor that follow from `index`.
void VaryTheRest(PoolProblem& p, uint64_t index);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_POOL_SWEEPS_H_
