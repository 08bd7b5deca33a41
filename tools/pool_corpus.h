// The poolings of the self-test, as corpus.h has its convolutions.
#ifndef WINDROW_TOOLS_POOL_CORPUS_H_
#define WINDROW_TOOLS_POOL_CORPUS_H_

#include <string>
#include <vector>

#include "problems/pool_problem.h"
#include "tools/values.h"
#include "windrow/tensor.h"

namespace windrow::tool {

// Valid problems, without target, algorithm and layout. `quick` is a subset.
std::vector<problems::ParsedPool> PoolCorpus(bool quick);

std::string RandomPooling(Random& random);
problems::ParsedPool ParseValidPool(const std::string& text);

// The input in nchw. Depends on the text alone.
Tensor MakePoolData(const problems::ParsedPool& parsed);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_POOL_CORPUS_H_
