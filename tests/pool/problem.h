// The names that tests use of problems/, of poolings.
#ifndef WINDROW_TESTS_POOL_PROBLEM_H_
#define WINDROW_TESTS_POOL_PROBLEM_H_

#include "problems/pool_problem.h"
#include "tests/conv/problem.h"

namespace windrow::test {

using problems::AnyPooling;
using problems::kReductions;
using problems::PoolProblem;
using problems::Reduction;

}  // namespace windrow::test

#endif  // WINDROW_TESTS_POOL_PROBLEM_H_
