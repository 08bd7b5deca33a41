// The convolutions of the self-test, the same on every machine and for ever: problems from a list
// and from a generator of random numbers in integer arithmetic, and data made of exact floats.
#ifndef WINDROW_TOOLS_CORPUS_H_
#define WINDROW_TOOLS_CORPUS_H_

#include <string>
#include <vector>

#include "problems/conv_problem.h"
#include "tools/values.h"
#include "windrow/tensor.h"

namespace windrow::tool {

using problems::ConvProblem;

// Valid problems, without target, algorithm, numerics and layout. `quick` is a subset.
std::vector<problems::ParsedConv> Corpus(bool quick);

// Of the kind that the corpus has.
std::string RandomConvolution(Random& random);

// Throws std::invalid_argument for one that is not valid, too.
problems::ParsedConv ParseValidConv(const std::string& text);
std::vector<std::string> TextsOf(const std::vector<problems::ParsedConv>& all);

struct ProblemData {
  Tensor x, residual;  // nchw; residual is empty if there is none
  std::vector<float> weights, bias;
};

// Depends on the text alone.
ProblemData MakeData(const problems::ParsedConv& parsed);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_CORPUS_H_
