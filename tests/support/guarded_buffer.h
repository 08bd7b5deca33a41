// Guarded memory by the tests' names.
#ifndef WINDROW_TESTS_SUPPORT_GUARDED_BUFFER_H_
#define WINDROW_TESTS_SUPPORT_GUARDED_BUFFER_H_

#include "problems/guarded_buffer.h"
#include "tests/conv/problem.h"

namespace windrow::test {

using problems::GuardedBuffer;
using problems::kRedZone;

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_GUARDED_BUFFER_H_
