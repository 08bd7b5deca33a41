// What `windrow tune` is asked to measure.
#ifndef WINDROW_TOOLS_TUNE_PROBLEMS_H_
#define WINDROW_TOOLS_TUNE_PROBLEMS_H_

#include <string>
#include <vector>

#include "problems/conv_problem.h"

namespace windrow::tool {

struct TuneProblem {
  std::string name;
  problems::ConvProblem problem;
  std::string target;  // "" if it names none
};

// Of each argument: a file's layers (bench/layers.h) in this layout, or in "both"; a file's
// problems, one a line ('#' starts a comment); or a problem. Throws std::invalid_argument or
// std::runtime_error, naming what is wrong and where.
std::vector<TuneProblem> ReadTuneProblems(const std::vector<std::string>& arguments,
                                          const std::string& layout);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_TUNE_PROBLEMS_H_
