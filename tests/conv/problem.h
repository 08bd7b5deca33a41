// The names that tests use of problems/.
#ifndef WINDROW_TESTS_CONV_PROBLEM_H_
#define WINDROW_TESTS_CONV_PROBLEM_H_

#include "problems/conv_problem.h"

namespace windrow::test {

using Problem = problems::ConvProblem;
using problems::Edge;
using problems::Gaps;
using problems::Residual;
using problems::Sides;
using problems::Slide;
using problems::Values;

}  // namespace windrow::test

#endif  // WINDROW_TESTS_CONV_PROBLEM_H_
