// Which algorithms of pooling there are, and what each takes.
#ifndef WINDROW_TESTS_POOL_VARIANTS_H_
#define WINDROW_TESTS_POOL_VARIANTS_H_

#include <string>
#include <vector>

#include "tests/conv/variants.h"
#include "tests/pool/problem.h"
#include "windrow/tensor.h"

namespace windrow::test {

// "auto" and all but the reference.
std::vector<std::string> PoolAlgorithmsToTest();

// Whether the algorithm takes anything at all of this kind: one of a few everyday problems.
bool TakesEveryday(const std::string& algorithm, Layout layout, Reduction reduction);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_POOL_VARIANTS_H_
